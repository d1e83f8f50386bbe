"""Which whole numbers each element of an input may hold, where operators find something by it, such as a class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Self

import numpy as np

from excel_export.formulas import Grid, Reference
from excel_export.graph.graph import Call, Graph, Value
from excel_export.sheets.inputs.exact_numbers import largest_inputs
from excel_export.sheets.inputs.validation import LARGEST


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
            known = [*_own(call, value), *_passed_on(call, value, found), *([found[value]] if value in found else [])]
            if known:
                found[value] = reduce(Limits.both, known)
    # What nothing is found by may be any number, as long as nothing that is computed of it becomes too large.
    free = [value for value in graph.of_kind("input") if not (value.is_float or value.is_truth or value in found)]
    upper = max([LARGEST, *(float(np.abs(value.data).max(initial=0)) for value in free)])
    most = largest_inputs(graph, free, upper)
    if most < upper:
        found |= {value: Limits(np.full(value.shape, -most), np.full(value.shape, most)) for value in free}
    return found


def _own(call: Call, value: Value) -> Iterator[Limits]:
    limits = call.operator.limits(value, call.outputs[0])
    if limits:
        yield Limits(*(np.full(value.shape, float(limit)) for limit in limits))


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


def rectangles(grid: Grid, chosen: np.ndarray) -> list[Reference]:
    """Return the cells of some elements of a grid as rectangles.

    Args:
        grid: the grid.
        chosen: truth values of its shape.
    """
    rows: dict[int, list[int]] = {}
    for row, col in sorted(zip(grid.rows[chosen].tolist(), grid.cols[chosen].tolist(), strict=True)):
        rows.setdefault(row, []).append(col)
    open_: dict[tuple[int, int], Reference] = {}
    done: list[Reference] = []
    for row, cols in rows.items():
        runs = np.split(np.asarray(cols), np.flatnonzero(np.diff(cols) > 1) + 1)
        before, open_ = open_, {}
        for run in runs:
            key = int(run[0]), len(run)
            above = before.pop(key, None)
            if above and above.row + above.height == row:
                open_[key] = Reference(grid.sheet, above.row, key[0], above.height + 1, key[1])
            else:
                open_[key] = Reference(grid.sheet, row, key[0], 1, key[1])
                done += [above] if above else []
        done += before.values()
    return [*done, *open_.values()]
