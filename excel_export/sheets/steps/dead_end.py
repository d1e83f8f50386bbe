"""A dead end: a gradient arrives, the slope is 0, and nothing passes; beside it, arg-max drawn as a step.

             the error   0.0264      arg-max says           ____     score of 5    it says
             × 2         2                  5              |           7.2998         3
            = ∂L/∂sum   0.0527             3    ____._____|           8.7997         3
× the slope of arg-max   0                      8.0756   8.7998        8.7999         5
          = passes on    0                    score of class 5        10.2998         5
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from typing import NamedTuple

from excel_export.formulas import IF, MATCH, MAX, MIN, Index, OperandLike, Reference, gradient_name, joined, total
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import sources
from excel_export.sheets.steps.ideas import with_article
from excel_export.sheets.steps.score_gradients import passes_all
from excel_export.sheets.steps.step_sheet import STOP, StepSheet, spelled
from excel_export.sheets.steps.teller import Teller, indices_of, number_of, quoted
from excel_export.sheets.steps.written import sign_of, sum_as_shown
from excel_export.views.story import behind_dead_end, has_weights, largest
from excel_export.views.thread import beads_from
from excel_export.workbook.calibri import shortened
from excel_export.workbook.charts import Path, PathChart
from excel_export.workbook.styles import BACKWARD, FORWARD

ROW = 26
"""The height of a row, in pixels."""
LINES = 10
"""The number of rows."""
MOST_PASSED = 4
"""The most steps that are named."""
STAIRS = (310, 8, 96, 24)
"""The widths of a number's name, a gap, the number, and ✓, in pixels."""
OWN = 66
"""The width of the network's own number, in pixels."""
GAP = 24
"""The space behind the stairs, in pixels."""
COLUMNS, SCORE = 11, 60
"""The number and the width of the columns beside the stairs; each may hold a score."""
TABLE = ("the largest other", "far below", "just below", "just above", "far above")
"""The rows beside the chart."""
BESIDE, NEAR = 1.5, 0.0001
"""The distances from the jump at which arg-max is drawn: far from it on both sides, and just beside it."""


def draw(sheet: StepSheet, teller: Teller, call: Call) -> None:
    """Draw the dead end at a call such as argmax, where no gradient passes: the one that arrives, × 0 = 0.

    `teller` has the cells and the names of the network's numbers.
    """
    arriving, (jump, behind) = call.outputs[0], behind_dead_end(teller.elements, call)
    name = with_article(jump.kind.replace("argmax", "arg-max").replace("_", "-"))
    why = f"A small nudge to the input of {name} leaves its output unchanged: the slope is 0."
    if name == "detach":
        why = "Whoever wrote the network wants no gradient here: what is detached counts as given, as if its slope were 0."
    sheet.head(f"{name[:1].upper()}{name[1:]} is a dead end: no gradient passes back through it", why)
    at = largest(arriving, of_gradient=True)
    place = teller.thread.get(behind) or largest(behind, of_gradient=True)
    titles = sheet.row(24)
    first, worked = sheet.rows(LINES, ROW), sheet.row(28)
    rows = iter(range(first, first + LINES))
    stairs = _Stairs(sheet, rows, *(sheet.col(pixels) for pixels in STAIRS))
    sheet.col(OWN)
    arrived, slope, passes = _draw_stairs(stairs, teller, (jump, arriving, at), name)
    has_others = _draw_other_ways(stairs, teller, (jump, behind, place), passes)
    if _is_step(jump, behind):
        sheet.col(GAP)
        _draw_step(sheet, teller, (behind, place), titles)
    only = ": only the other path carries a gradient" if has_others else ": nothing comes back"
    sheet.write_out(worked, spelled(arrived), " × ", slope, " = ", spelled(passes), only)
    if jump.outputs[0] not in teller.counts:
        sheet.add_note(22, _steps_before(teller, arriving, at))
    beads = beads_from(teller.elements, arriving, (0,) * len(arriving.shape))
    layers = [bead.through.outputs[0].called for bead in beads if bead.through and has_weights(bead.through)]
    if layers:
        which = f"The {len(layers)} layers after {name} do" if len(layers) > 1 else f"The layer after {name} does"
        sheet.add_note(22, f"{which} get a gradient to learn from.")


