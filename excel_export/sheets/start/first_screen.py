"""The network's inputs on the first screen of Start: as a picture, or as numbers.

The lines of that screen are two rows high, so that a picture beside them has rows of pixels.
"""

from dataclasses import replace

import numpy as np

from excel_export.book.book import Book
from excel_export.formulas import Grid, size
from excel_export.graph.graph import Value
from excel_export.shared.infinity import is_infinite
from excel_export.sheets.start.start_columns import AFTER, LINE, PICTURE, REST, RESULT, ROW, SQUARES
from excel_export.workbook import format_rules
from excel_export.workbook.canvas import Canvas

NUMBER = 4
"""The width of a number, in squares."""
ACROSS, DOWN = SQUARES // NUMBER, SQUARES // LINE


def merge_lines(canvas: Canvas, first: int, last: int) -> None:
    """Merge each filled cell in the rows `first` to `last` and the columns RESULT to AFTER with the one below it.

    So a line of text is two rows high, and a row as high as a pixel of the picture beside it.
    """
    canvas.heights |= dict.fromkeys(range(first, last + 1), ROW)
    merged = dict(canvas.merged)
    for row, col in merged:
        if first <= row <= last and col >= RESULT:
            del canvas.merged[row, col]
    for row in range(first, last + 1):
        for col in [col for col in canvas.cells.get(row, {}) if col in range(RESULT, REST)]:
            # A text in one cell of several would end with it.
            wide = 2 if col == AFTER and REST not in canvas.cells[row] else 1
            area = merged.get((row, col), canvas.at(row, col, width=wide))
            canvas.merge(replace(area, height=max(LINE, area.height)))


def draw_inputs(canvas: Canvas, row: int, book: Book) -> int:
    """Draw the network's largest input, from a row on; return the next row.

    More than 98 numbers in 2 to 28 rows and 2 to 28 columns are drawn as a picture; of other inputs, the first 14 rows
    and 7 columns are shown as numbers. If each input is a single number, the first 14 are listed below one another.
    """
    value = largest_input(book)
    if value is None:
        for value in book.graph.of_kind("input")[:DOWN]:
            canvas.put(row, PICTURE, value.called, "label", height=LINE, width=SQUARES // 2)
            number = book.placement.tensors[value].value.cells.reshape()
            canvas.put(row, PICTURE + SQUARES // 2, number, "result", height=LINE, width=SQUARES // 2)
            row += LINE
        return row
    height, width = (1, 1, *value.shape)[-2:]
    cells = book.placement.tensors[value].value.cells.reshape(-1, height, width)[0]
    is_picture = min(width, height) > 1 and width <= SQUARES and height <= SQUARES and width * height > ACROSS * DOWN
    if is_picture:
        shown = Grid(canvas.name, row, PICTURE, (height, width), (1, 0), (0, 1))
        canvas.fill(shown, cells, "map")
        area = shown.box
    else:
        height, width = min(height, DOWN), min(width, ACROSS)
        shown = Grid(canvas.name, row, PICTURE, (height, width), (LINE, 0), (0, NUMBER))
        is_whole = (value.data == np.round(value.data)).all()
        canvas.fill(shown, cells[:height, :width], "start_number" if is_whole else "start_decimals")
        for k, j in np.ndindex(height, width):
            canvas.merge(canvas.at(row + k * LINE, PICTURE + j * NUMBER, LINE, NUMBER))
        area = canvas.at(row, PICTURE, height * LINE, width * NUMBER)
    rules = [] if is_picture else [format_rules.beyond_rule(*format_rules.LARGE)]
    if is_infinite(value.data).any():
        canvas.format(area, format_rules.infinite_rule(), *rules, format_rules.value_scale(area, infinite=True))
    else:
        scale = format_rules.image_scale() if (value.data >= 0).all() else format_rules.value_scale(area)
        canvas.format(area, *rules, scale)
    first = f": its first number{'s' * (height * width > 1)}" * (value.data.size > height * width)
    words = f"{value.called}, {size(value.shape)}{first}"
    canvas.put(row + area.height, PICTURE, words, "hint", height=LINE, width=SQUARES)
    return row + area.height + LINE


def largest_input(book: Book) -> Value | None:
    """Return the input value with the most numbers, such as an image; None if no input has more than one."""
    inputs = [value for value in book.graph.of_kind("input") if value.data.size > 1]
    return max(inputs, key=lambda value: value.data.size, default=None)
