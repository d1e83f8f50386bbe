"""A sheet at the numbers of a network: which cells then hold what the network computes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from math import isfinite, prod
from typing import Any

import numpy as np

from excel_export.shared.a1_notation import Place
from excel_export.shared.grouped import grouped
from spreadsheet_autograd.functions.values import Scalar, as_float
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Over, Point
from spreadsheet_autograd.graph.tolerance import Closeness
from spreadsheet_autograd.repair.trial import Trial

LEAST = 1e-10
_nearly_equal = Closeness(1e-7, LEAST)


class NetworkPoint(Point):
    """All cells of a workbook where some hold the numbers that a network was given."""

    def __init__(
        self, graph: SpreadsheetGraph, states: Collection[Place], given: Mapping[Place, float], seed: int
    ) -> None:
        """Give some cells numbers; those with formulas must be among the states, which are taken as given."""
        super().__init__(graph, states, (), seed)
        self.given = given

    def leaf(self, at: Place, own: Scalar) -> Scalar:
        """What stands in a parameter, or in a cell without a formula."""
        if at in self.given:
            return self.given[at]
        return self.graph.numbers.get(at, own) if at in self.states else own


class Elements:
    """The numbers that a network computes at several choices of what it is given; each that differs from the others."""

    def __init__(self, network: Mapping[str, Any], kind: str) -> None:
        """Take them from what `Network.sampled` gives, for one of its kinds of choices."""
        points = network["points"].get(kind, ())
        self.choices: list[list[float]] = [[*chain(*point["given"])] for point in points]
        rows = [[*chain(*point["given"], *point["computed"])] for point in points]
        self.numbers = np.array(rows, dtype=float).reshape(len(rows), -1)
        """(choices, elements)."""
        tensors = (*network["given"], *network["computed"])
        self.tensors = [k for k, each in enumerate(tensors) for _ in range(prod(each["shape"]))]
        """For each element, which tensor it is of."""
        self._names = _names(tensors)
        self._of_layers = [tensors[k].get("is_layer", False) for k in self.tensors]
        self.count_given = sum(prod(each["shape"]) for each in network["given"])
        self.loss = len(self._names) - 1
        self._order: np.ndarray = np.argsort(self.numbers[0], kind="stable") if rows else np.array([], dtype=int)
        with np.errstate(invalid="ignore"):
            moves = np.ptp(self.numbers, axis=0) > LEAST if rows else np.zeros(0, dtype=bool)
        self._moves = moves & np.isfinite(self.numbers).all(axis=0)
        self._first = self._one_of_each()

    def name(self, k: int) -> str:
        """What an element is called, such as fc1[0, 1]."""
        return self._names[k]

    def find(self, numbers: Sequence[float | None]) -> int | None:
        """The element that has these numbers at the first choices, and at as many as are given."""
        if not self._order.size or any(number is None or not isfinite(number) for number in numbers):
            return None
        wanted = np.array(numbers, dtype=float)
        near = _nearly_equal.relative * abs(wanted[0]) + LEAST
        column = self.numbers[0][self._order]
        for k in range(
            int(np.searchsorted(column, wanted[0] - near)), int(np.searchsorted(column, wanted[0] + near, "right"))
        ):
            element = int(self._order[k])
            if self._moves[element] and _nearly_equal.of_arrays(self.numbers[: len(wanted), element], wanted).all():
                return int(self._first[element])
        return None

    def is_loss(self, numbers: Sequence[float | None]) -> bool:
        """Whether these are the loss at each choice."""
        if any(number is None for number in numbers):
            return False
        found = self.numbers[: len(numbers), self.loss]
        return bool(_nearly_equal.of_arrays(found, np.array(numbers, dtype=float)).all())

    @property
    def computed(self) -> list[int]:
        """The elements that are computed, and equal to none before them, in the order of computation."""
        return [k for k in range(self.count_given, len(self._names)) if self._moves[k] and self._first[k] == k]

    def whole(self, missing: Collection[int], size: int) -> list[list[int]]:
        """The tensors of a size of which some elements are among the missing ones."""
        found: dict[int, list[int]] = {}
        for tensor in dict.fromkeys(self.tensors[k] for k in missing):
            found[tensor] = [k for k, each in enumerate(self.tensors) if each == tensor]
        return [elements for elements in found.values() if len(elements) == size]

    def _one_of_each(self) -> np.ndarray:
        """For each element one that has the same numbers: what is given, the loss, a layer's result, or the first."""
        chosen = np.arange(len(self._names))
        elements = range(len(self._names))
        for group in grouped(elements, lambda k: tuple(f"{number:.9e}" for number in self.numbers[:, k])).values():
            named = [k for k in group if self._of_layers[k]]
            one = group[0] if group[0] < self.count_given else self.loss if self.loss in group else [*named, *group][0]
            chosen[group] = one
        return chosen


def _names(tensors: Iterable[Mapping[str, Any]]) -> list[str]:
    found = []
    for tensor in tensors:
        shape = tuple(tensor["shape"])
        for k in range(prod(shape)):
            places = ", ".join(map(str, np.unravel_index(k, shape))) if shape else ""
            found.append(f"{tensor['name']}[{places}]" if places else tensor["name"])
    return found


class SheetAtPoints:
    """A workbook, with what was edited, where some cells hold the numbers of a network.

    `states` are taken as given, though they have formulas; `choice` has the cell of each element that the network is
    given. No two sheets have the same `first_seed`.
    """

    def __init__(
        self, graph: SpreadsheetGraph, edited: Trial, states: Collection[Place], choice: Mapping[int, Place],
        elements: Elements, first_seed: int = 0,
    ) -> None:  # fmt: skip
        self._graph, self._edited, self._states = graph, edited, states
        self.points = [
            NetworkPoint(graph, states, {at: numbers[k] for k, at in choice.items()}, first_seed + seed)
            for seed, numbers in enumerate(elements.choices)
        ]

    def give(self, at: Place, numbers: Sequence[float]) -> None:
        """Take a cell, which must be among the states, for one that holds these numbers."""
        self.points = [
            NetworkPoint(self._graph, self._states, {**point.given, at: number}, point.seed)
            for point, number in zip(self.points, numbers, strict=True)
        ]

    def numbers(self, at: Place, most: int = 10**6) -> list[float | None]:
        """What a cell holds at each choice."""
        found: list[float | None] = []
        for point in self.points[:most]:
            point.number(at)
            found.append(as_float(self._edited.values(point).get(at)))
        return found

    def behind(self, cells: Collection[Place], cone: Collection[Place]) -> list[Place]:
        """What depends on cells and leads to a loss, in the order of computation; `cone` are all that lead to it."""
        reached = self._graph.descendants_of_all(cells, self._states) - {*cells}
        return [cell for cell in self._graph.numbers if cell in reached and cell in cone]

    def with_others(
        self, others: Mapping[Place, Sequence[float]], behind: Sequence[Place], most: int
    ) -> dict[Place, list[float | None]]:
        """What the cells behind some cells hold at the first choices where these hold other numbers.

        Args:
            others: the cells, and what they hold at each choice.
            behind: as of `behind`.
            most: how many choices.
        """
        columns: dict[Place, list[float | None]] = {cell: [] for cell in behind}
        for k, point in enumerate(self.points[:most]):
            values: dict[Place, Any] = {at: numbers[k] for at, numbers in others.items()}
            every = Over(values, self._edited.values(point))
            for cell in behind:
                node = self._edited.mended.get(cell) or self._graph.formulas.get(cell)
                value = values[cell] = None if node is None else self._graph.value(node, every, cell)
                columns[cell].append(as_float(value))
        return columns