class _Stairs(NamedTuple):
    """Numbers below one another, each with its name; `step` draws the next one."""

    sheet: StepSheet
    rows: Iterator[int]
    label: int
    gap: int
    col: int
    check: int

    def step(self, text: OperandLike, number: OperandLike, style: str, own: Reference | None = None) -> Reference:
        """Draw the next number, with ✓ if it equals the network's `own`, and return its cell."""
        row = next(self.rows)
        self.sheet.say(row, self.label, text, "right")
        cell = self.sheet.number(row, self.col, number, style)
        if own:
            self.sheet.check(row, self.check, cell, own)
        return cell


def _draw_stairs(
    stairs: _Stairs, teller: Teller, ends: tuple[Call, Value, Index], name: str
) -> tuple[Reference, Reference, Reference]:
    """Draw stairs from the arriving gradient to the passed one: each number is the one above times a factor.

    If it is known how fast the result of some layers grows with the number, or an error is squared, the stairs begin
    there.

    Returns:
        The cells of the arriving gradient, the slope 0, and what passes.
    """
    jump, arriving, at = ends
    decided, step = jump.outputs[0], stairs.step
    own = teller.gradient(arriving, at)
    arrived = f"{gradient_name(shortened(decided.called, 130, 11))}: the incoming gradient"
    if decided in teller.counts and len(teller.elements.readers[arriving]) == 1:
        made, counts = teller.counts[decided]
        behind, to = teller.gradient(made), teller.name_behind(made)
        number = _draw_error(teller, behind, step, gradient_name(to))
        said = f"× how fast the sum grows with {quoted(decided.called)} (sheet {number_of(counts.sheet)})"
        by = step(said, counts, "strong")
        same = sign_of(sum_as_shown([(number, by)]), number * by)
        last = step(joined(same, f" {arrived}"), number * by, "strong_box", own)
    else:
        last = step(arrived, own, "strong_box")
    slope = step(f"× the slope of {name} {STOP}", 0, "whole")
    return last, slope, step("= passes on", last * slope, "strong_box")


def _draw_other_ways(stairs: _Stairs, teller: Teller, ends: tuple[Call, Value, Index], passes: Reference) -> bool:
    """Draw the gradient that comes by the other ways, and its sum with what passes here; return whether there are any."""
    jump, behind, place = ends
    ways = [call for call in teller.elements.readers[behind] if call is not jump]
    if ways:
        own, name = teller.gradient(behind, place), teller.called(behind, place)
        names = shortened(" and ".join(call.outputs[0].called for call in ways), 150, 11)
        head = sources.with_sheet(teller, f"+ the gradient from the {names}", [own])
        come = teller.whole(total([_open_way(teller, call, behind, place) for call in ways]), own)
        other = stairs.step(head, come, "strong")
        result = f"= {gradient_name(shortened(name, 250, 11))}"
        stairs.step(result, passes + other, "strong_box", own if come is not own else None)
    return bool(ways)


def _is_step(jump: Call, behind: Value) -> bool:
    """Return whether a call is the arg-max of a few numbers, which as a function of one of them is a step."""
    return jump.kind == "argmax" and 1 < behind.data.size <= COLUMNS and jump.outputs[0].data.size == 1


