"""Places where a change can lead the workbook away from PyTorch: Start says whether its numbers still allow them.

Frozen numbers are those that the module reads out of tensors, as for a branch. Equal numbers in an order, and whole
numbers that are too large, are an error at the export; after an edit only the sheet can report them.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from excel_export.book.book import Book
from excel_export.formulas import Expression, Grid, OperandLike, Reference, equal, total, unequal
from excel_export.formulas.functions import ABS, AND, COUNTIF, IF, MAX, MIN, OR, SUMIF, TRUNC
from excel_export.graph.graph import Call, Frozen
from excel_export.graph.whole_numbers import is_watched, most
from excel_export.sheets import update
from excel_export.sheets.network import again
from excel_export.sheets.start.start_columns import FLAG, FLAG_AFTER, LABEL, PICTURE, SQUARES, VALUE
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.format_rules import warning_rule

FROZEN_INTRO = (
    "The network chooses what to compute by the numbers it finds. This workbook cannot: it always "
    "takes the branch found at first. If a change leads to another one, PyTorch may compute something else."
)
HOLDS = "still so"
BROKEN = "NO LONGER SO: what follows may not be what PyTorch computes"
BROKEN_AFTER = "still so, but NO LONGER AFTER THE STEP: the loss after it may not be PyTorch's"
_SAME = 1e-9
"""The largest difference, by size, of two numbers that count as the same."""
_LONGEST = 40
"""The most characters of an answer."""


def draw_frozen(canvas: Canvas, first: int, book: Book) -> int:
    """List what Python read out of tensors, 'bool() in net.py, line 9: if x.sum() > 0: → yes', and whether it holds.

    Each has a row, from `first` on; return the row behind the last.
    """
    now = {value.name: placed.value for value, placed in book.placement.tensors.items()}
    updated, second = book.result(update.SHEET), book.result(again.SHEET)
    after = now | {value.name: grid for value, grid in updated.after.items()} if updated else now
    after |= second.results if second else {}
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
    """Return 1 if a number that was read differs from the one at first, else 0; a part of a network may lack it."""
    same = [
        _is_same(item.by, grids[value.name].at(*index), float(number))
        for value in item.values
        if value.name in grids
        for index, number in np.ndenumerate(np.asarray(value.data, dtype=float))
    ]
    return IF(AND(*same), 0, 1) if same else 0.0


def _is_same(by: str, cell: Reference, number: float) -> Expression:
    if by == "bool":
        return unequal(cell, 0) if number else equal(cell, 0)
    if by == "int":
        return equal(TRUNC(cell), float(int(number)))
    return ABS(cell - number) <= _SAME * max(1.0, abs(number))


INTRO = "Some steps are the same as PyTorch's only while their numbers allow it. After a change, check here if they do."
APART, EQUAL = "no two are equal", "EQUAL NUMBERS: here the first of them comes first, and PyTorch leaves that open"
SMALL, LARGE = "small enough", "TOO LARGE: PyTorch holds such whole numbers in another way than a cell"
OPEN = "of equal numbers, the first comes first; PyTorch leaves that open"
_MOST_RANGES = 40
"""The most rectangles in a formula: more would make it too long."""


def draw(canvas: Canvas, first: int, book: Book) -> int:
    """List the steps that are PyTorch's only under a condition: 'the order in y', 'no two are equal' for a sort.

    Each has a row, from `first` on, which says whether its condition holds; return the row behind the last.
    """
    for row, (what, flag, fine, warning) in enumerate(_steps(book), start=first):
        canvas.put(row, PICTURE, what, "label", width=SQUARES)
        canvas.put(row, FLAG, IF(flag, 1, 0), "fixed")
        canvas.put(row, LABEL, IF(canvas.at(row, FLAG) > 0, warning, fine), "label")
        canvas.format(canvas.at(row, LABEL), warning_rule(canvas.at(row, FLAG)))
    return row + 1


def is_needed(book: Book) -> bool:
    """Return whether `draw` has steps to list: a sort, or whole numbers that may become too large."""
    return any(True for _ in _steps(book))


def _steps(book: Book) -> Iterator[tuple[str, OperandLike, str, str]]:
    for call in book.graph.calls:
        y = call.outputs[0]
        if call.ranks_left_open:
            flag = _has_equal(call, book)
            yield f"the order in {y.called}", 0 if flag is None else flag, OPEN if flag is None else APART, EQUAL
        elif is_watched(call):
            cells = book.placement.tensors[y].value.box
            yield f"whole numbers of {y.called}", MAX(MAX(cells), -MIN(cells)) >= most(y), SMALL, LARGE


def _has_equal(call: Call, book: Book) -> Expression | None:
    """Return a condition: one of the numbers at the open ranks has an equal one; None if they lie in too many
    rectangles.

    Equal numbers have the place of the first of them. So without equal ones, the count of numbers up to a place is that
    place; equal ones that go beyond it make the count larger.
    """
    open_ranks = call.ranks_left_open
    place = book.placement.tensors[call.outputs[0]].helpers["place"]
    if open_ranks is None or len(place.whole.ranges) > _MOST_RANGES:
        return None
    first, last, length = open_ranks
    lines = place.whole.size // length
    differs = [unequal(_up_to(COUNTIF, place, rank), lines * rank) for rank in {first - 1, last} - {0, length}]
    if last > first:
        differs.append(unequal(_up_to(SUMIF, place, last), lines * last * (last + 1) // 2))
    return OR(*differs)


def _up_to(function: Callable[..., Expression], place: Grid, rank: int) -> Expression:
    return total(function(area, f"<={rank}") for area in place.whole.ranges)
