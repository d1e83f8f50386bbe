"""Texts in cells that are as high as they need, and numbers in them."""

from __future__ import annotations

from excel_export.authoring import ABS, IF, ROUND, Canvas, Expression, Operand, joined
from excel_export.workbook.calibri import PADDING, column_pixels, row_points, shortened, text_width

SIZE, MARGIN, SPACE = 11, 5, 8
"""In points: the size of a text, what a row has beside its lines, and what is empty before a heading."""
SMALL, DECIMALS, FINE_DECIMALS = 0.1, 4, 6
"""Below which size a number has how many decimals instead of how many."""


def height(text: str, width: float, *, least: int = 1, bold: bool = False) -> float:
    """How high a row must be, in points, so that a text fits into a column of a width; `least` counts lines."""
    return MARGIN + row_points(text, SIZE, column_pixels(width), bold, least)


def link_text(name: str, width: float) -> str:
    """What a link to something is called, as much of it as a column has room for."""
    return f"{shortened(name, column_pixels(width) - PADDING - text_width(' →', SIZE), SIZE)} →"


def title(canvas: Canvas, text: str, col: int) -> None:
    """Write the title of a sheet into its first row."""
    canvas.say(1, col, text, "title")
    canvas.heights[1] = 32


def heading(canvas: Canvas, row: int, text: str, col: int) -> int:
    """Write a heading below an empty row; return the next row."""
    canvas.heights[row] = SPACE
    canvas.say(row + 1, col, text, "heading")
    return row + 2


def factor(number: Operand) -> Expression:
    """A number as it stands in a product, as text: in brackets where it is below zero; a small one has more digits."""
    shown = ROUND(number, IF(ABS(number) < SMALL, FINE_DECIMALS, DECIMALS))
    return IF(number.cells < 0, joined("(", shown, ")"), shown)
