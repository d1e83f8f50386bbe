"""Texts in cells that are as high as they need, and numbers in them."""

from __future__ import annotations

from excel_export.authoring import IF, ROUND, Canvas, Expression, Operand, joined
from excel_export.xlsx.calibri import column_pixels, row_points

SIZE, MARGIN, SPACE = 11, 5, 8
"""In points: the size of a text, what a row has beside its lines, and what is empty before a heading."""


def height(text: str, width: float, *, least: int = 1, bold: bool = False) -> float:
    """How high a row must be, in points, so that a text fits into a column of a width; `least` counts lines."""
    return MARGIN + row_points(text, SIZE, column_pixels(width), bold, least)


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
    """A number as it stands in a product, as text: in brackets where it is below zero."""
    shown = ROUND(number, 4)
    return IF(number.cells < 0, joined("(", shown, ")"), shown)
