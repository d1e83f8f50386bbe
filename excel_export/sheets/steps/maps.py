"""Element by element: a map before and after a step that changes each number by itself, and two numbers of it.

before     max(0, ·)     after         a number above 0    0.8450 → 0.8450   slope 1     x   max(0, x)
. # . .      _/          . # . .       a number below 0   −1.0320 → 0        slope 0    −4       0
                                                                                         …       …
"""

from __future__ import annotations

from math import ceil

import numpy as np

from excel_export.formulas import COUNTIF, INDEX, Expression, Index, OperandLike, Reference, joined
from excel_export.formulas.analysis.chosen import cells_of
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Value
from excel_export.sheets.steps.ideas import first_sentence
from excel_export.sheets.steps.step_sheet import MARGIN, WIDTH, StepSheet, spelled
from excel_export.sheets.steps.teller import Teller
from excel_export.views.elements import VALUE, Element
from excel_export.views.terms import is_switch
from excel_export.workbook.charts import Path, PathChart
from excel_export.workbook.styles import FORWARD

BAND = 240
"""The height of a map, in pixels."""
LARGEST_SQUARE = 24
"""The largest side of a square, in pixels."""
NOTE = 26
"""The height of a line of text, in pixels."""
BOX = 34
"""The height of a box, in pixels."""
MOST_SIDE = 28
"""The most rows and columns of a map."""
LEAST = 4
"""The least rows and columns of a map."""
AXIS = 14
"""The width of the numbers of the rows, in pixels."""
POINTS = range(-4, 5)
"""The numbers of the curve."""
CURVE = 168
"""The width of the curve between the maps, in pixels."""
NO_CURVE = 110
"""The width of the space between the maps without one."""
POINT = 18
"""The least height of a row with a number of the curve, in pixels."""
BESIDE = (30, 42, 42, 88, 30, 88, 44, 20, 58)
"""The pixels of a gap, what is chosen, a number, →, its result, the slope, ✓ and the network's own number."""
TABLE = (14, 26, 48)
"""The pixels of a gap, a number of the curve, and its result."""


def plan(teller: Teller, value: Value, index: Index) -> Value | None:
    """Return the tensor from whose number at the same place each number of a map is computed alone, as by ReLU.

    None for none, or if the map, `value[index[:-2]]`, has fewer than 4 or more than 28 rows or columns.
    """
    elements, sides = teller.elements, value.shape[-2:]
    made = [each for each in elements.makers[value].inputs if each.kind in ("intermediate", "input")]
    if (
        len(made) != 1
        or made[0].shape != value.shape
        or len(sides) < 2
        or not LEAST <= min(sides) <= max(sides) <= MOST_SIDE
    ):
        return None
    read = [elements.at(term.cell) for term in elements.forward(value, index).terms]
    return made[0] if read == [Element(made[0], VALUE, index)] else None


