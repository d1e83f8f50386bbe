"""Calls that pass some gradients on and stop others, as a pool and ReLU: by the numbers of the forward pass.

ReLU                  number    comes out    ∂L/∂ arrives       slope   ∂L/∂ number
row 4, column 6       0.8450      0.8450        0.1876      ×     1   =   0.1876
row 5, column 7      −5.9722      0             0.0963      ×     0   =   0

A pool's numbers are drawn where they lie (`window_back`). Below a layer through which the gradient comes back, each
call is a line: back through ReLU, where −5.9722 became 0:  0.0963  ×  0  =  0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from excel_export.formulas import Expression, Index, OperandLike, Reference, joined
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import layers_between, window_back
from excel_export.sheets.steps.ideas import idea_of
from excel_export.sheets.steps.step_sheet import StepSheet, bracketed, spelled
from excel_export.sheets.steps.teller import Teller, number_of
from excel_export.views.elements import GRADIENT, VALUE, Element
from excel_export.views.story import has_one_share
from excel_export.views.terms import is_switch

MOST_CALLS = 3
"""The most calls that are drawn."""
MOST_ROWS = 4
"""The most numbers of each call."""
MOST_LINES = 2
"""The most lines of a call that is drawn below a layer."""
ROW = 29
"""The height of a row, in pixels."""
GAP = 10
"""The space below the layers between, in pixels."""
LINE = 22
"""The height of a line below a layer, in pixels."""
LINE_OF = (380, 80, 22, 50, 22, 80, 22, 70)
"""The pixels of a label, a gradient, ×, its slope, =, the product, ✓ and the network's own number."""


def draw(sheet: StepSheet, teller: Teller, calls: Sequence[Call]) -> None:
    """Draw the gradients that each of the calls passes back, at the element of the thread and at a few beside it."""
    calls = calls[:MOST_CALLS]
    names = [idea_of(call, "tab").replace("pool", "the pool") for call in calls]
    named = " and ".join(dict.fromkeys(names))
    if all(_switches(teller, call) for call in calls):
        idea = f"Back through {named}: only what counted gets a gradient"
        said = "The gradient that arrives, times the slope: 1 for a number that passed on the way there, 0 for one that was left out."
    else:
        idea = f"Back through {named}: the gradient that arrives, times the slope there"
        said = "The slope says how fast the result grows with the number. Where the function is flat, little passes on."
    sheet.head(idea, said)
    window = _window(teller, calls[0])
    if window:
        written = _draw_window(sheet, teller, window)
        draw_lines(sheet, teller, calls[1:])
    else:
        written = _draw_rows(sheet, teller, calls)
    if written:
        sheet.write_out(sheet.row(26), *written)


def _window(teller: Teller, call: Call) -> window_back.WindowBack | None:
    """Return the window from which a call takes the thread's number, if its numbers go nowhere else; else None."""
    return window_back.find(_input_of(teller, call), _ways(teller, call))


def _draw_window(sheet: StepSheet, teller: Teller, window: window_back.WindowBack) -> list[OperandLike]:
    """Draw a window, and above it the layers by which the gradient has come, if these have no sheet; return a line."""
    value, index = window.to.value, window.to.index
    layers = layers_between.back(teller, Element(value, VALUE, index))
    title = sheet.row(24) if layers else 0
    above = sheet.rows(1 + len(layers), layers_between.ROW) if layers else 0
    if layers:
        sheet.row(GAP)
    first = sheet.rows(window.lines, ROW)
    said = f"{teller.called(value, index)}: what was under the window"
    written = window_back.draw(sheet, teller, window, first, said)
    if layers:
        layers_between.draw(sheet, teller, layers, above, 2, layers_between.HEADS_BACK)
        like = teller.like_back()
        text = f"On the way here: a gradient of each layer between, worked out like sheet {number_of(like)}."
        sheet.link(sheet.at(title, 2), Reference(like, 1, 1), text, "more")
    return written


def _draw_rows(sheet: StepSheet, teller: Teller, calls: Sequence[Call]) -> list[OperandLike]:
    """Draw the gradients that calls pass back, a row for each; return the line of the number that the story follows."""
    titles = sheet.row(24)
    cols = _SwitchColumns(*(sheet.col(pixels) for pixels in (332, 80, 80, 86, 22, 64, 22, 88, 24)))
    sheet.col(62)
    heads = {
        cols.number: "number", cols.becomes: "comes out", cols.arrives: "∂L/∂ arrives", cols.slope: "slope",
        cols.product: "∂L/∂ number",
    }  # fmt: skip
    sheet.say_all(titles, heads, "middle")
    written: list[OperandLike] = []
    for call in calls:
        ours = _draw_call(sheet, teller, call, cols, is_last=call is calls[-1])
        written = written or ours
    return written


