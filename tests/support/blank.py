"""How much of the Lens's screen is nothing but ground, from the file and an engine's values: no picture is drawn.

What counts is what a reader looks at: coloured squares, lines around cells, and as much of a cell as its text is wide.
The ground of a cell doesn't count, nor a text that has been there already.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import numpy as np
from openpyxl.utils import get_column_letter

from excel_export.sheets.lens.conditional_formats import FRAMED, LINED, OF_GRADIENT
from excel_export.sheets.lens.lens_layout import LAST, MAIN, NAME, NUMBERS, PICTURE, WORDS
from excel_export.sheets.lens.pictures import EDGE_OF_SQUARE
from excel_export.views.groups import ROWS
from excel_export.views.tiles import HEIGHT
from excel_export.workbook.calibri import PADDING, column_pixels, line_pixels, text_width
from tests.support.cells import cell
from tests.support.lens import Places
from tests.support.live import Live
from tests.support.sheets import load_sheet

SQUARE = 16
LAST_ROW = NUMBERS + ROWS - 1
COLUMNS = range(MAIN, LAST + 1)
CAP_TOP, BASELINE = 0.26, 0.78
"""Where capitals and digits of Calibri begin and end, in its line's height."""
SIDE = 2
"""The pixels between a cell's edge and its text."""
SQUARES = range(PICTURE, PICTURE + HEIGHT)


class Screen:
    """The screen between the map and the line: 1,055 by 287 pixels."""

    def __init__(self, path: Path, live: Live, places: Places) -> None:
        self._live, self._formats = live, places.columns["how cells look"]
        sheet = load_sheet(path, NAME)
        widths = {}
        for each in sheet.column_dimensions.values():
            widths |= dict.fromkeys(range(each.min, each.max + 1), each.width)
        self._left = [0, *accumulate(column_pixels(widths[col]) for col in COLUMNS)]
        heights = [round(sheet.row_dimensions[row].height * 96 / 72) for row in range(WORDS, LAST_ROW + 1)]
        self._top = [0, *accumulate(heights)]
        merged = {(area.min_row, area.min_col): (area.max_row, area.max_col) for area in sheet.merged_cells.ranges}
        self._texts = [
            (sheet.cell(row, col), merged.get((row, col), (row, col)))
            for row in range(WORDS, LAST_ROW + 1) if row not in SQUARES
            for col in COLUMNS if (row, col) in sheet._cells and sheet._cells[row, col].value is not None
        ]  # fmt: skip
        self._squares = [
            (row, col) for row in SQUARES for col in COLUMNS
            if (row, col) in sheet._cells and sheet._cells[row, col].value is not None
        ]  # fmt: skip

    def blank(self) -> float:
        """The share of squares of 16 by 16 pixels in which there is nothing."""
        drawn = self.drawn()
        down, right = (np.arange(0, size, SQUARE) for size in drawn.shape)
        filled = np.logical_or.reduceat(np.logical_or.reduceat(drawn, down, 0), right, 1)
        return float(1 - filled.mean())

    def drawn(self) -> np.ndarray:
        """Where something is drawn, pixel by pixel."""
        drawn = np.zeros((self._top[-1], self._left[-1]), bool)
        for row, col in self._squares:
            self._draw_square(drawn, row, col)
        said: set[str] = set()
        for at, (last_row, last_col) in self._texts:
            top, bottom = self._top[at.row - WORDS], self._top[last_row - WORDS + 1]
            left, right = self._left[at.column - MAIN], self._left[last_col - MAIN + 1]
            if at.row >= NUMBERS and self._is_framed(at.row, at.column):
                drawn[top:bottom, [left, right - 1]] = drawn[[top, bottom - 1], left:right] = True
            if at.row >= NUMBERS and self._is_lined(at.row, at.column):
                drawn[top, left:right] = True
            text = str(self._live.value((NAME, at.coordinate)) or "").strip()
            is_word = any(letter.isalpha() for letter in text)
            if not text or (is_word and text in said):
                continue
            said.add(text)
            for y0, y1, x0, x1 in _lines(at, text, bottom - top, right - left):
                drawn[top + y0 : top + y1, left + x0 : left + x1] = True
        return drawn

    def _draw_square(self, drawn: np.ndarray, row: int, col: int) -> None:
        number = self._live.value((NAME, f"{get_column_letter(col)}{row}"))
        if not isinstance(number, (int, float)):
            return
        edge = round(number / EDGE_OF_SQUARE)
        shade = number - edge * EDGE_OF_SQUARE
        top, bottom = self._top[row - WORDS], self._top[row - WORDS + 1]
        left, right = self._left[col - MAIN], self._left[col - MAIN + 1]
        if min(abs(shade), abs(shade - OF_GRADIENT)) > 0.5:
            drawn[top:bottom, left:right] = True
        if edge in (1, 3):
            drawn[top, left:right] = True
        if edge in (2, 3):
            drawn[top:bottom, left] = True

    def _is_framed(self, row: int, col: int) -> bool:
        number = self._live.value((NAME, cell(row + 1, self._formats + col - 1)))
        return isinstance(number, (int, float)) and FRAMED / 2 < number < LINED / 2

    def _is_lined(self, row: int, col: int) -> bool:
        number = self._live.value((NAME, cell(row + 1, self._formats + col - 1)))
        return isinstance(number, (int, float)) and number > LINED / 2


def _lines(at, text: str, height: int, width: int) -> Iterator[tuple[int, int, int, int]]:  # type: ignore[no-untyped-def]
    """The rectangles of a text's lines in its cell: the top, the bottom, the left, the right."""
    size, bold, align = at.font.size, bool(at.font.bold), at.alignment
    lines = _broken(text, size, bold, width) if align.wrap_text else [text]
    line = line_pixels(size)
    spare = height - line * len(lines)
    first = {"top": 0.0, "center": spare / 2}.get(align.vertical or "bottom", spare)
    for k, words in enumerate(lines):
        long = min(text_width(words, size, bold), width - PADDING)
        left = {"center": (width - long) / 2, "right": width - long - SIDE}.get(align.horizontal, SIDE)
        top = max(0.0, first + k * line + CAP_TOP * line)
        bottom = min(float(height), first + k * line + BASELINE * line)
        yield round(top), max(round(top) + 1, round(bottom)), max(0, round(left)), round(left + long)


def _broken(text: str, size: float, bold: bool, width: int) -> list[str]:
    """A text in lines, broken at spaces."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, size, bold) > width - PADDING:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
