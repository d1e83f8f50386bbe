"""The first screen of Start: its lines are two rows high each, so that a picture beside them has rows of pixels."""

from __future__ import annotations

from dataclasses import replace

from excel_export.formulas.grid import Grid
from excel_export.formulas.words import size
from excel_export.graph.graph import Value
from excel_export.shared.infinity import is_infinite
from excel_export.sheets.book import Book
from excel_export.xlsx.calibri import DIGIT
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.rules import image_scale, value_scale

ROW = 7.5
"""The height of a row, in points: ten pixels."""
LINE = 2
"""The rows of a line."""
PIXELS, PIXEL = 28, 9
"""How many pixels a picture has on a side at most, and the width of one, on the screen."""
NUMBER = 4
"""How many of them a number is wide."""
FIRST = 10
"""The first column of the picture."""


def set_widths(canvas: Canvas) -> None:
    """Make room for a picture, right of the lines."""
    canvas.widths |= dict.fromkeys(range(FIRST, FIRST + PIXELS), PIXEL / DIGIT) | {FIRST - 1: PIXEL / DIGIT}


def make_lines(canvas: Canvas, first: int, last: int, columns: range) -> None:
    """Make one cell of each two rows in some columns, where lines stand from the first row to the last."""
    canvas.heights |= dict.fromkeys(range(first, last + LINE), ROW)
    merged = {(area.row, area.col): area for area in canvas.merged}
    canvas.merged = [area for area in canvas.merged if not first <= area.row <= last]
    for row in range(first, last + 1):
        for col in [col for col in canvas.cells.get(row, {}) if col in columns]:
            canvas.merge(replace(merged.get((row, col), canvas.at(row, col)), height=LINE))


def draw_picture(canvas: Canvas, row: int, book: Book) -> None:
    """Draw the network's largest input from a row on, as a picture or as numbers, where it is small enough."""
    value = largest_input(book)
    if value is None or is_infinite(value.data).any():
        return
    height, width = (1, 1, *value.shape)[-2:]
    cells = book.placement.tensors[value].value.cells.reshape(-1, height, width)[0]
    if width <= PIXELS // NUMBER and height <= PIXELS // LINE:
        shown = Grid(canvas.name, row, FIRST, (height, width), (LINE, 0), (0, NUMBER))
        canvas.fill(shown, cells, "start_number")
        for k, j in [(k, j) for k in range(height) for j in range(width)]:
            canvas.merge(canvas.at(row + k * LINE, FIRST + j * NUMBER, LINE, NUMBER))
        area, below = canvas.at(row, FIRST, height * LINE, width * NUMBER), row + height * LINE
    elif width <= PIXELS and height <= PIXELS:
        shown = Grid(canvas.name, row, FIRST, (height, width), (1, 0), (0, 1))
        canvas.fill(shown, cells, "map")
        area, below = shown.box, row + height
    else:
        return
    canvas.format(area, image_scale() if (value.data >= 0).all() else value_scale(area))
    which = ", the first of it" if value.data.size > height * width else ""
    canvas.say(below, FIRST, f"{value.called}, {size(value.shape)}{which}", "hint", height=LINE, width=PIXELS)


def largest_input(book: Book) -> Value | None:
    """The largest input, which tells most of what the network is given."""
    inputs = [value for value in book.graph.of_kind("input") if value.data.size > 1]
    return max(inputs, key=lambda value: value.data.size, default=None)
