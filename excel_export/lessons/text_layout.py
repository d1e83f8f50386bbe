"""Heights of rows for texts, titles and links, and numbers within texts."""

from __future__ import annotations

from excel_export.authoring import ABS, IF, ROUND, Canvas, Expression, Operand, joined
from excel_export.workbook.calibri import PADDING, column_pixels, row_points, shortened, text_width

SIZE = 11
"""The size of a text, in points."""
MARGIN = 5
"""The height of a row beyond that of its lines, in points."""
SPACE = 8
"""The height of the empty row before a heading, in points."""
DECIMALS = 4
"""The decimals of a number in a product."""
SMALL = 0.1
"""Numbers nearer to zero than this have FINE_DECIMALS."""
FINE_DECIMALS = 6


def height(text: str, width: float, *, least: int = 1, bold: bool = False) -> float:
    """Return the height of a row, in points, for a text in a column of a width in characters: 32.86 for two lines.

    `least` is the least number of lines; `bold` letters are wider.
    """
    return MARGIN + row_points(text, SIZE, column_pixels(width), bold, least)


def link_text(name: str, width: float) -> str:
    """Return a link's text, 'loss →', cut to a width in characters, arrow included: 'a very lo… →' for 12."""
    return f"{shortened(name, column_pixels(width) - PADDING - text_width(' →', SIZE), SIZE)} →"


def title(canvas: Canvas, text: str, col: int) -> None:
    """Write the title of a sheet, 'Chain rule', into row 1, at a column counted from 1."""
    canvas.say(1, col, text, "title")
    canvas.heights[1] = 32


def heading(canvas: Canvas, row: int, text: str, col: int) -> int:
    """Write a heading into row `row` + 1, below an empty row, and return the row after it: 7 for row 5.

    `row` and `col` count from 1.
    """
    canvas.heights[row] = SPACE
    canvas.say(row + 1, col, text, "heading")
    return row + 2


def factor(number: Operand) -> Expression:
    """Return a formula for a number in a product: the text '(-2)' below 0, else the number 2.

    It has 4 decimals, or 6 between −0.1 and 0.1.
    """
    shown = ROUND(number, IF(ABS(number) < SMALL, FINE_DECIMALS, DECIMALS))
    return IF(number.cells < 0, joined("(", shown, ")"), shown)
