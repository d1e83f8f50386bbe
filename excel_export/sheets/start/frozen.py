"""What is frozen: numbers that the module reads out of tensors, as for a branch. Start says whether they still hold."""

from collections.abc import Mapping

import numpy as np

from excel_export.formulas import ABS, AND, IF, TRUNC, Expression, Grid, Reference, equal, unequal
from excel_export.graph.graph import Frozen
from excel_export.sheets import update
from excel_export.sheets.book import Book
from excel_export.sheets.network import again
from excel_export.sheets.start.columns import FLAG, FLAG_AFTER, LABEL, PICTURE, VALUE
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.rules import warning_rule

INTRO = (
    "The network looks at numbers while it computes, and goes on by what it finds. This workbook cannot: it always "
    "goes the way that was found at first. Where a change makes it another one, PyTorch may compute something else."
)
HOLDS = "still so"
BROKEN = "NO LONGER SO: what follows may not be what PyTorch computes"
BROKEN_AFTER = "still so, but NO LONGER AFTER THE STEP: the loss after it may not be PyTorch's"
_SAME, _LONGEST = 1e-9, 40


def draw(canvas: Canvas, first: int, book: Book) -> int:
    """List what is frozen, each with whether it still holds; return the next row."""
    now = {value.name: placed.value for value, placed in book.placement.tensors.items()}
    updated, results = book.result(update.SHEET), book.result(again.SHEET)
    after = now | {value.name: grid for value, grid in updated.after.items()} if updated else now
    after |= results or {}
    for row, item in enumerate(book.graph.frozen, start=first):
        answer = ("no", "yes")[item.result] if isinstance(item.result, bool) else str(item.result)
        text = " ".join(answer.split())
        text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
        canvas.paragraph(row, PICTURE, VALUE, f"{item.words} → {text}")
        flags = canvas.at(row, FLAG), canvas.at(row, FLAG_AFTER)
        for flag, grids in zip(flags, (now, after), strict=True):
            canvas.put(row, flag.col, _differs(item, grids), "fixed")
        canvas.put(row, LABEL, IF(flags[0] > 0, BROKEN, IF(flags[1] > 0, BROKEN_AFTER, HOLDS)), "label")
        canvas.format(canvas.at(row, LABEL), warning_rule(flags[1]))
    return row + 1


def _differs(item: Frozen, grids: Mapping[str, Grid]) -> Expression | float:
    """1 where a number that was read is another one than at first, else 0; a part of a network may lack it."""
    same = [
        _is_same(item.by, grids[value.name].at(*index), float(number))
        for value in item.values
        if value.name in grids
        for index, number in np.ndenumerate(np.asarray(value.data, dtype=float))
    ]
    return IF(AND(*same), 0, 1) if same else 0.0


def _is_same(by: str, cell: Reference, number: float) -> Expression:
    """Whether a function would read the same out of a cell as out of a number."""
    if by == "bool":
        return unequal(cell, 0) if number else equal(cell, 0)
    if by == "int":
        return equal(TRUNC(cell), float(int(number)))
    return ABS(cell - number) <= _SAME * max(1.0, abs(number))
