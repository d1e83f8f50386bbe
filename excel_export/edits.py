"""Edits of the finished workbook: an engine computes it with other numbers, PyTorch runs the module with them.

What a learner will do is done before anybody else does it: inputs, parameters, labels and the learning rate are others,
and every tensor of the sheets is held against the user's own module.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from excel_export.compiler.confirm.other_numbers import NEAR, RANDOM
from excel_export.compiler.confirm.witness import Trial
from excel_export.formulas import Grid, Reference
from excel_export.graph.graph import Graph, Value
from excel_export.optim import PLAIN
from excel_export.shared.difference import TOLERANCE, difference
from excel_export.shared.errors import ExportError
from excel_export.sheets import update
from excel_export.sheets.book import Book
from excel_export.sheets.names import LEARNING_RATE

MOST_NUMBERS = 4_000
"""In the tensors of a network: so many make some 50,000 formulas, of which two edits cost about a second."""
_EDITS = (NEAR, RANDOM)
_RATE = 0.7
"""By which the learning rate is multiplied."""


@dataclass(frozen=True)
class Cells:
    """Where the numbers of a workbook stand: all that an edit needs to know of it."""

    sheets: dict[str, int]
    """The places of the sheets in the file, from 0."""
    typed: dict[Value, Grid]
    """Where inputs and parameters are typed."""
    driven: Collection[Value]
    """The inputs that follow formulas, so that nobody types them."""
    values: dict[Value, Grid]
    gradients: dict[Value, Grid]
    after: dict[Value, Grid]
    """The parameters after a step of plain gradient descent; none where the rule is another one."""
    rate: Reference
    learning_rate: float

    @classmethod
    def of(cls, book: Book) -> Cells:
        """Return those of a book that has been drawn."""
        tensors, updated = book.placement.tensors, book.result(update.SHEET)
        given = [*book.graph.of_kind("input"), *book.graph.of_kind("parameter")]
        values = [*given, *book.graph.of_kind("intermediate")]
        return cls(
            {canvas.name: k for k, canvas in enumerate(book.canvases)},
            {value: tensors[value].typed for value in given},
            book.driven_inputs,
            {value: tensors[value].value for value in values if value in tensors},
            {value: tensors[value].grad for value in values if value in tensors and tensors[value].has_grad},
            dict(updated.after) if updated and book.rule == PLAIN else {},
            book.names[LEARNING_RATE.text],
            book.learning_rate,
        )


def trials(graph: Graph, still: Collection[Value] = (), *, thorough: bool = False) -> list[Trial]:
    """Return the edits that are made in the workbook of a graph: the module has been run on their numbers.

    Args:
        graph: what was recorded. A part of a network, and one with frozen branches, is not edited.
        still: the inputs that follow formulas, so that nobody types them.
        thorough: edit it whatever its size.
    """
    is_small = thorough or sum(value.data.size for value in graph.values) <= MOST_NUMBERS
    if not (graph.witness and is_small):
        return []
    found = (graph.witness.trial(other, seed, still) for seed, other in enumerate(_EDITS, start=101))
    return [trial for trial in found if trial]


def refuse_wrong(model: Any, cells: Cells, edits: Sequence[Trial]) -> None:
    """Edit a computed workbook in its engine, and hold it against the module.

    Args:
        model: IronCalc's, of the workbook. It keeps the numbers of the last edit.
        cells: where its numbers stand.
        edits: see `trials`.

    Raises:
        ExportError: after an edit, a tensor is not PyTorch's.
    """
    rate = cells.learning_rate * _RATE
    for trial in edits:
        _type(model, cells, trial, rate)
        for key, found, expected in _tensors(model, cells, trial, rate):
            error = difference(found, expected)
            if error > TOLERANCE:
                raise ExportError(
                    f"after an edit, with numbers {trial.name}, '{key}' in the sheets differs from PyTorch's by "
                    f"{error:.1e}, so no file was written; please report this"
                )


def _type(model: Any, cells: Cells, trial: Trial, rate: float) -> None:
    """Type the numbers of a trial into a workbook, and compute it."""
    for value, grid in cells.typed.items():
        if value in trial.values and value not in cells.driven:
            for row, col, number in zip(grid.rows.flat, grid.cols.flat, trial.values[value].flat, strict=True):
                model.update_cell_with_number(cells.sheets[grid.sheet], int(row), int(col), float(number))
    model.update_cell_with_number(cells.sheets[cells.rate.sheet], cells.rate.row, cells.rate.col, rate)
    model.evaluate()


def _tensors(model: Any, cells: Cells, trial: Trial, rate: float) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield each tensor of the sheets after an edit, by its key, and what PyTorch has for it."""
    for value, grid in cells.values.items():
        if value in trial.values:
            yield value.name, _read(model, cells, grid), trial.values[value]
    for value, grid in cells.gradients.items():
        if value in trial.gradients:
            yield f"grad.{value.name}", _read(model, cells, grid), trial.gradients[value]
    for value, grid in cells.after.items():
        if value in trial.gradients:
            expected = trial.values[value] - rate * trial.gradients[value]
            yield f"{value.name} after the step", _read(model, cells, grid), expected


def _read(model: Any, cells: Cells, grid: Grid) -> np.ndarray:
    """The numbers in some cells; NaN where a cell holds none."""
    sheet, places = cells.sheets[grid.sheet], zip(grid.rows.flat, grid.cols.flat, strict=True)
    found = [model.get_cell_value(sheet, int(row), int(col)) for row, col in places]
    numbers = [float(each) if isinstance(each, (int, float)) else np.nan for each in found]
    return np.asarray(numbers, dtype=np.float64).reshape(grid.shape)
