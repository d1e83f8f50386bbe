"""Infinity in the arguments of a call, as in a mask: the trace, like the sheets, has a large number in its place.

Whether that changes anything, the confirmation finds out: PyTorch's own run has infinity.
"""

from __future__ import annotations

import math

import torch

from excel_export.compiler.trace.tape import Tape, version
from excel_export.shared.infinity import INFINITY, LARGEST

_READABLE = 1e307
"""Excel reads no larger number in a formula; some masks hold the largest of float64."""


class Finite:
    """Makes constant tensors finite."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._made: dict[int, tuple[int, torch.Tensor, torch.Tensor]] = {}

    def __call__(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return a tensor, if it is a constant with large numbers in the place of infinity."""
        if self._tape.is_live(tensor):
            return tensor
        before = self._made.get(id(tensor))
        if before and before[0] == version(tensor):
            return before[2]
        found = without_infinity(tensor)
        if id(tensor) in self._tape.constants:
            self._tape.constants[id(found)] = self._tape.constants[id(tensor)]
        self._made[id(tensor)] = version(tensor), tensor, found  # the tensor is kept, so that its id is
        return found


def finite(number: float) -> float:
    """Return a plain number, or a large one in the place of infinity."""
    stand_in = INFINITY if math.isinf(number) else LARGEST
    return math.copysign(stand_in, number) if abs(number) > _READABLE else number


def without_infinity(tensor: torch.Tensor) -> torch.Tensor:
    """Return a tensor with large numbers in the place of infinite ones; as it is where there are none."""
    wide = tensor.detach().double()
    if not tensor.is_floating_point() or not (wide.abs() > _READABLE).any():
        return tensor
    stand_ins = wide.sign() * torch.full_like(wide, LARGEST).masked_fill(wide.isinf(), INFINITY)
    return torch.where(wide.abs() > _READABLE, stand_ins, wide)
