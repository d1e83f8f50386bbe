"""The lower end of Start: one line for each tensor says whether it agrees with PyTorch."""

import numpy as np

from excel_export.book.book import Book
from excel_export.book.names import CHANGED, VERDICT
from excel_export.book.sheet import Drawn
from excel_export.formulas import Expression, Grid, Operand, Reference, equal, joined, total
from excel_export.formulas.functions import ABS, COUNT, COUNTIF, IF, IFERROR, ISNUMBER, MAX, MIN, SUM, SUMPRODUCT
from excel_export.sheets import pytorch
from excel_export.sheets.start.start_columns import CONTENT, LABEL, MISSING, PICTURE, RESULT, SQUARES, VALUE
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.format_rules import verdict_rules

TOLERANCE = 1e-9
DIFFERENCE, SIZE, SAYS, SHOW = RESULT, VALUE, LABEL, CONTENT
NONE = "–"
"""The text for a difference that an edit made overflow."""
MOST_SUMMED = 1e300
"""The size up to which numbers are added: sums of larger ones may overflow."""
MOST_SQUARED = 1e100
"""The size up to which numbers are squared and added."""


def draw(canvas: Canvas, first: int, book: Book, drawn: Drawn[None]) -> int:
    """Draw the comparison with PyTorch, a row for each tensor, from the row `first` on; return the next row.

    `drawn` gets the defined names of two cells: verdict, a sentence such as 'All 9 tensors agree with PyTorch', and
    inputs_changed, 'yes' or 'no'.
    """
    compared = book.result(pytorch.SHEET) or []
    changed, missing = canvas.at(first + 1, DIFFERENCE), canvas.at(first, MISSING)
    canvas.put(first + 1, PICTURE, "Changed since the export?", "label", width=SQUARES)
    canvas.put(first + 1, SAYS, f"PyTorch's own numbers: hidden sheet {pytorch.NAME}", "hint")
    row = first_computed = _heads(canvas, first + 2, "tensor", "difference", "largest")
    for row, item in enumerate(compared, start=first_computed):
        apart, most = IFERROR(largest(item.difference.box), NONE), largest(item.reference.box)
        _line(canvas, row, item.called, item.place, (apart, "cell_number"), (most, "cell_number"))
        size, scale = canvas.at(row, DIFFERENCE), canvas.at(row, SIZE)
        agrees = IF(ISNUMBER(size), IF(size <= TOLERANCE * MAX(1, scale), "agrees", "differs"), "differs")
        canvas.put(row, SAYS, IF(equal(CHANGED, "yes"), "inputs changed", agrees), "cell")
    verdicts = canvas.at(first_computed, SAYS).to(canvas.at(row, SAYS))
    first_given = row = _heads(canvas, row + 1, "given", "change of the sums", "sums")
    for value in (*book.graph.of_kind("input"), *book.graph.of_kind("parameter")):
        _input_line(canvas, row, value.called, book.placement.tensors[value].typed, value.data)
        row += 1
    given = canvas.at(first_given, SAYS).to(canvas.at(row, SAYS))
    canvas.format(verdicts.to(canvas.at(row, SAYS)), *verdict_rules(verdicts.at(0)))
    canvas.put(changed.row, changed.col, IF(COUNTIF(given, "changed") > 0, "yes", "no"), "answer")
    canvas.put(missing.row, missing.col, SUM(canvas.at(first_given, MISSING).to(canvas.at(row, MISSING))), "fixed")
    agreeing, every = COUNTIF(verdicts, "agrees"), len(compared)
    one = "1 yellow cell of an input or a parameter is empty or holds a text"
    several = joined(missing, " yellow cells of inputs or parameters are empty or hold a text")
    edited = "You changed an input: PyTorch's numbers are for the exported ones"
    some = joined("Only ", agreeing, f" of {every} tensors agree: the others differ")
    agree = IF(equal(agreeing, every), f"All {every} tensors agree with PyTorch", some)
    verdict = IF(missing > 0, IF(equal(missing, 1), one, several), IF(equal(CHANGED, "yes"), edited, agree))
    said = canvas.at(first, PICTURE)
    canvas.put(first, said.col, verdict, "verdict", width=SHOW - said.col + 1)
    canvas.format(said, *verdict_rules(said))
    drawn.define({VERDICT: said, CHANGED: changed})
    return row


def _heads(canvas: Canvas, row: int, what: str, difference: str, size: str) -> int:
    canvas.put(row, PICTURE, what, "head", width=SQUARES)
    canvas.stripe(row, PICTURE, SHOW, "head")
    for col, head in ((DIFFERENCE, difference), (SIZE, size), (SAYS, "verdict")):
        canvas.put(row, col, head, "head")
    return row + 1


def _line(canvas: Canvas, row: int, called: str, place: Grid, *numbers: tuple[Operand | float, str]) -> None:
    canvas.put(row, PICTURE, called, "cell", width=SQUARES)
    for col, (number, style) in zip((DIFFERENCE, SIZE), numbers, strict=True):
        canvas.put(row, col, number, style)
    canvas.link(row, SHOW, place.first, "show", "small_link")


def largest(cells: Reference) -> Expression:
    """Return a formula for the largest absolute number in some cells.

    Example:
        >>> largest(Reference("Sheet1", 3, 2, height=4)).text("Sheet1")
        'MAX(MAX(B3:B6),-MIN(B3:B6))'
    """
    return MAX(MAX(cells), -MIN(cells))


def _input_line(canvas: Canvas, row: int, called: str, place: Grid, data: np.ndarray) -> None:
    cells, numbers = place.box, np.asarray(data, dtype=np.float64)
    size = float(np.abs(numbers).max(initial=0))
    changes: list[Operand]
    if size < MOST_SUMMED:
        changes, scale = [ABS(SUM(cells) - float(numbers.sum()))], float(np.abs(numbers).sum())
    else:  # their sum could overflow
        ends = ((MAX, numbers.max()), (MIN, numbers.min()))
        changes, scale = [ABS(end(cells) / 4 - float(at) / 4) for end, at in ends], size
    if size < MOST_SQUARED:
        squares = float((numbers**2).sum())
        changes.append(ABS(SUMPRODUCT(cells, cells) - squares))
        scale += squares
    _line(canvas, row, called, place, (IFERROR(total(changes), NONE), "cell_number"), (scale, "cell_reference"))
    change = canvas.at(row, DIFFERENCE)
    same = IF(change <= TOLERANCE * MAX(1, canvas.at(row, SIZE)), "as exported", "changed")
    # A number whose square overflows was typed in.
    canvas.put(row, SAYS, IF(ISNUMBER(change), same, "changed"), "cell")
    canvas.put(row, MISSING, numbers.size - COUNT(cells), "fixed")
