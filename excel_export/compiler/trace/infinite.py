"""Infinity, as in a mask: the trace, like the sheets, has a large number in its place.

Whether that changes anything, the confirmation finds out: PyTorch's own run has infinity. A learner can fill some
tensors with it, by typing into a mask: a softmax of nothing else is no number.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from excel_export.compiler.trace.tape import Tape, version
from excel_export.graph.graph import Call, Graph, Value
from excel_export.ops.comparison import where
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


def mark_masked(graph: Graph) -> None:
    """Mark the values that may become infinite. A mask that is a constant hides what it hides now, and no more."""
    for value in graph.of_kind("input"):
        value.is_masked = _is_infinite(value)
    for call in graph.calls:
        masked = any(value.is_masked for value in call.inputs) or _masks(call)
        for value in call.outputs:
            value.is_masked = masked


def _masks(call: Call) -> bool:
    """Whether a condition that depends on inputs chooses infinity."""
    operator = call.operator
    if not isinstance(operator, where) or not isinstance(operator.condition, Value):
        return False
    return operator.condition.kind != "constant" and (_is_infinite(operator.input) or _is_infinite(operator.other))


def _is_infinite(item: object) -> bool:
    if isinstance(item, Value) and item.kind == "intermediate":
        return False
    # A mask of the least finite number hides, too, but of nothing else a softmax has numbers.
    return bool((np.abs(np.asarray(item.data if isinstance(item, Value) else item)) >= INFINITY).any())
