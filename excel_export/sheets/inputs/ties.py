"""Equal numbers in yellow cells that an operator puts in order turn red: PyTorch leaves open which of them comes first.

What they mean stands on Start, which also sees equal numbers that are computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from excel_export.formulas import AND, COUNTIF, RANK, Expression, Grid, Reference
from excel_export.ops._ranking import Ranking
from excel_export.sheets.book import Book
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.rules import struck_rule

_MOST_LINES = 40
"""More would make a sheet slow to draw."""


def mark_ties(book: Book, canvases: Mapping[str, Canvas]) -> None:
    """Let those cells of canvases turn red whose order is left open, where inputs or parameters are put in order."""
    given = {*book.graph.of_kind("input"), *book.graph.of_kind("parameter")}
    for call in book.graph.calls:
        operator = call.operator
        if isinstance(operator, Ranking) and operator.ranks_left_open() and operator.input in given:
            typed = book.placement.tensors[operator.input].typed
            if typed.sheet in canvases and typed not in book.driven:
                for line in _lines(operator, typed):
                    canvases[typed.sheet].format_first([line], struck_rule(_is_open(operator, line)))


def _lines(operator: Ranking, typed: Grid) -> Iterator[Reference]:
    """The cells of each line that is put in order; none where they lie apart."""
    shape = operator.input.shape
    count = int(np.prod(shape)) // operator.length
    if not shape or operator.line_axis != operator.axis or count > _MOST_LINES:
        return
    for index in np.ndindex(*(1 if axis == operator.axis else size for axis, size in enumerate(shape))):
        yield operator.line_of(typed, index)


def _is_open(operator: Ranking, line: Reference) -> Expression:
    """Whether a cell of a line has an equal one, and a result is one of them."""
    first, last, _ = operator.ranks_left_open() or (0, 0, 0)
    cell, order = line.at(0), () if operator.falls else (1,)
    place, count = RANK(cell, line.fixed, *order), COUNTIF(line.fixed, cell)
    return AND(count > 1, place <= last, place + count > first)
