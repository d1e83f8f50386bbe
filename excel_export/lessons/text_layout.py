"""Texts in cells that are as high as they need."""

from __future__ import annotations

import math
import textwrap

from excel_export.authoring import Canvas

LINE, MARGIN, SPACE = 15.5, 5, 8
"""In points: a line of a text of 11 points, what a row has beside its lines, and what is empty before a heading."""
PER_WIDTH, PER_WIDTH_BOLD = 1.15, 1.0
"""How many characters of such a text fit into a column for each of its width: fewer than most texts need."""


def height(text: str, width: float, *, least: int = 1, bold: bool = False) -> float:
    """How high a row must be, in points, so that a text fits into a column of a width; `least` counts lines."""
    room = max(1, math.floor(width * (PER_WIDTH_BOLD if bold else PER_WIDTH)))
    return MARGIN + LINE * max(least, len(textwrap.wrap(text, room)))


def paragraph(canvas: Canvas, row: int, text: str, first: int, last: int, style: str = "text") -> None:
    """Write a text over some columns, and make its row as high as it needs."""
    canvas.say(row, first, text, style)
    canvas.merge(canvas.at(row, first).to(canvas.at(row, last)))
    width = sum(canvas.widths[col] for col in range(first, last + 1))
    canvas.heights[row] = height(text, width, bold=style != "text")


def title(canvas: Canvas, text: str, col: int) -> None:
    """Write the title of a sheet into its first row."""
    canvas.say(1, col, text, "title")
    canvas.heights[1] = 32


def heading(canvas: Canvas, row: int, text: str, col: int) -> int:
    """Write a heading below an empty row; return the next row."""
    canvas.heights[row] = SPACE
    canvas.say(row + 1, col, text, "heading")
    return row + 2
