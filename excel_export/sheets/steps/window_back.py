"""A window on the way back: its numbers, their slopes, and the gradient of each.

the numbers      slope        arrives       their gradients
0     0.9637     0  0                        0  0
0.2232  3.1725   0  1     ×   0.3238    =    0  0.3238
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from excel_export.formulas import Index, OperandLike, equal
from excel_export.graph.graph import Value
from excel_export.sheets.steps.step_sheet import StepSheet, spelled
from excel_export.sheets.steps.teller import Teller
from excel_export.views.elements import Element

LEAST = 2
"""The least number of rows and columns."""
NUMBER, SLOPE, SIGN, ARRIVES, MADE, OWN = 64, 46, 26, 96, 64, 62
"""The pixels of the columns."""


class WindowBack(NamedTuple):
    """Numbers in a rectangle that only one result reads, as a 2×2 max pool reads rows (4, 5) and columns (2, 3)."""

    value: Value
    """The tensor of the numbers."""
    to: Element
    """The gradient of that result: Element(pool, 'grad', (0, 2, 2, 1))."""
    slopes: Mapping[Index, OperandLike]
    """The slope of the result with respect to each number, by its index: {(0, 2, 4, 2): a formula, …}."""
    rows: tuple[int, ...]
    """The rows of the rectangle in the map, from 0 on: (4, 5)."""
    cols: tuple[int, ...]
    """The columns of the rectangle in the map, from 0 on: (2, 3)."""

    @property
    def lines(self) -> int:
        """The number of rows that `draw` needs: 6 for two rows of numbers, two headings, an axis, and a remark."""
        return len(self.rows) + 4


def find(value: Value, ways: Mapping[Index, tuple[Element, OperandLike]]) -> WindowBack | None:
    """Return the rectangle that some numbers of `value` form; None if they form none of at least 2×2, or if several
    results read them.

    `ways` has each number's index, with the gradient of the result that reads it, and that result's slope:
    {(0, 2, 4, 2): (Element(pool, 'grad', (0, 2, 2, 1)), 1), …}.
    """
    if value.data.ndim < 2 or len({to for to, _ in ways.values()}) != 1:
        return None
    rows, cols = (tuple(sorted({at[axis] for at in ways})) for axis in (-2, -1))
    if min(len(rows), len(cols)) < LEAST or len(rows) * len(cols) != len(ways):
        return None
    to = next(to for to, _ in ways.values())
    return WindowBack(value, to, {at: slope for at, (_, slope) in ways.items()}, rows, cols)


def draw(sheet: StepSheet, teller: Teller, window: WindowBack, first: int, title: str) -> list[OperandLike]:
    """Draw a window in existing rows from `first` on, below a title; return the followed number's line as parts of a
    text: ['0.1876', ' × ', 1, ' = ', '0.1876', ': the number we follow']; [] if it is not in the window.
    """
    height, width = len(window.rows), len(window.cols)
    axis = sheet.col(20)
    numbers = sheet.cols(width, NUMBER)
    sheet.col(SIGN)
    slopes, times = sheet.cols(width, SLOPE), sheet.col(SIGN)
    arrives, equals = sheet.col(ARRIVES), sheet.col(SIGN)
    made = sheet.cols(width, MADE)
    check = sheet.col(24)
    sheet.col(OWN)
    sheet.say(first, axis, title, "head")
    first += 1
    heads = ((numbers, "the numbers there"), (slopes, "slope"), (made, "their gradients"))
    for col, text in heads:
        sheet.say(first, col, text, "middle", width=width)
    sheet.say(first, arrives, "incoming gradient", "middle")
    middle = first + 1 + (height - 1) // 2
    arriving = sheet.number(middle, arrives, teller.gradient(window.to.value, window.to.index), "strong")
    for col, sign in ((times, "×"), (equals, "=")):
        sheet.say(middle, col, sign, "sign")
    written: list[OperandLike] = []
    for at, slope in window.slopes.items():
        down, right = window.rows.index(at[-2]), window.cols.index(at[-1])
        row = first + 1 + down
        is_ours = teller.thread.get(window.value) == at
        sheet.number(row, numbers + right, teller.operand(window.value, at))
        factor = sheet.number(row, slopes + right, slope, "whole")
        style = "strong_box" if is_ours else "number"
        result = sheet.number(row, made + right, arriving * factor, style)
        sheet.stands_for(teller.gradient(window.value, at), result)
        if is_ours:
            sheet.check(row, check, result, teller.gradient(window.value, at))
            written = [spelled(arriving), " × ", factor, " = ", spelled(result), ": the number we follow"]
    for k, number in enumerate(window.rows):
        sheet.canvas.put(first + 1 + k, axis, number + 1, "story_axis_large")
    for start in (numbers, made):
        for k, number in enumerate(window.cols):
            sheet.canvas.put(first + 1 + height, start + k, number + 1, "story_axis_large")
        sheet.colour(sheet.at(first + 1, start, height, width), is_grad=start == made)
    came_out = teller.value(window.to.value, window.to.index).fixed
    sheet.frame(sheet.at(first + 1, numbers, height, width), equal(sheet.at(first + 1, numbers), came_out))
    said = "Pooling passed on the framed number. A small change to the others has no effect."
    sheet.say(first + 2 + height, numbers, said, "note")
    return written
