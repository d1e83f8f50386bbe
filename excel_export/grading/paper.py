"""What one student was given: the workbook, the blanks, and PyTorch's numbers for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from excel_export.formulas.grid import Grid
from excel_export.graph.graph import Graph, Value
from excel_export.practice.blanks import Blank
from excel_export.practice.judgement import margin
from excel_export.practice.key import Student
from excel_export.shared.cells import place_of
from excel_export.shared.errors import ExportError
from excel_export.sheets.book import Book

MOST_WATCHED = 200_000


@dataclass(frozen=True)
class CellMap:
    """Where the tensors of an exercise lie; it is the same for all variants."""

    typed: Mapping[str, Grid]
    """Where the numbers of inputs and parameters are typed."""
    shown: Mapping[str, Grid]
    """Where each tensor and each gradient can be read, by its key."""

    @classmethod
    def of(cls, book: Book) -> CellMap:
        """The places in a book."""
        typed, shown = {}, {}
        for value, placed in book.placement.tensors.items():
            if value.kind == "constant":
                continue
            if value.kind in ("input", "parameter"):
                typed[value.name] = placed.typed
            shown[value.name] = placed.value
            if placed.has_grad:
                shown[f"grad.{value.name}"] = placed.grad
        return cls(typed, shown)


@dataclass(frozen=True)
class Paper:
    """One student's exercise."""

    student: Student
    handout: Path
    """The workbook with the network's own sheets, the same for all variants."""
    graph: Graph
    """The network with this student's numbers."""
    hidden: Graph
    """The same network with numbers that nobody knows."""
    places: CellMap
    learning_rate: float
    closed: tuple[str, ...] = ()
    """The beginnings of the names of the sheets that hold answers, which no formula may read."""

    @cached_property
    def right(self) -> list[float]:
        """PyTorch's number for each blank."""
        return self._numbers(self.graph)

    def value(self, blank: Blank) -> Value:
        """The tensor of a blank, or the one whose gradient it asks for."""
        return self._values[blank.tensor.removeprefix("grad.") if blank.direction == "backward" else blank.tensor]

    @cached_property
    def job(self) -> dict[str, Any]:
        """What the process that is locked in must know."""
        blanks = []
        for blank, right, hidden in zip(self.student.blanks, self.right, self._numbers(self.hidden), strict=True):
            row, col = place_of(blank.cell)
            blanks.append({
                "sheet": blank.sheet, "row": row, "col": col, "formula": blank.formula,
                "truth": right, "within": margin(right, blank.direction),
                "hidden truth": hidden, "hidden within": margin(hidden, blank.direction),
            })  # fmt: skip
        watch = [cell for key in self._watched for cell in _cells(self.places.shown[key])]
        return {
            "handout": str(self.handout), "blanks": blanks, "watch": watch,
            "numbers": self._typed(self.graph), "hidden": self._typed(self.hidden), "closed": self.closed,
        }  # fmt: skip

    def _typed(self, graph: Graph) -> list[tuple[str, int, int, float]]:
        """The numbers that stand in the cells of the inputs and parameters."""
        return [
            (*cell, number)
            for value in graph.values
            if value.kind in ("input", "parameter")
            for cell, number in zip(
                _cells(self.places.typed[value.name]),
                np.asarray(value.data, dtype=np.float64).ravel().tolist(),
                strict=True,
            )
        ]

    def tensors(self, watched: Sequence[float | None]) -> dict[str, np.ndarray]:
        """Put the numbers that were watched together to tensors, by their keys."""
        numbers = np.asarray([np.nan if number is None else number for number in watched], dtype=np.float64)
        found, at = {}, 0
        for key in self._watched:
            grid = self.places.shown[key]
            size = int(np.prod(grid.shape))
            found[key] = numbers[at : at + size].reshape(grid.shape)
            at += size
        return found

    def _numbers(self, graph: Graph) -> list[float]:
        """PyTorch's number for each blank, in a network with some numbers."""
        tensors = graph.tensors
        found = []
        for blank in self.student.blanks:
            number = tensors[blank.tensor][blank.index]
            if blank.direction == "update":
                number = number - self.learning_rate * tensors[f"grad.{blank.tensor}"][blank.index]
            found.append(float(number))
        return found

    @cached_property
    def _values(self) -> dict[str, Value]:
        return dict(self.graph.named)

    @cached_property
    def _watched(self) -> list[str]:
        """The keys of the tensors that the blanks are made of, directly."""
        keys: dict[str, None] = {}
        asked = {self.value(blank) for blank in self.student.blanks}
        reached = set(asked)
        for call in self.graph.calls:
            if asked & {*call.inputs, *call.outputs}:
                reached |= {*call.inputs, *call.outputs}
        for call in self.graph.calls:  # what comes behind is a ReLU, perhaps
            if reached & {*call.inputs}:
                keys |= dict.fromkeys(_keys(call.outputs))
        keys |= dict.fromkeys(_keys(value for value in self.graph.values if value in reached))
        found, size = [], 0
        for key in keys:
            if key in self.places.shown:
                size += int(np.prod(self.places.shown[key].shape))
                found.append(key)
        return found if size <= MOST_WATCHED else []


def check_places(blanks: Iterable[Blank], places: CellMap) -> None:
    """Make sure that a key and its source belong together.

    Raises:
        ExportError: a blank of the key lies where the source has something else.
    """
    for blank in blanks:
        grid = places.shown.get(blank.tensor)
        if blank.direction != "update" and (
            grid is None or (grid.sheet, grid.at(*blank.index).area) != (blank.sheet, blank.cell)
        ):
            raise ExportError(
                f"the key does not belong to its source: '{blank.tensor}' is not at {blank.sheet}!{blank.cell}"
            )


def _cells(grid: Grid) -> list[tuple[str, int, int]]:
    return [
        (grid.sheet, row, col) for row, col in zip(grid.rows.ravel().tolist(), grid.cols.ravel().tolist(), strict=True)
    ]


def _keys(values: Iterable[Value]) -> list[str]:
    return [key for value in values for key in (value.name, f"grad.{value.name}")]
