"""A dead end: a gradient arrives, the slope is 0, and nothing passes; beside it the way that is open.

             the error   0.0264      class   from the open way   from here   together
             × 2         2           0           0.0000             0         0.0000
            = ∂L/∂ sum   0.0527      1           0.0000             0         0.0000
× the slope of arg-max   0
          = passes on    0
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice, pairwise

import numpy as np

from excel_export.formulas import MAX, Index, OperandLike, Reference, as_expression, joined
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import sources
from excel_export.sheets.steps.score_gradients import SIGNED, passes_all
from excel_export.sheets.steps.step_sheet import STOP, StepSheet, bracketed, spelled
from excel_export.sheets.steps.teller import Teller, indices_of, number_of
from excel_export.views.story import behind_dead_end, has_weights, largest
from excel_export.views.thread import beads_from
from excel_export.workbook.calibri import shortened

ROW = 23
"""The height of a row, in pixels."""
MOST = 11
"""The most numbers that have a row."""
LINES = 9
"""The least number of rows."""
MOST_PASSED = 4
"""The most steps that are named."""
STAIRS = (310, 8, 96, 24)
"""The widths of a number's name, a gap, the number, and ✓, in pixels."""
OWN = 66
"""The width of the network's own number, in pixels."""
GAP = 24
"""The space behind the stairs, in pixels."""
TABLE = (64, 168, 26, 110, 26, 110, 24)
"""The widths of the columns of the table beside the stairs, in pixels."""


def draw(sheet: StepSheet, teller: Teller, call: Call) -> None:
    """Draw the dead end at a call such as argmax, where no gradient passes, and the numbers behind it."""
    arriving, (jump, behind) = call.outputs[0], behind_dead_end(teller.elements, call)
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
    passes = _draw_stairs(sheet, teller, (jump, arriving, at), name, first)
    label, other, plus, here, equals, both, check = (sheet.col(pixels) for pixels in TABLE)
    sheet.col(OWN)
    sheet.say(titles, label, "class" if behind in teller.scores else "number", "middle")
    open_call = next((each for each in teller.elements.readers[behind] if each is not jump), None)
    head = f"from {open_call.outputs[0].called}" if open_call else "from elsewhere"
    head = sources.with_sheet(teller, head, [teller.gradient(behind, place) for place in places])
    sheet.say(titles, other, head, "middle")
    sheet.say(titles, here, f"by {name} {STOP}", "middle")
    sheet.say(titles, both, "∂L/∂ score" if behind in teller.scores else "together", "middle")
    sizes = [abs(float(np.asarray(behind.gradient)[place])) for place in places[:count]]
    signed = sorted(range(count), key=lambda k: -sizes[k])[:SIGNED]
    for k, place in enumerate(places[:count]):
        row = first + k
        sheet.canvas.put(row, label, k if behind in teller.scores else k + 1, "story_label")
        way = _open_way(teller, open_call, behind, place)
        a = sheet.number(row, other, way)
        b = sheet.number(row, here, passes.cells)
        sheet.say_all(row, {plus: "+", equals: "="}, "center")
        result = sheet.number(row, both, a + b, "strong")
        if k in signed:
            sheet.check(row, check, result, teller.gradient(behind, place))
        else:
            sheet.stands_for(teller.gradient(behind, place), result)
    sheet.colour(sheet.at(first, both, count), is_grad=True)
    sheet.listings += [sheet.at(first, col, count) for col in (other, both)]
    arrived, slope = (sheet.at(passes.row + k, passes.col) for k in (-2, -1))
    sheet.write_out(worked, spelled(arrived), " × ", slope, " = ", spelled(passes), ": only the other way teaches")
    if behind in teller.scores and jump.operator.name == "argmax":
        _say_how_far(sheet, teller, behind)
    if jump.outputs[0] not in teller.counts:
        sheet.add_note(22, _steps_before(teller, arriving, at))
    beads = beads_from(teller.elements, arriving, (0,) * len(arriving.shape))
    layers = [bead.through.outputs[0].called for bead in beads if bead.through and has_weights(bead.through)]
    if layers:
        sheet.add_note(22, f"{', '.join(layers[:3])} do learn from it: their weights lie behind {name}.")


def _draw_stairs(sheet: StepSheet, teller: Teller, ends: tuple[Call, Value, Index], name: str, first: int) -> Reference:
    """Draw stairs from the arriving gradient to the passed one: each number is the one above times a factor; return the
    last.

    If it is known how fast the result of some layers grows with the number, or an error is squared, the stairs begin
    there.
    """
    jump, arriving, at = ends
    decided = jump.outputs[0]
    label, _, col, check = (sheet.col(pixels) for pixels in STAIRS)
    sheet.col(OWN)
    sheet.col(GAP)
    rows = iter(range(first, first + LINES))

    def step(text: str, number: OperandLike, style: str, own: Reference | None = None) -> Reference:
        row = next(rows)
        sheet.say(row, label, text, "right")
        cell = sheet.number(row, col, number, style)
        if own:
            sheet.check(row, check, cell, own)
        return cell

    own, arrived = teller.gradient(arriving, at), f"∂L/∂ {shortened(decided.called, 130, 11)}: arrives"
    if decided in teller.counts and len(teller.elements.readers[arriving]) == 1:
        made, counts = teller.counts[decided]
        behind, to = teller.gradient(made), teller.name_behind(made)
        number = _draw_error(teller, behind, step, f"∂L/∂ {to}")
        said = f"× how fast the sum grows with {decided.called} (sheet {number_of(counts.sheet)})"
        by = step(said, counts, "fine_small")
        last = step(f"= {arrived}", number * by, "strong_box", own)
    else:
        last = step(arrived, own, "strong_box")
    slope = step(f"× the slope of {name} {STOP}", 0, "whole")
    return step("= passes on", last * slope, "strong_box").fixed


def _draw_error(teller: Teller, behind: Reference, step: Callable[..., Reference], label: str) -> Reference:
    if behind not in teller.errors:
        return step(label, behind, "strong_box")
    loss, error = teller.errors[behind]
    factor = step(f"the error (sheet {number_of(error.sheet)})", error, "fine_small")
    slope = step("× 2, as the slope of error² is 2 × error", 2, "whole")
    product = factor * slope
    if not passes_all(teller, teller.elements.makers[loss]):
        product = product * step(f"× ∂L/∂ {loss.called}", teller.gradient(loss), "number")
    return step(f"= {label}", product, "strong_box", behind)


def _say_how_far(sheet: StepSheet, teller: Teller, scores: Value) -> None:
    likely = np.argsort(-np.asarray(scores.data).reshape(-1))
    k = teller.followed(scores) if teller.followed(scores) != likely[0] else int(likely[1])
    largest, own = (
        MAX(teller.elements.tensors[scores].value.box),
        as_expression(teller.operand(scores, indices_of(scores)[k])),
    )
    parts: list[OperandLike] = [spelled(largest), " − ", bracketed(own), " = ", spelled(largest - own)]
    sheet.add_note(22, f"For arg-max to say {k}, score {k} must rise by ", *parts, ".")


def _steps_before(teller: Teller, value: Value, index: Index) -> OperandLike:
    passed = (
        bead for before, bead in pairwise(beads_from(teller.elements, value, index))
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
    """Return the other call's share of an element's gradient: from its own sheet, or by its formula; 0 for no call."""
    if call and (drawn := teller.results.get(teller.key_of(call, index))):
        return drawn
    gains = teller.elements.gains(call, value) if call else None
    return 0 if gains is None else gains.element(index)
