"""Which whole numbers each element of an input may hold.

Where operators find something by it, such as a class, it is one that there is. Any other is so small that all that is
computed of it is held exactly, by PyTorch and by cells.
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
"""How far from zero a number in a yellow cell may be; larger ones would soon leave what a spreadsheet can hold."""
EXACT = 2.0**53
"""Up to there, a cell holds each whole number."""
OF_INT32 = 2.0**31
_SIGNS = ((1, 1), (-1, -1), (1, -1), (-1, 1))
"""Of the first input, the third and so on, and of the others: sums are largest with the same ones, differences not."""


@dataclass(frozen=True)
class Limits:
    """From which whole number to which each element of a tensor may go: an array of its shape each.

    Where nothing is found by an element, they are infinite.
    """

    lowest: np.ndarray
    highest: np.ndarray

    def both(self, other: Self) -> Limits:
        """What both allow."""
        return Limits(np.maximum(self.lowest, other.lowest), np.minimum(self.highest, other.highest))

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """The different ones, each once."""
        return [*dict.fromkeys(zip(self.lowest.ravel().tolist(), self.highest.ravel().tolist(), strict=True))]

    def where(self, pair: tuple[float, float]) -> np.ndarray:
        """The elements with these limits."""
        return np.asarray((self.lowest == pair[0]) & (self.highest == pair[1]))


def whole_numbers(graph: Graph) -> dict[Value, Limits]:
    """Return the limits of each value of which an element has some."""
    found: dict[Value, Limits] = {}
    for call in reversed(graph.calls):
        for value in dict.fromkeys(call.inputs):
            limits = call.operator.limits(value, call.outputs[0])
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
    """The limits of the elements of results, at the elements that they are; at all where that can change.

    By what they are looked up is another matter: a class finds a row of numbers with limits of their own.
    """
    if value is not getattr(call.operator, "input", value):
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
    """How large a number of a tensor may be: PyTorch begins anew behind it, or a cell rounds."""
    return OF_INT32 if value.data.dtype == np.int32 else EXACT


def is_watched(call: Call) -> bool:
    """Whether a call computes whole numbers that can become too large."""
    y = call.outputs[0]
    return call.operator.grows and not y.is_float and not y.is_truth


def largest_inputs(graph: Graph, inputs: list[Value], upper: float) -> float:
    """Return how large the elements of some inputs of whole numbers may be, so that nothing becomes too large.

    It is tried by running the calls, with all elements as large, of either sign; `upper` is the most in any case.
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
    arguments = mapped(dict(call.operator.arguments), Value, taken)
    result: torch.Tensor | tuple[torch.Tensor, ...] = call.operator.functions[0](**arguments)
    return result
