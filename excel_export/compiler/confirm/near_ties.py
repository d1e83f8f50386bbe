"""Gradients that jump when numbers change in their last digits: there, two spreadsheet engines can decide
differently.
"""

import numpy as np
import torch
from torch import nn

from excel_export.compiler.reference.arguments import Inputs
from excel_export.compiler.reference.float64_copy import float64_copy
from excel_export.compiler.trace.tracer import trace
from excel_export.shared.errors import ExportError
from excel_export.shared.trees import mapped

_NUDGE, _NUDGES = 1e-11, 8
"""The relative size and the number of small changes. Of two nearly equal numbers, one change swaps the order in half of
all cases."""
_JUMP = 1e-6
_WAY_ROUND = (
    "where it is, two numbers differ in their last digits only, and with one of them moved by 1e-11, PyTorch's own "
    "gradients are others: change an input, a parameter or a bound a little"
)


def what_to_do(module: nn.Module, inputs: Inputs, missing: str = "") -> str:
    """Return advice to a user whose workbook differs from PyTorch: 'please report this', or 'where it is, two numbers
    differ in their last digits only, …: change an input, a parameter or a bound a little'.

    The latter if the module's gradients jump when its numbers change by 1e-11. `missing` is the package of a second
    engine, 'formulon', to be advised too; '' if it is installed.
    """
    if not has_near_ties(module, inputs):
        return "please report this"
    return f"{_WAY_ROUND}; or pip install {missing}, an engine that may see them apart" if missing else _WAY_ROUND


def has_near_ties(module: nn.Module, inputs: Inputs) -> bool:
    """Return whether a gradient of the module changes by over 1e-6 when all numbers do by 1e-11: maxima that tie."""
    generator = torch.Generator().manual_seed(0)

    def nudged(tensor: torch.Tensor) -> torch.Tensor:
        if not tensor.is_floating_point():
            return tensor
        noise = torch.randn(tensor.shape, generator=generator, dtype=torch.float64)
        return tensor.detach().double() * (1 + _NUDGE * noise)

    def gradients(*, moves: bool) -> list[np.ndarray]:
        copied = float64_copy(module)
        with torch.no_grad():
            for parameter in copied.parameters() if moves else ():
                parameter.copy_(nudged(parameter))
        graph = trace(copied, mapped(inputs, torch.Tensor, nudged) if moves else inputs)
        return [value.gradient for value in graph.values if value.gradient is not None]

    try:
        before = gradients(moves=False)
        return any(
            np.abs(one - other).max(initial=0) > _JUMP * max(1.0, np.abs(one).max(initial=0))
            for _ in range(_NUDGES) for one, other in zip(before, gradients(moves=True), strict=False)
        )  # fmt: skip
    except ExportError:
        return False
