"""Edits the finished workbook in a spreadsheet engine and compares it with PyTorch on the same numbers.

What a learner will do is done before anybody else does it: inputs, parameters, labels and the learning rate are others,
and every tensor of the sheets is held against the user's own module.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from excel_export.compiler.confirm.other_numbers import NEAR, RANDOM
from excel_export.compiler.confirm.witness import OtherRun
from excel_export.formulas import Grid
from excel_export.graph.graph import Graph, Value
from excel_export.optim import PLAIN
from excel_export.shared.difference import TOLERANCE, difference
from excel_export.shared.errors import ExportError
from excel_export.sheets import update
from excel_export.sheets.book import Book
from excel_export.sheets.names import LEARNING_RATE
from excel_export.workbook.recalculate import Computed

MOST_NUMBERS = 4_000
"""In the tensors of a network: so many make some 50,000 formulas, of which two edits cost about a second."""
_EDITS = (NEAR, RANDOM)
_RATE = 0.7
"""By which the learning rate is multiplied."""


@dataclass(frozen=True)
class EditableCells:
    """Where the numbers of a workbook stand: all that an edit needs to know of it."""

    typed: dict[Value, Grid]
    """Where inputs and parameters are typed."""
    driven: Collection[Value]
    """The inputs that follow formulas, so that nobody types them."""
    values: dict[Value, Grid]
    gradients: dict[Value, Grid]
    after: dict[Value, Grid]
    """The parameters after a step of plain gradient descent; none where the rule is another one."""
    rate: Grid
    learning_rate: float

    @classmethod
    def of(cls, book: Book) -> EditableCells:
        """Return those of a book that has been drawn."""
        tensors, updated = book.placement.tensors, book.result(update.SHEET)
        given = [*book.graph.of_kind("input"), *book.graph.of_kind("parameter")]
        values, rate = [*given, *book.graph.of_kind("intermediate")], book.names[LEARNING_RATE.text]
        return cls(
            {value: tensors[value].typed for value in given},
            book.driven_inputs,
            {value: tensors[value].value for value in values if value in tensors},
            {value: tensors[value].grad for value in values if value in tensors and tensors[value].has_grad},
            dict(updated.after) if updated and book.rule == PLAIN else {},
            Grid(rate.sheet, rate.row, rate.col, (), (), ()),
            book.learning_rate,
        )


def trials(graph: Graph, still: Collection[Value] = (), *, thorough: bool = False) -> list[OtherRun]:
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


def refuse_wrong(workbook: Computed, cells: EditableCells, edits: Sequence[OtherRun]) -> None:
    """Edit a computed workbook in its engine, and hold it against the module.

    Args:
        workbook: computed by IronCalc. It keeps the numbers of the last edit.
        cells: where its numbers stand.
        edits: see `trials`.

    Raises:
        ExportError: after an edit, a tensor is not PyTorch's.
    """
    rate = cells.learning_rate * _RATE
    for trial in edits:
        for value, grid in cells.typed.items():
            if value in trial.values and value not in cells.driven:
                workbook.type(grid, trial.values[value])
        workbook.type(cells.rate, np.asarray(rate))
        workbook.recalculate()
        for key, grid, expected in _tensors(cells, trial, rate):
            error = difference(workbook.numbers(grid), expected)
            if error > TOLERANCE:
                raise ExportError(
                    f"after an edit, with numbers {trial.name}, '{key}' in the sheets differs from PyTorch's by "
                    f"{error:.1e}, so no file was written; please report this"
                )


def _tensors(cells: EditableCells, trial: OtherRun, rate: float) -> Iterator[tuple[str, Grid, np.ndarray]]:
    """Yield each tensor of the sheets, by its key, where it stands, and what PyTorch has for it."""
    for value, grid in cells.values.items():
        if value in trial.values:
            yield value.name, grid, trial.values[value]
    for value, grid in cells.gradients.items():
        if value in trial.gradients:
            yield f"grad.{value.name}", grid, trial.gradients[value]
    for value, grid in cells.after.items():
        if value in trial.gradients:
            yield f"{value.name} after the step", grid, trial.values[value] - rate * trial.gradients[value]
