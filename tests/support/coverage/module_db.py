"""PyTorch's own samples of its modules, with which it tests itself: what `module_db` makes and calls them with."""

from __future__ import annotations

from functools import partial

import torch

from tests.support.coverage.case import Case, Group, Made, scalar, tensors_in

LARGEST_TENSOR, MOST_SAMPLES = 400, 6
TITLE = "PyTorch's own samples of its modules (`module_db`)"


def groups() -> list[Group]:
    """Return a group for each module that has samples in float64."""
    from torch.testing._internal.common_modules import module_db

    return [Group(info.name, partial(_cases, info)) for info in module_db if torch.float64 in info.dtypes]


def _cases(info) -> list[Case]:
    cases = []
    for training in (False, True) if info.train_and_eval_differ else (True,):
        found = info.module_inputs_func(info, device="cpu", dtype=torch.float64, requires_grad=True, training=training)
        small = [sample for sample in found if sample.forward_input is not None and _is_small(sample)]
        count = min(MOST_SAMPLES, len(small))
        for k in range(count):
            sample = small[k * len(small) // count]
            name = f"{k}{', in evaluation' * (not training)}"
            cases.append(Case(name, partial(_made, info.module_cls, sample, training), whole=k == 0))
    return cases


def _is_small(sample) -> bool:
    given = sample.forward_input
    return all(x.numel() <= LARGEST_TENSOR for x in tensors_in([list(given.args), given.kwargs]))


def _made(kind: type[torch.nn.Module], sample, training: bool) -> Made:
    torch.manual_seed(0)
    made, given = sample.constructor_input, sample.forward_input
    module = kind(*made.args, **made.kwargs).double().train(training)
    if isinstance(module, torch.nn.modules.lazy.LazyModuleMixin):
        module(*given.args, **given.kwargs)
        module.zero_grad()
    return scalar(module, *given.args, **given.kwargs)
