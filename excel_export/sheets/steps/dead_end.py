"""A dead end: a gradient arrives, the slope is 0, and nothing passes; beside it the way that is open.

arrives     ×   slope   =   passes          class   from the open way   from here   together
0.0519      ×     0     =     0             0           0.0000             0         0.0000
"""

from __future__ import annotations

from itertools import islice, pairwise

from excel_export.formulas import Index, OperandLike, joined
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps.step_sheet import StepSheet, spelled
from excel_export.sheets.steps.teller import Teller, indices_of
from excel_export.views.thread import followed

ROW, MOST, LINES = 24, 12, 9


def draw(sheet: StepSheet, teller: Teller, call: Call) -> None:
    """Draw the end, and the numbers behind it that get their gradient by another way."""
    arriving, jump, behind = _ends(teller, call)
    name = jump.operator.name.replace("argmax", "arg-max").replace("_", "-")
    sheet.head(
        f"{name[:1].upper()}{name[1:]} is a dead end: what arrives there teaches nothing before it",
        f"A small nudge to a number leaves what {name} says as it is. So its slope is 0.",
    )
    titles = sheet.row(44)
    count = min(behind.data.size, MOST)
    first = sheet.rows(max(count, LINES), ROW)
    worked = sheet.row(30)
    left = sheet.col(210)
    sheet.col(70)
    label, other, plus, here, equals, both, check = (sheet.col(pixels) for pixels in (90, 170, 34, 170, 34, 150, 26))
    sheet.col(90)
    lines: tuple[tuple[str, OperandLike, str], ...] = (
        (f"arrives at {jump.outputs[0].called}", teller.gradient(arriving), "result"),
        (f"slope of {name}", 0, "whole"),
        ("passes on", sheet.at(first + 1, left) * sheet.at(first + 4, left), "result"),
    )
    sheet.aside = teller.index(indices_of(behind)[0])
    for k, (text, formula, style) in enumerate(lines):
        sheet.say(first + 3 * k, left, text, "note")
        sheet.number(first + 3 * k + 1, left, formula, style, height=2)
    passes = sheet.at(first + 7, left).fixed
    sheet.say(titles, label, "class" if behind in teller.scores else "number", "middle")
    open_call = next((each for each in teller.elements.readers[behind] if each is not jump), None)
    sheet.say(titles, other, f"from {open_call.outputs[0].called}" if open_call else "from elsewhere", "middle")
    sheet.say(titles, here, f"by {name}", "middle")
    sheet.say(titles, both, "∂L/∂ score" if behind in teller.scores else "together", "middle")
    for k, at in enumerate(indices_of(behind)[:count]):
        row = first + k
        sheet.canvas.put(row, label, k if behind in teller.scores else k + 1, "story_label")
        way = _open_way(teller, open_call, behind, at)
        a = sheet.number(row, other, way)
        b = sheet.number(row, here, passes.cells)
        sheet.say_all(row, {plus: "+", equals: "="}, "center")
        result = sheet.number(row, both, a + b, "strong")
        sheet.check(row, check, result, teller.gradient(behind, at))
    sheet.colour(sheet.at(first, both, count), is_grad=True)
    a, b, p = (sheet.at(first + k, left) for k in (1, 4, 7))
    sheet.write_out(worked, spelled(a), " × ", b, " = ", spelled(p), ": only the other way teaches")
    sheet.add_note(22, _came(teller, arriving))


def _ends(teller: Teller, call: Call) -> tuple[Value, Call, Value]:
    """Where a gradient arrives last; the call that jumps; and the numbers behind it, which have a gradient again."""
    arriving = call.outputs[0]
    jump, value = call, call.inputs[0]
    while value.data.size == 1 and value in teller.elements.makers:
        jump = teller.elements.makers[value]
        value = jump.inputs[0]
        if value.gradient is not None and value.gradient.any():
            break
    return arriving, jump, value


def _came(teller: Teller, value: Value) -> OperandLike:
    """By which steps a gradient has come back, from the loss that it began at."""
    passed = (
        bead for before, bead in pairwise(followed(teller.elements, value, (0,) * len(value.shape)))
        if before.through and not (bead.through and bead.through.operator.only_moves)
    )  # fmt: skip
    names: list[OperandLike] = [
        joined(f"{bead.value.called} ", spelled(teller.gradient(bead.value, bead.index)))
        for bead in islice(passed, MOST)
    ]
    way = list(reversed(names[:-1])) if len(names) > 1 else names
    parts = [part for name in way for part in (name, ", ")][:-1]
    return joined("What arrives has come back by ", *parts, ".") if way else ""


def _open_way(teller: Teller, call: Call | None, value: Value, index: Index) -> OperandLike:
    """What the other call passes on to an element: as its own sheet shows it, or by its formula; 0 where there is none."""
    if call and (drawn := teller.results.get(teller.key_of(call, index))):
        return drawn
    gains = teller.elements.gains(call, value) if call else None
    return 0 if gains is None else gains.element(index)
