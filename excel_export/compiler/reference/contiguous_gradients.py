"""Run a module so that batch normalization gets its gradient in the usual order in memory.

In evaluation, for a batch of one, PyTorch's own backward pass of it is wrong where the gradient is a transposed one, as
behind a patch embedding. Finite differences of the loss tell that it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.overrides import TorchFunctionMode

from excel_export.compiler.reference.arguments import Inputs, bind
from excel_export.compiler.reference.eager import EagerRun, LeafTensor, undisturbed
from excel_export.compiler.reference.float64_copy import float64_copy
from excel_export.compiler.reference.loss import loss_of

_STEP = 1e-6


class ContiguousGradients(TorchFunctionMode):
    """What is active while a module runs."""

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call the function."""
        result = function(*args, **(kwargs or {}))
        if function in (F.batch_norm, torch.batch_norm) and result.requires_grad:
            result.register_hook(torch.Tensor.contiguous)
        return result


def is_nearer(one: EagerRun, other: EagerRun, module: nn.Module, inputs: Inputs) -> bool:
    """Whether the gradients of one run, and not those of the other, are the slopes of the loss.

    The loss is computed a little before and behind, on the line on which the two differ most.

    Args:
        one: a run of the module.
        other: another one.
        module: the module.
        inputs: its arguments.
    """
    lines = [[_distance(a, b) for a, b in zip(*pair, strict=True)]
             for pair in ((one.parameters, other.parameters), (one.inputs, other.inputs))]  # fmt: skip
    length: float = sum(float((line**2).sum()) for part in lines for line in part if line is not None) ** 0.5
    if not length:
        return False

    def slope_of(run: EagerRun) -> float:
        pairs = zip((*run.parameters, *run.inputs), [*lines[0], *lines[1]], strict=True)
        return (
            sum(float((torch.as_tensor(leaf.grad) * line).sum()) for leaf, line in pairs if line is not None) / length
        )

    before, behind = (_loss(module, inputs, one, lines, side * _STEP / length) for side in (-1, 1))
    slope = (behind - before) / (2 * _STEP)
    return 100 * abs(slope_of(one) - slope) < abs(slope_of(other) - slope)


def _distance(one: LeafTensor, other: LeafTensor) -> torch.Tensor | None:
    return None if one.grad is None or other.grad is None else torch.as_tensor(one.grad - other.grad)


def _loss(
    module: nn.Module, inputs: Inputs, run: EagerRun, lines: Sequence[Sequence[torch.Tensor | None]], step: float
) -> float:
    """Run a module with its parameters and inputs moved along their lines."""
    with undisturbed(), torch.no_grad():
        copied = float64_copy(module)
        call = bind(copied, inputs)
        leaves = [*(copied.get_parameter(leaf.names[0]) for leaf in run.parameters), *call.leaves.values()]
        for leaf, line in zip(leaves, [*lines[0], *lines[1]], strict=True):
            if line is not None:
                leaf += step * line
        return float(loss_of(copied(*call.args, **call.kwargs), "").item())
