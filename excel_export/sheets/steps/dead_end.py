"""A dead end: a gradient arrives, the slope is 0, and nothing passes; beside it the way that is open.

arrives     ×   slope   =   passes          class   from the open way   from here   together
0.0519      ×     0     =     0             0           0.0000             0         0.0000
"""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np

from excel_export.formulas import MAX, Index, OperandLike, Reference, joined
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import sources
from excel_export.sheets.steps.step_sheet import EXACTLY, STOP, StepSheet, spelled
from excel_export.sheets.steps.teller import Teller, indices_of
from excel_export.views.story import has_weights, largest
from excel_export.views.thread import followed
from excel_export.workbook.calibri import shortened

ROW, MOST, LINES, MOST_PASSED = 23, 11, 9, 4
"""The pixels of a row, how many numbers have one, how many rows there are at least, and the steps that are named."""


def draw(sheet: StepSheet, teller: Teller, call: Call) -> None:
    """Draw the end, and the numbers behind it that get their gradient by another way."""
    arriving, jump, behind = _ends(teller, call)
    name = jump.operator.name.replace("argmax", "arg-max").replace("_", "-")
    why = f"A small nudge to a number leaves what {name} says as it is. So its slope is 0."
    if name == "detach":
        why = "Who wrote the network wants no gradient here: what is detached counts as given, as if its slope were 0."
    sheet.head(f"{name[:1].upper()}{name[1:]} is a dead end: what arrives there teaches nothing before it", why)
    at, places = largest(arriving, of_gradient=True), indices_of(behind)
    if len(places) > MOST and behind.shape == arriving.shape:
        places = [(*at[:-1], k) for k in range(behind.shape[-1])]
    titles = sheet.row(26)
    count = min(len(places), MOST)
    first = sheet.rows(max(count, LINES), ROW)
    worked = sheet.row(28)
    left = sheet.col(210)
    sheet.col(70)
    label, other, plus, here, equals, both, check = (sheet.col(pixels) for pixels in (90, 170, 34, 170, 34, 150, 26))
    sheet.col(90)
    lines: tuple[tuple[str, OperandLike, str], ...] = (
        (f"arrives at {shortened(jump.outputs[0].called, 130, 11)}", teller.gradient(arriving, at), "result"),
        (f"slope of {name}: {STOP}", 0, "whole"),
        ("passes on", sheet.at(first + 1, left) * sheet.at(first + 4, left), "result"),
    )
    for k, (text, formula, style) in enumerate(lines):
        sheet.say(first + 3 * k, left, text, "note")
        sheet.number(first + 3 * k + 1, left, formula, style, height=2)
    passes = sheet.at(first + 7, left).fixed
    sheet.say(titles, label, "class" if behind in teller.scores else "number", "middle")
    open_call = next((each for each in teller.elements.readers[behind] if each is not jump), None)
    head = f"from {open_call.outputs[0].called}" if open_call else "from elsewhere"
    head = sources.with_sheet(teller, head, [teller.gradient(behind, place) for place in places])
    sheet.say(titles, other, head, "middle")
    sheet.say(titles, here, f"by {name} {STOP}", "middle")
    sheet.say(titles, both, "∂L/∂ score" if behind in teller.scores else "together", "middle")
    for k, place in enumerate(places[:count]):
        row = first + k
        sheet.canvas.put(row, label, k if behind in teller.scores else k + 1, "story_label")
        way = _open_way(teller, open_call, behind, place)
        a = sheet.number(row, other, way)
        b = sheet.number(row, here, passes.cells)
        sheet.say_all(row, {plus: "+", equals: "="}, "center")
        result = sheet.number(row, both, a + b, "strong")
        sheet.check(row, check, result, teller.gradient(behind, place))
    sheet.colour(sheet.at(first, both, count), is_grad=True)
    a, b, p = (sheet.at(first + k, left) for k in (1, 4, 7))
    came = _by_layers(teller, jump.outputs[0], arriving, a)
    sheet.write_out(worked, *came, spelled(a), " × ", b, " = ", spelled(p), ": only the other way teaches")
    if behind in teller.scores and jump.operator.name == "argmax":
        _say_how_far(sheet, teller, behind, (left, other, plus, here, equals, both))
    if not came:
        sheet.add_note(22, _came(teller, arriving, at))
    beads = followed(teller.elements, arriving, (0,) * len(arriving.shape))
    layers = [bead.through.outputs[0].called for bead in beads if bead.through and has_weights(bead.through)]
    if layers:
        sheet.add_note(22, f"{', '.join(layers[:3])} do learn from it: their weights lie behind {name}.")


def _by_layers(teller: Teller, decided: Value, arriving: Value, here: Reference) -> list[OperandLike]:
    """How what arrives comes about, where some layers together say how much the number counts."""
    if decided not in teller.counts or len(teller.elements.readers[arriving]) > 1:
        return []
    made, counts = teller.counts[decided]
    gradient = teller.gradient(made)
    said = f"∂L/∂ {teller.name_behind(made)}, times how much {decided.called} counts: "
    return [said, spelled(gradient), " × ", spelled(counts, EXACTLY), " = ", spelled(here), ".  "]


def _say_how_far(sheet: StepSheet, teller: Teller, scores: Value, cols: tuple[int, int, int, int, int, int]) -> None:
    """How much a score must grow before another class is read: that which is followed, or the next likeliest."""
    text, largest, minus, own, equals, made = cols
    likely = np.argsort(-np.asarray(scores.data).reshape(-1))
    k = teller.followed(scores) if teller.followed(scores) != likely[0] else int(likely[1])
    row = sheet.row(ROW)
    sheet.say(row, text, f"For arg-max to say {k}, score {k} must rise by", "note")
    a = sheet.number(row, largest, MAX(teller.elements.tensors[scores].value.box))
    b = sheet.number(row, own, teller.operand(scores, indices_of(scores)[k]))
    sheet.say_all(row, {minus: "−", equals: "="}, "center")
    sheet.number(row, made, a - b, "strong")


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


def _came(teller: Teller, value: Value, index: Index) -> OperandLike:
    """By which steps a gradient has come back, from the loss that it began at."""
    passed = (
        bead for before, bead in pairwise(followed(teller.elements, value, index))
        if before.through and not (bead.through and bead.through.operator.only_moves)
    )  # fmt: skip
    names: list[OperandLike] = [
        joined(f"{bead.value.called} ", spelled(teller.gradient(bead.value, bead.index)))
        for bead in islice(passed, MOST_PASSED)
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
