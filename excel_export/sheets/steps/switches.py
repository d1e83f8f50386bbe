"""Calls that pass some gradients on and stop others, as a pool and ReLU: by the numbers of the forward pass.

                                                      incoming g        slope   passes on
back through ReLU, where  0.8450 became 0.8450: gradient   0.1876    ×     1   =   0.1876
back through ReLU, where −5.9722 became 0     : gradient   0.0963    ×     0   =   0

A pool's numbers are drawn where they lie (`window_back`).
"""

from __future__ import annotations

from collections.abc import Sequence

from excel_export.formulas import IF, Expression, Index, OperandLike, Reference, as_expression, joined
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import layers_between, window_back
from excel_export.sheets.steps.ideas import idea_of, spoken
from excel_export.sheets.steps.step_sheet import HEIGHT, MARGIN, WIDTH, StepSheet, bracketed, spelled
from excel_export.sheets.steps.teller import Teller, number_of
from excel_export.sheets.steps.written import equals, sum_as_shown
from excel_export.views.elements import GRADIENT, VALUE, Element
from excel_export.views.story import has_one_share
from excel_export.views.terms import is_switch
from excel_export.workbook.calibri import text_width

MOST_CALLS = 3
"""The most calls that are drawn."""
MOST_ROWS = 4
"""The most numbers of each call."""
MOST_LINES = 2
"""The most lines of a call that is drawn below a layer."""
ROW = 29
"""The height of a row, in pixels."""
GAP = 10
"""The space above the layers between, in pixels."""
LINE = 22
"""The height of a line below a layer, in pixels."""
REST = (80, 22, 64, 22, 80, 22, 66)
"""The pixels of a gradient, ×, its slope, =, the product, ✓ and the network's own number."""
BESIDE = (22, 36, 110, 26, 100, 22, 66)
"""The pixels beside a sum: ×, the slope, why, =, the product, ✓ and the network's own number."""
LABEL = 380
"""The pixels of the words before them, below a layer."""
WORDS = (190, 70, 58, 70, 78)
"""The pixels of a label, a number, a word, what became of the number, and a word, on a sheet of their own."""


def draw(sheet: StepSheet, teller: Teller, calls: Sequence[Call]) -> None:
    """Draw the gradients that each of the calls, such as ReLU and a pool, passes back: at the element that the story
    follows, and at a few beside it.
    """
    calls = calls[:MOST_CALLS]
    names = [spoken(call) for call in calls]
    named = " and ".join(dict.fromkeys(names))
    if all(_switches(teller, call) for call in calls):
        idea = f"Back through {named}: only what was kept gets a gradient"
        said = "The incoming gradient is multiplied by the slope: 1 for a number that was passed on, 0 for one that was not."
    else:
        idea = f"Back through {named}: the incoming gradient times the local slope"
        said = "The slope says how fast the output grows with the input. Where the function is flat, little gradient gets through."
    sheet.head(idea, said)
    window = window_back.find(_input_of(teller, calls[0]), _ways(teller, calls[0]))
    if window:
        said = f"{teller.called(window.to.value, window.to.index)}: the numbers in its window"
        written = window_back.draw(sheet, teller, window, sheet.rows(window.lines, ROW), said)
        draw_lines(sheet, teller, calls[1:])
    else:
        written = draw_lines(sheet, teller, calls, alone=True)
    if written:
        sheet.write_out(sheet.row(26), *written)
    if window:
        _draw_layers(sheet, teller, window.to)


def _draw_layers(sheet: StepSheet, teller: Teller, to: Element) -> None:
    """Draw the layers by which a gradient has come, those without a sheet, as far as there is room below."""
    used = sum(sheet.canvas.heights.values()) / 0.75 + GAP + 2 * layers_between.ROW
    most = int(HEIGHT - used) // (layers_between.ROW + layers_between.LINE)
    layers = layers_between.back(teller, Element(to.value, VALUE, to.index))[-most:] if most > 0 else ()
    if not layers:
        return
    sheet.row(GAP)
    title, first = sheet.rows(2, layers_between.ROW), sheet.last_row
    for _ in layers:
        sheet.row(layers_between.ROW)
        sheet.row(layers_between.LINE)
    layers_between.draw(sheet, teller, layers, first, 2, layers_between.HEADS_BACK)
    like = teller.like_back()
    text = f"First, the intermediate gradients are computed as on sheet {number_of(like)}."
    sheet.link(sheet.at(title, 2), Reference(like, 1, 1), text, "more")


