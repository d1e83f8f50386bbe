"""State: what `forward` keeps for the next call, such as a counter, a running mean, or a hidden state."""

from collections.abc import Sequence
from contextlib import suppress

import torch
from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from excel_export.compiler.reference.arguments import Inputs, bind
from excel_export.compiler.reference.chance import SEED, sources
from excel_export.compiler.reference.eager import loss_of, silence, undisturbed
from excel_export.compiler.reference.float64_copy import float64_copy
from excel_export.compiler.reference.snapshot import changed_since, snapshot
from excel_export.compiler.reference.widen import Widen
from excel_export.compiler.refuse.shared_numbers import buffers

_ROUNDING = 1e-12
_EACH = 32
"""The number of calls that are each compared with a first call; of more, only the last one is."""
_STEP = 2.0**-6
"""The relative change of parameters from call to call, as in a training: a settled power iteration then moves on."""


def kept_state(module: nn.Module, examples: Sequence[Inputs], calls: int) -> list[str]:
    """Return the names of what a module changes as it runs, ['hidden'], if its loss depends on that; else [].

    A copy is called `calls` times, with one example after another, then with the first again; from the second call on,
    its loss is compared with that of a fresh copy.
    """
    copied = float64_copy(module)
    before = snapshot(copied)
    changed: list[str] = []
    # Any code of the caller's may fail in any way: then it does so in a later call, too.
    with silence(), suppress(Exception):
        _loss(copied, examples[0], 0)
        changed = changed_since(before, copied)
        for call in range(1, calls if changed else 1):
            inputs = examples[call % len(examples)]
            loss = _loss(copied, inputs, call)
            if call < _EACH or call == calls - 1:
                error = abs(loss - _loss(float64_copy(module), inputs, call))
                if error > _ROUNDING * max(1.0, abs(loss)):
                    break
        else:
            return []
    # Batch normalization keeps them for evaluation: in training, it does not read them itself.
    training = [(path, part) for path, part in module.named_modules() if isinstance(part, _NormBase) and part.training]
    statistics = {f"{path}.{name}" for path, part in training for name in buffers(part)}
    return [name for name in changed if name not in statistics] or changed


def _loss(module: nn.Module, inputs: Inputs, call: int) -> float:
    with undisturbed(), Widen():
        for source in sources(module):  # what is drawn is no state: see `chance`
            source.seed(SEED)
        # What does not learn stays as the call leaves it: it may be a mean of what learns.
        learning = [parameter for parameter in module.parameters() if parameter.requires_grad]
        kept = [(parameter, parameter.detach().clone()) for parameter in learning]
        with torch.no_grad():
            for parameter, at_first in kept:
                along = torch.linspace(-1, 1, at_first.numel(), dtype=torch.float64).reshape(at_first.shape)
                parameter.copy_(at_first * (1 + _STEP * call * along))
        bound = bind(module, inputs, torch.clone)
        loss = loss_of(module(*bound.args, **bound.kwargs), "").item()
        with torch.no_grad():
            for parameter, at_first in kept:
                parameter.copy_(at_first)
        return float(loss)
