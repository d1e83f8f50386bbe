"""The whole numbers that each element of an input may hold.

If an operator looks something up by it, such as a class, it is in the range of what there is. Any other is so small
that each whole number computed from it is held exactly, by PyTorch and by cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Self

import numpy as np
import torch

from excel_export.graph.graph import Call, Graph, Value
from excel_export.shared.trees import mapped

LARGEST = 1_000_000
"""The largest distance from zero of a number in a yellow cell; larger ones would soon exceed what a spreadsheet can
hold."""
EXACT = 2.0**53
"""Up to this size, a cell holds each whole number."""
OF_INT32 = 2.0**31
"""From this size on, PyTorch's int32 begins anew at the other end of its range."""
_SIGNS = ((1, 1), (-1, -1), (1, -1), (-1, 1))
"""Signs of the first, third, … input, and of the others: sums are largest with equal signs, differences with
opposite."""


@dataclass(frozen=True)
class Limits:
    """The lowest and highest integer that each element of a tensor may hold, in two arrays of the tensor's shape.

    Example:
        >>> two = Limits(np.array([0.0, 2.0]), np.array([5.0, 9.0]))  # 0 to 5, and 2 to 9
        >>> two.pairs, two.where((0.0, 5.0)).tolist()
        ([(0.0, 5.0), (2.0, 9.0)], [True, False])
        >>> two.both(Limits(np.array([1.0, 1.0]), np.array([9.0, 3.0]))).pairs
        [(1.0, 5.0), (2.0, 3.0)]
    """

    lowest: np.ndarray
    """The lowest integer of each element, float64 in the tensor's shape; −∞ for an element without limits."""
    highest: np.ndarray
    """The highest integer of each element, float64 in the tensor's shape; ∞ for an element without limits."""

    def both(self, other: Self) -> Limits:
        """Return the limits that satisfy both, element by element: 2 to 5 from 0 to 5 and 2 to 9."""
        return Limits(np.maximum(self.lowest, other.lowest), np.minimum(self.highest, other.highest))

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """The different (lowest, highest) pairs, each once, in the order of the elements: [(0.0, 9.0)]."""
        return [*dict.fromkeys(zip(self.lowest.ravel().tolist(), self.highest.ravel().tolist(), strict=True))]

    def where(self, pair: tuple[float, float]) -> np.ndarray:
        """Return a mask, bool in the tensor's shape: True for the elements whose limits are `pair`, (0.0, 9.0)."""
        return np.asarray((self.lowest == pair[0]) & (self.highest == pair[1]))


def whole_numbers(graph: Graph) -> dict[Value, Limits]:
    """Return the integers that each element of a tensor may hold, {label: Limits of 0 to 9}; other tensors have no key.

    A tensor has limits if an operator uses it as an index, 0 to 9 for the label of ten classes, or if its elements go
    unchanged into such a tensor. Other integer inputs get −m and m if a result would be too large for a cell beyond ±m.
    """
    found: dict[Value, Limits] = {}
    for call in reversed(graph.calls):
        for value in dict.fromkeys(call.inputs):
            limits = call.limits(value)
            own = [Limits(*(np.full(value.shape, float(limit)) for limit in limits))] if limits else []
            known = [*own, *_passed_on(call, value, found), *([found[value]] if value in found else [])]
            if known:
                found[value] = reduce(Limits.both, known)
    # What nothing is found by may be any number, as long as nothing that is computed of it becomes too large.
    free = [value for value in graph.of_kind("input") if not (value.is_float or value.is_truth or value in found)]
    upper = max([LARGEST, *(float(np.abs(value.data).max(initial=0)) for value in free)])
    most = largest_inputs(graph, free, upper)
    if most < upper:
        found |= {value: Limits(np.full(value.shape, -most), np.full(value.shape, most)) for value in free}
    return found


