"""Edit the finished workbook in a spreadsheet engine, and compare it with PyTorch on the same numbers.

The edits are those of a learner: other inputs, parameters, labels and another learning rate. After each, every tensor
of the sheets is compared with that of the user's own module.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from excel_export.book.book import Book
from excel_export.book.names import LEARNING_RATE
from excel_export.compiler.confirm.other_numbers import NEAR, RANDOM
from excel_export.compiler.confirm.witness import OtherRun
from excel_export.formulas import Grid
from excel_export.graph.graph import Graph, Value
from excel_export.optim import PLAIN
from excel_export.shared.difference import TOLERANCE, difference
from excel_export.shared.errors import ExportError
from excel_export.workbook.recalculate import Computed

MOST_NUMBERS = 4_000
"""The most numbers in the tensors of a network that is edited by default: these have some 50,000 formulas, and two
edits cost about a second."""
_EDITS = (NEAR, RANDOM)
_RATE = 0.7
"""The factor by which an edit changes the learning rate."""


@dataclass(frozen=True)
class EditableCells:
    """The cells into which an edit types, {x: Grid}, and those that are compared with PyTorch's numbers afterwards."""

    typed: dict[Value, Grid]
    """The yellow cells of inputs and parameters."""
    driven: Collection[Value]
    """The inputs whose cells hold formulas, so that nobody types into them."""
    values: dict[Value, Grid]
    """The cells of inputs, parameters and intermediate values."""
    gradients: dict[Value, Grid]
    """The cells of the gradients, by the value that each belongs to."""
    after: dict[Value, Grid]
    """The parameters after a step of plain gradient descent; empty if the learning rule is another one."""
    rate: Grid | None
    """The cell of the learning rate; None if no sheet has one."""
    learning_rate: float
    """The learning rate that the workbook begins with."""

    @classmethod
    def of(cls, book: Book) -> EditableCells:
        """Return the cells of a book whose sheets have been drawn."""
        tensors, rate = book.placement.tensors, book.names.get(LEARNING_RATE.text)
        given = [*book.graph.of_kind("input"), *book.graph.of_kind("parameter")]
        values = [*given, *book.graph.of_kind("intermediate")]
        return cls(
            {value: tensors[value].typed for value in given},
            book.driven_inputs,
            {value: tensors[value].value for value in values if value in tensors},
            {value: tensors[value].grad for value in values if value in tensors and tensors[value].has_grad},
            book.drawn.after if book.rule == PLAIN else {},
            Grid(rate.sheet, rate.row, rate.col, (), (), ()) if rate else None,
            book.learning_rate,
        )


def trials(graph: Graph, still: Collection[Value] = (), *, thorough: bool = False) -> list[OtherRun]:
    """Return two runs of the module on other numbers, near ones and random ones, to which a workbook is edited.

    It is [] for a large network, a part of a network, or one with frozen branches.

    Args:
        graph: the recorded graph.
        still: the inputs that follow formulas, which an edit leaves as they are.
        thorough: True for a network of any size, False for at most MOST_NUMBERS numbers.
    """
    is_small = thorough or sum(value.data.size for value in graph.values) <= MOST_NUMBERS
    if not (graph.witness and is_small):
        return []
    found = (graph.witness.trial(other, seed, still) for seed, other in enumerate(_EDITS, start=101))
    return [trial for trial in found if trial]


def refuse_wrong(workbook: Computed, cells: EditableCells, edits: Sequence[OtherRun]) -> None:
    """Type the numbers of each edit into a computed workbook, recalculate, and compare all tensors with PyTorch's.

    Args:
        workbook: computed by IronCalc. It has the numbers of the last edit afterwards.
        cells: the cells to edit and to compare.
        edits: PyTorch's runs, as from `trials`.

    Raises:
        ExportError: after an edit, a tensor differs from PyTorch's by more than TOLERANCE.
    """
    rate = cells.learning_rate * _RATE
    for trial in edits:
        for value, grid in cells.typed.items():
            if value in trial.values and value not in cells.driven:
                workbook.type(grid, trial.values[value])
        if cells.rate:
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
    for value, grid in cells.values.items():
        if value in trial.values:
            yield value.name, grid, trial.values[value]
    for value, grid in cells.gradients.items():
        if value in trial.gradients:
            yield f"grad.{value.name}", grid, trial.gradients[value]
    for value, grid in cells.after.items():
        if value in trial.gradients:
            yield f"{value.name} after the step", grid, trial.values[value] - rate * trial.gradients[value]
