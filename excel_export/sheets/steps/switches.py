"""Steps that let some gradients through and stop others, as a pool and ReLU: on the numbers of the way there.

max pool              number    arrives       slope   passes on     the way there      the way back
row 3, column 11      3.1725    0.3238    ×     1   =   0.3238      3.1725  1.0230     0.3238  0
row 3, column 12      1.0230    0.3238    ×     0   =   0           0       0.2232     0       0

Where a layer lies between two of them, its part stands there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from excel_export.formulas import Expression, Index, OperandLike, Reference, equal
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import between
from excel_export.sheets.steps.ideas import idea_of
from excel_export.sheets.steps.step_sheet import StepSheet, bracketed, spelled
from excel_export.sheets.steps.teller import Teller
from excel_export.views.elements import GRADIENT, Element
from excel_export.views.story import has_one_share
from excel_export.views.terms import is_switch
from excel_export.workbook.calibri import text_width

MOST_CALLS, MOST_ROWS, BESIDE = 3, 4, 2
"""The most calls that are drawn, and the most numbers of each; and how many these are where one stands beside ours."""
ROW, LOW, SQUARE = 29, 22, 62
"""The pixels of a row, of one where a layer is between, and of a number of a window."""


def draw(sheet: StepSheet, teller: Teller, calls: Sequence[Call]) -> None:
    """Draw what each of the calls passes back, at the element of the thread and at a few beside it."""
    calls = calls[:MOST_CALLS]
    layer = between.find(teller, calls)
    if layer:
        k = next(k for k, call in enumerate(calls) if layer.value in call.outputs)
        calls = calls[max(0, k - 1) : k + 1]
    names = [idea_of(call, "tab").replace("pool", "the pool") for call in calls]
    named = " and ".join(dict.fromkeys(names))
    if all(_switches(teller, call) for call in calls):
        idea = f"Back through {named}: only what counted gets a gradient"
        said = "The gradient that arrives, times the slope: 1 for a number that passed on the way there, 0 for one that was left out."
    else:
        idea = f"Back through {named}: the gradient that arrives, times the slope there"
        said = "The slope says how fast the result grows with the number. Where the function is flat, little passes on."
    sheet.head(idea, said)
    titles, height = sheet.row(24), LOW if layer else ROW
    cols = _SwitchColumns(*(sheet.col(pixels) for pixels in (332, 80, 80, 86, 22, 64, 22, 88, 24)))
    sheet.col(62)
    heads = {
        cols.number: "number", cols.becomes: "comes out", cols.arrives: "∂L/∂ arrives", cols.slope: "slope",
        cols.made: "∂L/∂ number",
    }  # fmt: skip
    sheet.say_all(titles, {} if layer and layer.value in calls[0].outputs else heads, "middle")
    written: list[OperandLike] = []
    for call in calls:
        is_behind = layer is not None and layer.value in call.outputs
        if layer and is_behind:
            first = sheet.last_row + 2
            written = between.draw(sheet, teller, layer, cols)
        ours = _draw_call(sheet, teller, call, cols, height, heads if is_behind else {}, is_last=call is calls[-1])
        if not written and not layer:
            written = ours
        if is_behind and sheet.last_row == first + between.LINES + BESIDE:
            written += [".  ", spelled(sheet.at(sheet.last_row, cols.arrives)), " is such a sum, too"]
    if written:
        sheet.write_out(sheet.row(26), *written)
    if layer:
        # A window may stand below it where it is the first.
        lines = between.LINES if layer.value in calls[0].outputs else sheet.last_row - first + 1
        between.draw_first_in_full(sheet, teller, layer, sheet.at(first, cols.arrives), cols.check + 2, lines)


class _SwitchColumns(NamedTuple):
    label: int
    number: int
    becomes: int
    arrives: int
    times: int
    slope: int
    equals: int
    made: int
    check: int


def _draw_call(
    sheet: StepSheet, teller: Teller, call: Call, cols: _SwitchColumns, height: int, heads: Mapping[int, str], *,
    is_last: bool,
) -> list[OperandLike]:  # fmt: skip
    """Draw what a call passes back; return the line of the number that the story follows, with its numbers."""
    read = _read(teller, call)
    heading, window = sheet.row(height), dict[Index, tuple[Reference, Reference, Reference]]()
    written: list[OperandLike] = []
    is_switch_there = _switches(teller, call)
    idea = teller.idea(call, "back")
    sheet.say(heading, cols.label, idea, "head")
    fits = text_width(idea, 11, bold=True) < sheet.pixels(cols.label) - 4
    sheet.say_all(heading, {col: head for col, head in heads.items() if fits or col >= cols.arrives}, "middle")
    for at in _shown(teller, call, read):
        to, factor = _way(teller, call, read, at)
        if to is None:
            continue
        row = sheet.row(height)
        sheet.say(row, cols.label, teller.called(read, at), "right")
        here = sheet.number(row, cols.number, teller.operand(read, at))
        out = sheet.number(row, cols.becomes, teller.operand(to.value, to.index))
        places = {teller.value(read, at): here, teller.value(to.value, to.index): out}
        formula = factor if not isinstance(factor, Expression) else moved(factor, places)
        a = sheet.number(row, cols.arrives, teller.gradient(to.value, to.index))
        b = sheet.number(row, cols.slope, formula, "whole" if is_switch_there else "number")
        sheet.say_all(row, {cols.times: "×", cols.equals: "="}, "center")
        is_ours = teller.thread.get(read) == at
        result = sheet.number(row, cols.made, a * b, "strong_box" if is_ours and is_last else "strong")
        if len(teller.elements.readers[read]) == 1:
            sheet.check(row, cols.check, result, teller.gradient(read, at))
        window[at] = here, result, out
        by = b if is_switch_there else bracketed(b)
        written = written or [spelled(a), " × ", by, " = ", spelled(result), ": the number we follow"]
    _draw_window(sheet, heading, cols.check + 2, read, window)
    return written


def _draw_window(
    sheet: StepSheet, row: int, behind: int, read: Value, window: Mapping[Index, tuple[Reference, Reference, Reference]]
) -> None:
    """Draw the numbers of a window where they lie, in columns from `behind` on, and beside them their gradients."""
    rows, cols = (sorted({at[axis] for at in window}) if read.data.ndim > 1 else [] for axis in (-2, -1))
    if len(rows) < 2 or len(cols) < 2 or len(rows) * len(cols) != len(window):
        return
    squares = [SQUARE] * len(cols)
    label, *found = (col for col, _ in sheet.slots(behind, 20, *squares, 20, *squares))
    starts = found[0], found[len(cols) + 1]
    for at, cells in window.items():
        down, right = rows.index(at[-2]), cols.index(at[-1])
        sheet.canvas.put(row + 1 + down, label, at[-2] + 1, "story_axis_large")
        for first, cell in zip(starts, cells, strict=False):
            sheet.number(row + 1 + down, first + right, cell.cells)
            sheet.canvas.put(row + 1 + len(rows), first + right, at[-1] + 1, "story_axis_large")
    there, back = (sheet.at(row + 1, first, len(rows), len(cols)) for first in starts)
    for area, text in ((there, "the numbers there"), (back, "their gradients")):
        sheet.say(row, area.col, text, "middle_small", width=len(cols))
        sheet.colour(area, is_grad=area is back)
        sheet.frame(area, equal(there.at(0), next(iter(window.values()))[2].fixed))
    sheet.say(row + 2 + len(rows), label, "framed: the one that came out; others had no effect", "note_small")


def _shown(teller: Teller, call: Call, read: Value) -> list[Index]:
    """The thread's element, and others: those of the same window, or one that is stopped."""
    at = teller.thread.get(read, (0,) * len(read.shape))
    made = teller.thread.get(call.outputs[0])
    if made is None:
        return [at]
    account = teller.elements.forward(call.outputs[0], made)
    window = [
        element.index for term in account.terms if (element := teller.elements.at(term.cell)) and element.value is read
    ]
    if len(window) > 1:
        window = [index for index in window if index == at or has_one_share(teller.elements, read, index)]
        return sorted(dict.fromkeys(window[:MOST_ROWS]), key=lambda index: index != at)
    stopped = teller.counterexample(call, read)
    return [at, stopped] if stopped else [at]


def _way(teller: Teller, call: Call, read: Value, index: Index) -> tuple[Element | None, OperandLike]:
    """The only result that an element goes into, and the slope; None where there are several, or none."""
    account = teller.elements.backward(call, read, index)
    terms = account.shares if account else ()
    to = teller.elements.at(terms[0].cell) if len(terms) == 1 else None
    if to is None or to.part != GRADIENT:
        return None, 0
    return to, 1 if terms[0].factor is None else terms[0].factor


def _read(teller: Teller, call: Call) -> Value:
    """What a call reads of the thread; of none, the first number that is computed."""
    read = [each for each in call.inputs if each.kind == "intermediate"]
    return next((each for each in read if each in teller.thread), read[0])


def _switches(teller: Teller, call: Call) -> bool:
    """Whether all slopes of a call are 1 or 0."""
    read = _read(teller, call)
    account = teller.elements.backward(call, read, teller.thread.get(read, (0,) * len(read.shape)))
    factors = [term.factor for term in account.terms] if account else []
    return bool(factors) and all(isinstance(factor, Expression) and is_switch(factor) for factor in factors)