def _draw_step(sheet: StepSheet, teller: Teller, ends: tuple[Value, Index], titles: int) -> None:
    """Draw the numbers that arg-max compares, one of them left out, and a chart of what it says over that one."""
    behind, place = ends
    places, noun = indices_of(behind), "class" if behind in teller.scores else "number"
    chosen, row = places.index(place), titles + 1
    cols = range(first := sheet.cols(COLUMNS, SCORE), first + COLUMNS)
    sheet.say(titles, first, f"The output of arg-max as the score x of {noun} {chosen} grows", "head")
    for k, each in enumerate(places):
        sheet.canvas.put(row, cols[k], k, "story_label")
        if k == chosen:
            sheet.say(row + 1, cols[k], "x", "label")
        else:
            sheet.number(row + 1, cols[k], teller.operand(behind, each), "small")
    others, lines = sheet.at(row + 1, first, 1, len(places)).fixed, row + 2
    label, x, says = cols[-4], cols[-2], cols[-1]
    sheet.say_all(lines, {x: "x", says: "it says"}, "middle_small")
    most, other = sheet.at(lines + 1, x).fixed, sheet.at(lines + 1, says).fixed
    now = sheet.at(lines + len(TABLE) + 1, x)
    numbers = MIN(most - BESIDE, now - NEAR), most - NEAR, most + NEAR, MAX(most + BESIDE, now + NEAR)
    rows: list[tuple[OperandLike, OperandLike]] = [(MAX(others), MATCH(MAX(others), others, 0) - 1)]
    rows += [(each, IF(sheet.at(lines + 2 + k, x) < most, other, chosen)) for k, each in enumerate(numbers)]
    rows += [(teller.operand(behind, place), IF(now < most, other, chosen))]
    for k, (text, (number, said)) in enumerate(zip((*TABLE, "now"), rows, strict=True), start=lines + 1):
        sheet.say(k, label, text, "right", width=2)
        sheet.number(k, x, number, "small")
        sheet.number(k, says, said, "whole")
    way = IF(now < most, joined("rise by ", spelled(most - now), f" before the result is {chosen}."),
             joined("fall by ", spelled(now - most), " before the result is ", other, "."))  # fmt: skip
    sheet.say(now.row + 1, first, joined("Flat around ", spelled(now), ": slope 0. x must ", way), "part")
    xs, ys = (sheet.at(lines + 2, col, len(numbers)) for col in (x, says))
    area = sheet.at(lines, first, len(TABLE) + 2, COLUMNS - 4)
    sheet.canvas.charts.append(PathChart(
        area, "What arg-max says", f"x, the score of {noun} {chosen}", "it says",
        [Path(xs, ys, sheet.at(lines, says), FORWARD, dots=False),
         Path(now, sheet.at(now.row, says), sheet.at(now.row, label), BACKWARD)],
        "The result of arg-max over one score: it is constant up to the largest of the other scores, then jumps.",
        y_limits=(0, len(places)), plot=(0.14, 0.06, 0.82, 0.6), is_bare=True,
    ))  # fmt: skip


def _draw_error(teller: Teller, behind: Reference, step: Callable[..., Reference], label: str) -> Reference:
    if behind not in teller.errors:
        return step(label, behind, "strong_box")
    loss, error = teller.errors[behind]
    factor = step(f"the error (sheet {number_of(error.sheet)})", error, "fine_small")
    slope = step("× 2, as the slope of error² is 2 × error", 2, "whole")
    product = factor * slope
    if not passes_all(teller, teller.elements.makers[loss]):
        product = product * step(f"× {gradient_name(loss.called)}", teller.gradient(loss), "number")
    return step(f"= {label}", product, "strong_box", behind)


def _steps_before(teller: Teller, value: Value, index: Index) -> OperandLike:
    passed = (
        bead for before, bead in pairwise(beads_from(teller.elements, value, index))
        if before.through and not (bead.through and bead.through.only_moves)
    )  # fmt: skip
    names: list[OperandLike] = [
        joined(spelled(teller.gradient(bead.value, bead.index)), f" ({bead.value.called})")
        for bead in islice(passed, MOST_PASSED)
    ]
    way = list(reversed(names[:-1])) if len(names) > 1 else names
    parts = [part for name in way for part in (name, ", ")][:-1]
    return joined("Along the way, the gradient was ", *parts, ".") if way else ""


def _open_way(teller: Teller, call: Call, value: Value, index: Index) -> OperandLike:
    """Return a call's share of an element's gradient: from its own sheet, or by its formula; 0 for none."""
    if drawn := teller.results.get(teller.key_of(call, index)):
        return drawn
    gains = teller.elements.gains(call, value)
    return 0 if gains is None else gains.element(index)