def draw_lines(sheet: StepSheet, teller: Teller, calls: Sequence[Call], *, alone: bool = False) -> list[OperandLike]:
    """Draw the gradient that each of the calls passes back, as lines, and return the first line as parts of a text:
    ['0.1876', ' × ', 1, ' = ', '0.1876', ': the number we follow'], with formulas for numbers; [] without a line.

    Below a layer there are two lines for a single call, the second with a number that it stops, and one for each of
    several. If they stand `alone` on a sheet, there are up to four for each, and each number has a cell of its own.
    """
    written: list[OperandLike] = []
    most = MOST_ROWS if alone else MOST_LINES if len(calls) == 1 else 1
    for call in calls[:MOST_CALLS]:
        read, said = _input_of(teller, call), f"back through {idea_of(call, 'tab')}, where "
        is_switch_there = _switches(teller, call)
        for at, (to, factor) in [*_ways(teller, call).items()][:most]:
            row = sheet.row(ROW if alone else LINE)
            *words, arrives, times, slope, gives, made, check, own = sheet.slots(2, *WORDS * alone or (LABEL,), *REST)
            number, out = teller.operand(read, at), teller.operand(to.value, to.index)
            if alone:
                cells = [
                    sheet.number(row, col, each) for (col, _), each in zip(words[1:4:2], (number, out), strict=True)
                ]
                places = dict(zip((teller.value(read, at), teller.value(to.value, to.index)), cells, strict=True))
                factor = moved(factor, places) if isinstance(factor, Expression) else factor
                for (col, _), text in zip(words[::2], (said, "became", ": gradient"), strict=True):
                    sheet.say(row, col, text, "right")
            else:
                whole = joined(said, spelled(number), " became ", spelled(out), ":")
                sheet.say(row, words[0][0], whole, "right", width=words[0][1])
            arriving = teller.gradient(to.value, to.index)
            a = sheet.number(row, arrives[0], sheet.results.get(arriving.plain, arriving), width=arrives[1])
            b = sheet.number(row, slope[0], factor, "whole" if is_switch_there else "number", width=slope[1])
            for (col, width), sign in ((times, "×"), (gives, "=")):
                sheet.say(row, col, sign, "center", width=width)
            result = sheet.number(row, made[0], a * b, "strong", width=made[1])
            if len(teller.elements.readers[read]) == 1:
                sheet.check(row, check[0], result, teller.gradient(read, at), width=check[1], room=own[1])
            same = equals(sum_as_shown([(a, b)]), result)
            by = b if is_switch_there else bracketed(b)
            written = written or [spelled(a), " × ", by, same, spelled(result), ": the number we follow"]
    return written


def draw_beside(sheet: StepSheet, teller: Teller, call: Call, place: tuple[int, int]) -> int:
    """Draw what a call makes of a gradient, behind it: × 1, ReLU: 0.8450 > 0, = 0.1876; return the next free column.

    `place` is the row, and the column behind the gradient.
    """
    (row, first), read = place, _input_of(teller, call)
    at, (to, factor) = next(iter(_ways(teller, call).items()))
    times, slope, why, gives, made, check, own = sheet.slots(first, *BESIDE)
    for (col, width), sign in ((times, "×"), (gives, "=")):
        sheet.say(row, col, sign, "sign", width=width)
    arriving, number = teller.gradient(to.value, to.index), as_expression(teller.operand(read, at))
    b = sheet.number(row, slope[0], factor, "whole" if _switches(teller, call) else "number", width=slope[1])
    is_relu = call.kind == "relu"
    became = [" became ", spelled(teller.operand(to.value, to.index))]
    words = [IF(number > 0, " > 0", " ≤ 0")] if is_relu else became
    sheet.say(row, why[0], joined(f"{idea_of(call, 'tab')}: ", spelled(number), *words), "center", width=why[1])
    result = sheet.number(row, made[0], sheet.results.get(arriving.plain, arriving) * b, "result", width=made[1])
    sheet.check(row, check[0], result, teller.gradient(read, at), width=check[1], room=own[1])
    return sum(own)


def name_beside(sheet: StepSheet, place: tuple[int, int], name: str) -> None:
    """Write '→  name', the name of a result, into the row and column `place`, (7, 12), if it ends on the sheet."""
    row, col = place
    left = sheet.width - sum(map(sheet.pixels_of, range(col, sheet.last_col + 1)))
    if left + text_width(said := f"→  {name}", 12, bold=True) <= WIDTH - MARGIN:
        sheet.say(row, sheet.slots(col, 1)[0][0], said, "left")


def _indices(teller: Teller, call: Call, read: Value) -> list[Index]:
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
    read = _input_of(teller, call)
    found = {at: _way(teller, call, read, at) for at in _indices(teller, call, read)}
    return {at: (to, slope) for at, (to, slope) in found.items() if to}


def _way(teller: Teller, call: Call, read: Value, index: Index) -> tuple[Element | None, OperandLike]:
    """Return the gradient of the only result that reads an element, and the slope; None and 0 for others."""
    account = teller.elements.backward(call, read, index)
    terms = account.shares if account else ()
    to = teller.elements.at(terms[0].cell) if len(terms) == 1 else None
    if to is None or to.part != GRADIENT:
        return None, 0
    return to, 1 if terms[0].factor is None else terms[0].factor


def _input_of(teller: Teller, call: Call) -> Value:
    read = [each for each in call.inputs if each.kind == "intermediate"]
    return next((each for each in read if each in teller.thread), read[0])


def _switches(teller: Teller, call: Call) -> bool:
    read = _input_of(teller, call)
    account = teller.elements.backward(call, read, teller.thread.get(read, (0,) * len(read.shape)))
    factors = [term.factor for term in account.terms] if account else []
    return bool(factors) and all(isinstance(factor, Expression) and is_switch(factor) for factor in factors)
