"""The numbers of a network at several choices of what it is given, and which of them the cells of a sheet hold then."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from math import prod
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
Column = Sequence[float | None]
"""What a cell holds at the first choices."""


class Elements:
    """The numbers that a network computes at several choices of what it is given; each that differs from the others."""

    def __init__(self, network: Mapping[str, Any], kind: str) -> None:
        """Take them from what `Network.sampled` gives, for one of its kinds of choices."""
        points = network["points"][kind]
        self.choices: list[list[float]] = [[*chain(*point["given"])] for point in points]
        rows = [[*chain(*point["given"], *point["computed"])] for point in points]
        tensors = (*network["given"], *network["computed"])
        self.tensors = [k for k, each in enumerate(tensors) for _ in range(prod(each["shape"]))]
        """For each element, which tensor it is of."""
        self.numbers = np.array(rows, dtype=float).reshape(len(rows), len(self.tensors))
        """(choices, elements)."""
        self._names = [name for each in tensors for name in _names(each)]
        self._of_layers = [tensors[k].get("is_layer", False) for k in self.tensors]
        self.count_given = sum(prod(each["shape"]) for each in network["given"])
        self.loss = len(self.tensors) - 1
        with np.errstate(invalid="ignore"):
            moves = np.ptp(self.numbers, axis=0) > LEAST if rows else np.zeros(len(self.tensors), dtype=bool)
        self._moves = moves & np.isfinite(self.numbers).all(axis=0)
        self._first = self._one_of_each()

    def name(self, k: int) -> str:
        """What an element is called, such as fc1[0, 1]."""
        return self._names[k]

    def find(self, column: Column) -> int | None:
        """The element that has these numbers at the first choices."""
        wanted = np.array(column, dtype=float)
        if not np.isfinite(wanted).all():
            return None
        for k in np.flatnonzero(self._moves & _nearly_equal.of_arrays(self.numbers[0], wanted[0])):
            if _nearly_equal.of_arrays(self.numbers[: len(wanted), k], wanted).all():
                return int(self._first[k])
        return None

    def is_loss(self, column: Column) -> bool:
        """Whether these are the loss at the first choices."""
        wanted = np.array(column, dtype=float)
        return bool(_nearly_equal.of_arrays(self.numbers[: len(wanted), self.loss], wanted).all())

    @property
    def computed(self) -> list[int]:
        """The elements that are computed, and equal to none before them, in the order of computation."""
        return [k for k in range(self.count_given, self.loss + 1) if self._moves[k] and self._first[k] == k]

    def whole(self, missing: Collection[int], size: int) -> list[list[int]]:
        """The tensors of a size of which some elements are among the missing ones."""
        tensors = dict.fromkeys(self.tensors[k] for k in missing)
        wholes = ([k for k, each in enumerate(self.tensors) if each == tensor] for tensor in tensors)
        return [elements for elements in wholes if len(elements) == size]

    def _one_of_each(self) -> np.ndarray:
        """For each element one that has the same numbers: what is given, the loss, a layer's result, or the first."""
        chosen = np.arange(len(self.tensors))
        texts = [tuple(f"{number:.9e}" for number in column) for column in self.numbers.T]
        for group in grouped(range(len(texts)), texts.__getitem__).values():
            named = [k for k in group if self._of_layers[k]]
            one = group[0] if group[0] < self.count_given else self.loss if self.loss in group else [*named, *group][0]
            chosen[group] = one
        return chosen


def _names(tensor: Mapping[str, Any]) -> list[str]:
    if not tensor["shape"]:
        return [tensor["name"]]
    return [f"{tensor['name']}[{', '.join(map(str, at))}]" for at in np.ndindex(*tensor["shape"])]


class _NetworkPoint(Point):
    """All cells of a workbook where some hold the numbers that a network was given.

    Those with formulas must be among the states, which are taken as given.
    """

    def __init__(
        self, graph: SpreadsheetGraph, states: Collection[Place], given: Mapping[Place, float], seed: int
    ) -> None:
        super().__init__(graph, states, (), seed)
        self.given = given

    def leaf(self, at: Place, own: Scalar) -> Scalar:
        """What stands in a parameter, or in a cell without a formula."""
        if at in self.given:
            return self.given[at]
        return self.graph.numbers.get(at, own) if at in self.states else own


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
            _NetworkPoint(graph, states, {at: numbers[k] for k, at in choice.items()}, first_seed + seed)
            for seed, numbers in enumerate(elements.choices)
        ]

    def give(self, at: Place, numbers: Sequence[float]) -> None:
        """Take a cell, which must be among the states, for one that holds these numbers."""
        self.points = [
            _NetworkPoint(self._graph, self._states, {**point.given, at: number}, point.seed)
            for point, number in zip(self.points, numbers, strict=True)
        ]

    def column(self, at: Place, most: int | None = None) -> Column:
        """What a cell holds at each choice."""
        found: list[float | None] = []
        for point in self.points[:most]:
            point.number(at)
            found.append(as_float(self._edited.values(point).get(at)))
        return found

    def with_others(
        self, others: Mapping[Place, Sequence[float]], behind: Sequence[Place], most: int
    ) -> dict[Place, Column]:
        """What the cells behind some cells hold at the first choices where these hold other numbers.

        Args:
            others: the cells, and what they hold at each choice.
            behind: what depends on them, in the order of computation.
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
        return {**columns}