def draw_lines(sheet: StepSheet, teller: Teller, calls: Sequence[Call]) -> None:
    """Draw the gradient that each of the calls passes back, a line for each, below the layer behind them.

    For a single call there is a second line, with a number that it stops.
    """
    for call in calls[:MOST_CALLS]:
        read, name = _input_of(teller, call), idea_of(call, "tab")
        style = "whole" if _switches(teller, call) else "number"
        shown = [*_ways(teller, call).items()][: 1 if len(calls) > 1 else MOST_LINES]
        for at, (to, factor) in shown:
            row = sheet.row(LINE)
            label, arrives, times, slope, equals, made, check, own = sheet.slots(2, *LINE_OF)
            number, out = teller.operand(read, at), teller.operand(to.value, to.index)
            said = joined(f"back through {name}, where ", spelled(number), " became ", spelled(out), ":")
            sheet.say(row, label[0], said, "right", width=label[1])
            arriving = teller.gradient(to.value, to.index)
            a = sheet.number(row, arrives[0], sheet.results.get(arriving.plain, arriving), width=arrives[1])
            b = sheet.number(row, slope[0], factor, style, width=slope[1])
            for (col, width), sign in ((times, "×"), (equals, "=")):
                sheet.say(row, col, sign, "center", width=width)
            result = sheet.number(row, made[0], a * b, "strong", width=made[1])
            sheet.check(row, check[0], result, teller.gradient(read, at), width=check[1], room=own[1])


class _SwitchColumns(NamedTuple):
    label: int
    number: int
    becomes: int
    arrives: int
    times: int
    slope: int
    equals: int
    product: int
    check: int


def _draw_call(
    sheet: StepSheet, teller: Teller, call: Call, cols: _SwitchColumns, *, is_last: bool
) -> list[OperandLike]:
    """Draw the gradients that a call passes back; return the line of the number that the story follows."""
    read = _input_of(teller, call)
    heading = sheet.row(ROW)
    written: list[OperandLike] = []
    is_switch_there = _switches(teller, call)
    sheet.say(heading, cols.label, teller.idea(call, "back"), "head")
    for at, (to, factor) in _ways(teller, call).items():
        row = sheet.row(ROW)
        sheet.say(row, cols.label, teller.called(read, at), "right")
        here = sheet.number(row, cols.number, teller.operand(read, at))
        out = sheet.number(row, cols.becomes, teller.operand(to.value, to.index))
        places = {teller.value(read, at): here, teller.value(to.value, to.index): out}
        formula = factor if not isinstance(factor, Expression) else moved(factor, places)
        a = sheet.number(row, cols.arrives, teller.gradient(to.value, to.index))
        b = sheet.number(row, cols.slope, formula, "whole" if is_switch_there else "number")
        sheet.say_all(row, {cols.times: "×", cols.equals: "="}, "center")
        is_ours = teller.thread.get(read) == at
        result = sheet.number(row, cols.product, a * b, "strong_box" if is_ours and is_last else "strong")
        if len(teller.elements.readers[read]) == 1:
            sheet.check(row, cols.check, result, teller.gradient(read, at))
        by = b if is_switch_there else bracketed(b)
        written = written or [spelled(a), " × ", by, " = ", spelled(result), ": the number we follow"]
    return written


def _indices(teller: Teller, call: Call, read: Value) -> list[Index]:
    """Return the thread's element, and others: those of the same window, or one that is stopped."""
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


def _ways(teller: Teller, call: Call) -> dict[Index, tuple[Element, OperandLike]]:
    """Return the elements that are shown, each with the gradient of the only result that reads it, and the slope."""
    read = _input_of(teller, call)
    found = {at: _way(teller, call, read, at) for at in _indices(teller, call, read)}
    return {at: (to, slope) for at, (to, slope) in found.items() if to}


def _way(teller: Teller, call: Call, read: Value, index: Index) -> tuple[Element | None, OperandLike]:
    """Return the gradient of the only result that reads an element, and the slope; None and 0 for several results, or
    none.
    """
    account = teller.elements.backward(call, read, index)
    terms = account.shares if account else ()
    to = teller.elements.at(terms[0].cell) if len(terms) == 1 else None
    if to is None or to.part != GRADIENT:
        return None, 0
    return to, 1 if terms[0].factor is None else terms[0].factor


def _input_of(teller: Teller, call: Call) -> Value:
    """Return the input of a call that is on the thread; if none is, the first computed input."""
    read = [each for each in call.inputs if each.kind == "intermediate"]
    return next((each for each in read if each in teller.thread), read[0])


def _switches(teller: Teller, call: Call) -> bool:
    read = _input_of(teller, call)
    account = teller.elements.backward(call, read, teller.thread.get(read, (0,) * len(read.shape)))
    factors = [term.factor for term in account.terms] if account else []
    return bool(factors) and all(isinstance(factor, Expression) and is_switch(factor) for factor in factors)