def draw(sheet: StepSheet, teller: Teller, value: Value, index: Index, read: Value) -> None:
    """Draw the map `value[index[:-2]]` beside that of `read`, from which it is computed, and two of its numbers."""
    elements = teller.elements
    call = elements.makers[value]
    rows, cols = value.shape[-2:]
    lead, square = index[:-2], min(LARGEST_SQUARE, BAND // rows)
    sheet.head(
        teller.idea(call, "idea"),
        "The same rule applies to every number. With no nonlinear step between them, two layers could be merged into one.",
    )
    titles, labels = sheet.row(22), sheet.row(12)
    first = sheet.rows(max(rows, 2 * (ceil(NOTE / square) + ceil(BOX / square))), square)
    below, worked = sheet.row(26), sheet.row(28)
    left = sheet.col(AXIS)
    before = sheet.at(first, sheet.cols(cols, square), rows, cols)
    curve = _has_room(square, rows, cols)
    middle = sheet.col(CURVE if curve else NO_CURVE)
    after = sheet.at(first, sheet.cols(cols, square), rows, cols)
    formulas = elements.formulas(value)

    def local(r: int, c: int) -> Expression:
        at = (*lead, r, c)
        return moved(formulas.element(at), {teller.value(read, at): before.at(r, c)})

    sheet.squares(before, [[teller.value(read, (*lead, r, c)) for c in range(cols)] for r in range(rows)])
    sheet.squares(after, [[local(r, c) for c in range(cols)] for r in range(rows)])
    sheet.colour(before, after)
    sheet.axis(before, left=left, above=labels)
    sheet.axis(after, above=labels)
    sheet.say(titles, before.col, f"{read.called}{_map(teller, value, index)}", "head")
    sheet.say(titles, after.col, value.called, "head")
    name = call.forward_math.removeprefix("y = ")[:18]
    sheet.say(first if curve else first + rows // 2 - 1, middle, name, "middle")
    sheet.say(first + (rows - 2 if curve else rows // 2), middle, "→", "arrow", height=ceil(NOTE / square))
    sheet.say(below, before.col, joined(COUNTIF(before, "<0"), f" of {rows * cols} numbers here are below 0"), "note")
    _examples(sheet, teller, value, read, index, (before, after), first, worked)
    if curve:
        _draw_curve(sheet, teller, value, read, index, (name, first, sheet.at(first + 1, middle, rows - 3)))


def _has_room(square: int, rows: int, cols: int) -> bool:
    width = MARGIN + AXIS + 2 * cols * square + CURVE + sum(BESIDE) + sum(TABLE)
    return square >= POINT and len(POINTS) + 1 <= rows and width <= WIDTH - MARGIN


def _draw_curve(
    sheet: StepSheet, teller: Teller, value: Value, read: Value, index: Index, at: tuple[str, int, Reference]
) -> None:
    """Draw the rule's results for a few numbers as a table at the right, and as a curve between the maps.

    `at` has the rule's name, the first row of the table, and the cells of the curve.
    """
    name, row, area = at
    _, x, y = map(sheet.col, TABLE)
    sheet.say(row, x, "x", "middle_small")
    sheet.say(row, y, name, "middle_small")
    for k, number in enumerate(POINTS, start=1):
        sheet.canvas.put(row + k, x, number, "story_axis_large")
        sheet.number(row + k, y, _rule(teller, value, read, index, sheet.at(row + k, x)), "small")
    xs, ys = (sheet.at(row + 1, col, len(POINTS)) for col in (x, y))
    ends = float(POINTS[0]), float(POINTS[-1])
    sheet.canvas.charts.append(PathChart(
        area, name, "", "", [Path(xs, ys, sheet.at(row, y), FORWARD, dots=False)], f"The curve of {name}: it bends.",
        x_limits=ends, plot=(0.2, 0.06, 0.74, 0.74), is_bare=True,
    ))  # fmt: skip


def _map(teller: Teller, value: Value, index: Index) -> str:
    lead, has_rows, _ = teller.places(value, index).partition(", row")
    return f", {lead}" if has_rows else ""


def _examples(
    sheet: StepSheet, teller: Teller, value: Value, read: Value, index: Index, maps: tuple[Reference, Reference],
    first: int, worked: int,
) -> None:  # fmt: skip
    data = np.asarray(read.data, dtype=np.float64)[index[:-2]]
    here = index[-2:]
    call = teller.elements.makers[value]
    said, stopped = first_sentence(call), teller.counterexample(call, read)
    sign = -1 if data[here] > 0 else 1
    other = stopped[-2:] if stopped else np.unravel_index(int(np.argmax(sign * data)), data.shape)
    before, after = maps
    _, row_col, col_col, shown, arrow, result, slope_col, check, _ = map(sheet.col, BESIDE)
    square = min(LARGEST_SQUARE, BAND // before.height)
    note, height = ceil(NOTE / square), ceil(BOX / square)
    ours = "the number we follow" if teller.thread.get(value) == index else "a number"
    step, parts = max(note + height, before.height // 2), list[OperandLike]()
    for k, (at, text) in enumerate(((here, ours), (tuple(map(int, other)), "and one of opposite sign"))):
        row = first + k * step + note - 1
        sheet.say(row - note + 1, row_col, f"{text}: row, column", "note", height=note, width=result - row_col + 1)
        down = sheet.choose(row + 1, row_col, int(at[0]) + 1, before.height, "Row", height=height)
        right = sheet.choose(row + 1, col_col, int(at[1]) + 1, before.width, "Column", height=height)
        number = sheet.number(row + 1, shown, INDEX(before.fixed, down, right), "result", height=height)
        sheet.say(row + 1, arrow, "→", "arrow", height=height)
        formula = _rule(teller, value, read, index, number)
        made = sheet.number(row + 1, result, formula, "result", height=height)
        own, of = (
            _network_number(teller, value, index, after, (down, right)),
            teller.value(value, (*index[:-2], *map(int, at))),
        )
        sheet.check(row + 1, check, made, own, of=of, height=height)
        slope = _slope(teller, value, read, index, (number, made))
        if slope is not None:
            sheet.say(row - note + 1, slope_col, "slope", "middle", height=note)
            sheet.number(row + 1, slope_col, slope, "whole" if is_switch(slope) else "number", height=height)
        for area in maps:
            sheet.frame_place(area, down, right)
        parts += [spelled(number), " becomes ", spelled(made), "; " if k == 0 else f". {said}"]
    sheet.write_out(worked, *parts)


def _network_number(
    teller: Teller, value: Value, index: Index, after: Reference, place: tuple[Reference, Reference]
) -> Expression:
    down, right = after.height - 1, after.width - 1
    first, beside, below, last = (
        teller.value(value, (*index[:-2], *at)) for at in ((0, 0), (0, right), (down, 0), (down, right))
    )
    size = last.row - first.row + 1, last.col - first.col + 1
    if size == (after.width, after.height) and beside.col == first.col:  # its rows lie in columns
        return INDEX(first.to(last).fixed, *reversed(place))
    lies_alike = size == (after.height, after.width) and below.col == first.col
    return INDEX((first.to(last) if lies_alike else after).fixed, *place)


def _slope(
    teller: Teller, value: Value, read: Value, index: Index, cells: tuple[Reference, Reference]
) -> Expression | None:
    """Return the slope of a result, by the cells of the number and of the result; None if it reads anything else."""
    account = teller.elements.backward(teller.elements.makers[value], read, index)
    factors = [term.factor for term in account.shares] if account else []
    if len(factors) != 1 or not isinstance(factors[0], Expression):
        return None
    places = dict(zip((teller.value(read, index), teller.value(value, index)), cells, strict=True))
    slope = moved(factors[0], places)
    return slope if {*cells_of(slope)} <= {*cells} else None


def _rule(teller: Teller, value: Value, read: Value, index: Index, number: Reference) -> Expression:
    return moved(teller.elements.formula(value, index), {teller.value(read, index): number})
