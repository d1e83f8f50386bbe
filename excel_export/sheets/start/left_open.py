"""Where a change can lead the workbook away from PyTorch: equal numbers in an order, whole numbers that are too large.

What is equal or too large at the export is refused. After an edit only the sheet can say it.
"""

from collections.abc import Callable, Iterator

from excel_export.formulas import COUNTIF, IF, MAX, MIN, OR, SUMIF, Expression, Grid, OperandLike, total, unequal
from excel_export.graph.graph import Call
from excel_export.sheets.book import Book
from excel_export.sheets.inputs.whole_numbers import is_watched, most
from excel_export.sheets.start.columns import FLAG, LABEL, PICTURE, SQUARES
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.rules import warning_rule

INTRO = (
    "Some steps are the same as PyTorch's only while their numbers allow it. After a change, look here whether they do."
)
APART, EQUAL = "no two are equal", "EQUAL NUMBERS: here the first of them comes first, and PyTorch leaves that open"
SMALL, LARGE = "small enough", "TOO LARGE: PyTorch holds such whole numbers in another way than a cell"
OPEN = "of equal numbers, the first comes first; PyTorch leaves that open"
_MOST_RANGES = 40
"""More would make the formula too long."""


def draw(canvas: Canvas, first: int, book: Book) -> int:
    """List such steps, each with whether its numbers allow it now; return the next row."""
    for row, (what, flag, fine, warning) in enumerate(_steps(book), start=first):
        canvas.put(row, PICTURE, what, "label", width=SQUARES)
        canvas.put(row, FLAG, IF(flag, 1, 0), "fixed")
        canvas.put(row, LABEL, IF(canvas.at(row, FLAG) > 0, warning, fine), "label")
        canvas.format(canvas.at(row, LABEL), warning_rule(canvas.at(row, FLAG)))
    return row + 1


def is_needed(book: Book) -> bool:
    """Whether there is such a step."""
    return any(True for _ in _steps(book))


def _steps(book: Book) -> Iterator[tuple[str, OperandLike, str, str]]:
    """Yield what a step is, whether its numbers are such that it differs, and what to say if not, and if so."""
    for call in book.graph.calls:
        y = call.outputs[0]
        if call.operator.ranks_left_open():
            flag = _has_equal(call, book)
            yield f"the order in {y.called}", 0 if flag is None else flag, OPEN if flag is None else APART, EQUAL
        elif is_watched(call):
            cells = book.placement.tensors[y].value.box
            yield f"whole numbers of {y.called}", MAX(MAX(cells), -MIN(cells)) >= most(y), SMALL, LARGE


def _has_equal(call: Call, book: Book) -> Expression | None:
    """Whether a number at one of these ranks has an equal one; None where they lie in too many places.

    Equal numbers share the place of the first of them. So where there are none, as many numbers as a place says have
    this place or one before it; where the equal ones go beyond it, there are more.
    """
    open_ranks = call.operator.ranks_left_open()
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
