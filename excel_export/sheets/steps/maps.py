"""Element by element: a map before and after a step that changes each number by itself, and two numbers of it.

before     max(0, ·)     after         a number above 0    0.8450 → 0.8450
. # . .       →          . # . .       a number below 0   −1.0320 → 0
"""

from __future__ import annotations

from math import ceil

import numpy as np

from excel_export.formulas import COUNTIF, INDEX, Expression, Index, OperandLike, Reference, joined
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Value
from excel_export.sheets.steps.ideas import first_sentence
from excel_export.sheets.steps.step_sheet import StepSheet, spelled
from excel_export.sheets.steps.teller import Teller

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


def fits(teller: Teller, value: Value, index: Index) -> bool:
    """Return whether each number of the map `value[index[:-2]]` is computed from one number at the same place."""
    call = teller.elements.makers[value]
    made = [each for each in call.inputs if each.kind == "intermediate" or each.kind == "input"]
    if len(made) != 1 or made[0].shape != value.shape or len(value.shape) < 2:
        return False
    rows, cols = value.shape[-2:]
    account = teller.elements.forward(value, index)
    read = [teller.elements.at(term.cell) for term in account.terms]
    alone = [each for each in read if each and each.value is made[0]]
    at_its_place = len(read) == len(alone) == 1 and alone[0].index == index
    return min(rows, cols) >= LEAST and max(rows, cols) <= MOST_SIDE and at_its_place


def draw(sheet: StepSheet, teller: Teller, value: Value, index: Index) -> None:
    """Draw the map `value[index[:-2]]` beside the map from which it is computed, and two of its numbers."""
    elements = teller.elements
    call = elements.makers[value]
    read = next(each for each in call.inputs if each.shape == value.shape)
    rows, cols = value.shape[-2:]
    lead, square = index[:-2], min(LARGEST_SQUARE, BAND // rows)
    sheet.head(
        teller.idea(call, "idea"),
        "Each number by itself, all by the same rule. Without such a bend, two layers could be replaced by one.",
    )
    titles, labels = sheet.row(22), sheet.row(12)
    first = sheet.rows(max(rows, 2 * (ceil(NOTE / square) + ceil(BOX / square))), square)
    below, worked = sheet.row(26), sheet.row(28)
    left = sheet.col(14)
    before = sheet.at(first, sheet.cols(cols, square), rows, cols)
    middle = sheet.col(110)
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
    sheet.say(first + rows // 2, middle, "→", "arrow", height=ceil(NOTE / square))
    sheet.say(first + rows // 2 - 1, middle, call.forward_math.removeprefix("y = ")[:18], "middle")
    sheet.say(below, before.col, joined(COUNTIF(before, "<0"), f" of {rows * cols} numbers here are below 0"), "note")
    sheet.col(40)
    _examples(sheet, teller, value, index, (before, after), first, worked)


def _map(teller: Teller, value: Value, index: Index) -> str:
    lead, has_rows, _ = teller.places(value, index).partition(", row")
    return f", {lead}" if has_rows else ""


def _examples(
    sheet: StepSheet,
    teller: Teller,
    value: Value,
    index: Index,
    maps: tuple[Reference, Reference],
    first: int,
    worked: int,
) -> None:
    """Draw two numbers of the map: that of the thread, and one of the other sign, each by its row and its column."""
    read = next(each for each in teller.elements.makers[value].inputs if each.shape == value.shape)
    data = np.asarray(read.data, dtype=np.float64)[index[:-2]]
    here = index[-2:]
    call = teller.elements.makers[value]
    said, stopped = first_sentence(call), teller.counterexample(call, read)
    sign = -1 if data[here] > 0 else 1
    other = stopped[-2:] if stopped else np.unravel_index(int(np.argmax(sign * data)), data.shape)
    before, after = maps
    row_col, col_col, _ = sheet.col(60), sheet.col(60), sheet.col(16)
    shown, arrow, result = sheet.col(104), sheet.col(40), sheet.col(104)
    check = sheet.col(30)
    sheet.col(80)
    square = min(LARGEST_SQUARE, BAND // before.height)
    note, height = ceil(NOTE / square), ceil(BOX / square)
    ours = "the number we follow" if teller.thread.get(value) == index else "a number"
    step, parts = max(note + height, before.height // 2), list[OperandLike]()
    for k, (at, text) in enumerate(((here, ours), (tuple(map(int, other)), "and one of the other sign"))):
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
        for area in maps:
            sheet.frame_place(area, down, right)
        parts += [spelled(number), " becomes ", spelled(made), "; " if k == 0 else f". {said}"]
    sheet.write_out(worked, *parts)


def _network_number(
    teller: Teller, value: Value, index: Index, after: Reference, place: tuple[Reference, Reference]
) -> Expression:
    """Return the network's own number at a place of the map; the sheet's one if the network's cells lie otherwise."""
    down, right = after.height - 1, after.width - 1
    first, beside, below, last = (
        teller.value(value, (*index[:-2], *at)) for at in ((0, 0), (0, right), (down, 0), (down, right))
    )
    size = last.row - first.row + 1, last.col - first.col + 1
    if size == (after.width, after.height) and beside.col == first.col:  # its rows lie in columns
        return INDEX(first.to(last).fixed, *reversed(place))
    lies_alike = size == (after.height, after.width) and below.col == first.col
    return INDEX((first.to(last) if lies_alike else after).fixed, *place)


def _rule(teller: Teller, value: Value, read: Value, index: Index, number: Reference) -> Expression:
    return moved(teller.elements.formula(value, index), {teller.value(read, index): number})