def _passed_on(call: Call, value: Value, found: dict[Value, Limits]) -> Iterator[Limits]:
    """Yield the limits of the results' elements, at the input elements that they are; at all if that can change.

    The index of a look-up does not get them: a class finds a row of numbers with limits of their own.
    """
    if value is not call.arguments.get("input", value):
        return
    limited = [(k, found[output]) for k, output in enumerate(call.outputs) if output in found]
    if not (call.operator.passes_on and limited):
        return
    origins = call.operator.origins()
    for k, limits in limited:
        if origins is None:
            yield Limits(np.full(value.shape, limits.lowest.max()), np.full(value.shape, limits.highest.min()))
        else:
            low, high = np.full(value.data.size, -np.inf), np.full(value.data.size, np.inf)
            taken = origins[k] >= 0
            np.maximum.at(low, origins[k][taken], limits.lowest[taken])
            np.minimum.at(high, origins[k][taken], limits.highest[taken])
            yield Limits(low.reshape(value.shape), high.reshape(value.shape))


def most(value: Value) -> float:
    """Return the absolute value from which on a tensor's integers are not exact: 2.0**31 for int32, else 2.0**53."""
    return OF_INT32 if value.data.dtype == np.int32 else EXACT


def is_watched(call: Call) -> bool:
    """Return whether a call's integers may be far larger than those it reads: True for i * j, i ** 2, i @ j, i.prod().

    The operator decides, by `grows`, not the numbers: False for i + 1, i.sum() and argmax, and for float results.
    """
    y = call.outputs[0]
    return call.operator.grows and not y.is_float and not y.is_truth


def largest_inputs(graph: Graph, inputs: list[Value], upper: float) -> float:
    """Return the largest absolute value of integer inputs at which no integer result is too large for a cell.

    For x·y·z it is 208063.0, since its cube is still below 2**53. The calls are run with all elements of the inputs at
    such a size, of either sign.

    Args:
        graph: the calls.
        inputs: the inputs.
        upper: the largest size to consider; it is the result if no call's result gets too large.
    """
    # The calls that compute whole numbers of these inputs.
    reached, calls = set(inputs), []
    for call in graph.calls:
        if not reached.isdisjoint(call.inputs) and not any(output.is_float for output in call.outputs):
            reached.update(call.outputs)
            calls.append(call)
    if not any(map(is_watched, calls)):
        return upper

    def fits(size: float) -> bool:
        return all(_stays_small(calls, inputs, size, signs) for signs in _SIGNS)

    if fits(upper):
        return upper
    lower = 1.0
    while upper - lower > 1:
        middle = float((lower + upper) // 2)
        lower, upper = (middle, upper) if fits(middle) else (lower, middle)
    return lower


def _stays_small(calls: list[Call], inputs: list[Value], size: float, signs: tuple[int, int]) -> bool:
    filled = {value: torch.full(value.shape, signs[k % 2] * size).double() for k, value in enumerate(inputs)}
    with torch.no_grad():
        for call in calls:
            try:
                found = _run(call, filled)
            except Exception:  # an operator that only knows other numbers, such as a place: what follows is not known
                continue
            results = found if isinstance(found, tuple) else (found,)
            filled.update(zip(call.outputs, results, strict=False))
            if is_watched(call) and float(results[0].abs().max()) >= most(call.outputs[0]):
                return False
    return True


def _run(call: Call, filled: Mapping[Value, torch.Tensor]) -> torch.Tensor | tuple[torch.Tensor, ...]:
    def taken(value: Value) -> torch.Tensor:
        now = filled.get(value)
        return torch.as_tensor(np.array(value.data, dtype=np.float64)) if now is None else now

    if call.operator.passes_on:  # it moves numbers that are all as large
        one = taken(call.inputs[0]).flatten()[0]
        return tuple(torch.full(output.shape, float(one)).double() for output in call.outputs)
    arguments = mapped(dict(call.arguments), Value, taken)
    result: torch.Tensor | tuple[torch.Tensor, ...] = call.operator.functions[0](**arguments)
    return result
