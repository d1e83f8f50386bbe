"""One path from the weight to the loss: numbers above, slopes on the arrows, gradients below.

the numbers          0.2655  →  0.8450  →  3.1725  →  …  →  0.3988
                        × 2.7160   × 0.3620    × 1
all paths, added up  1.1077  ←  0.1876  ←  0.3238  ←  …  ←  1
this path alone      0.0603  ←  0.0222  ←  0.0614  ←  …  ←  1
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import mul

from excel_export.formulas import AND, IF, Expression, OperandLike, Reference, as_expression, unequal
from excel_export.formulas.analysis.moved import moved
from excel_export.sheets.steps import sources
from excel_export.sheets.steps.step_sheet import StepSheet, spelled
from excel_export.sheets.steps.teller import Teller, number_of, quoted
from excel_export.sheets.steps.weight_gradient import PLACE
from excel_export.sheets.steps.written import in_a_row
from excel_export.views.story import has_one_share
from excel_export.views.terms import is_switch
from excel_export.views.thread import Bead, PathCounts, count_paths

MOST = 9
"""The most boxes."""
LONGEST = 120
"""The most characters of a slope's formula."""
LAYERS = (1, 2, 3, 4, 6, 10)
"""The numbers of layers whose paths are counted."""
EACH = 3
"""The numbers in each of these layers."""
LABEL = 112
"""The width of the rows' names, in pixels."""


@dataclass(frozen=True)
class PathStop:
    """A box of the path: a bead (a number on the thread), and the beads behind it that only pass its number on."""

    bead: Bead
    """The number, with the slope to the next one."""
    passed: Sequence[Bead]
    """The numbers behind it that are equal to it, as behind a ReLU; [] for none."""


def stops_of(teller: Teller) -> list[PathStop]:
    """Return the boxes of the path from the weight to the loss: [PathStop(w, []), PathStop(y, [relu(y)]), …].

    A number that a ReLU or a pool only passes on is in the box of the number before; the weight has a box of its own.
    """
    found: list[PathStop] = []
    for k, bead in enumerate(teller.beads):
        before = teller.beads[k - 1] if k else None
        joins = before is not None and (
            before.slope is None or (isinstance(before.slope, Expression) and is_switch(before.slope))
        )
        is_last = k == len(teller.beads) - 1
        is_moved_loss = is_last and before is not None and before.slope is None
        if len(found) > 1 and ((joins and not is_last) or is_moved_loss):
            found[-1] = PathStop(found[-1].bead, [*found[-1].passed, bead])
        else:
            found.append(PathStop(bead, []))
    return found


def draw(sheet: StepSheet, teller: Teller) -> None:
    """Draw the path from the weight to the loss: numbers above, slopes on the arrows, gradients below."""
    stops = stops_of(teller)
    shown = stops[: 1 + next((k for k, stop in enumerate(stops[:-1]) if k == MOST - 1 or _is_long(teller, stop)), MOST)]
    said = "Each arrow shows how fast the number after it grows as the one before it grows."
    if any(isinstance(bead.slope, Expression) and is_switch(bead.slope) for bead in teller.beads):
        said += " A ReLU or a pool on the way has a slope of 1 if it passes the number on, and 0 if not."
    sheet.head("One path, from the weight to the loss and back", said)
    names, values, slopes = sheet.row(22), sheet.row(36), sheet.row(22)
    kinds, gradients, origins, alone = sheet.row(20), sheet.row(36), sheet.row(22), sheet.row(30)
    texts = {values: "the numbers", slopes: "the slopes", gradients: "all paths, added up", origins: "worked out on",
             alone: "this path alone"}  # fmt: skip
    left = sheet.col(LABEL)
    for row, text in texts.items():
        sheet.say(row, left, text, "note_small")
    box, arrow = (84, 40) if len(shown) > 7 else (100, 58)
    boxes: list[int] = []
    between: list[Reference] = []
    for k, stop in enumerate(shown):
        boxes.append(sheet.col(box))
        sheet.say(names, boxes[-1], _called(teller, stop.bead), "middle_small")
        value, index = stop.bead.value, stop.bead.index
        here = sheet.number(values, boxes[-1], teller.operand(value, index), "box_number")
        sheet.number(gradients, boxes[-1], teller.gradient(value, index), "box_gradient")
        _say_origin(sheet, teller, stop.bead, sheet.at(origins, boxes[-1]))
        if k + 1 < len(shown):
            at = sheet.col(arrow)
            sheet.say(values, at, "→", "arrow_forward")
            sheet.say_all(gradients, {at: "←"}, "arrow")
            slope, what = _slope(teller, stop, here)
            # Of a formula that nobody reads, the slope is what comes out, by what arrives: there is no other way.
            read = sheet.at(gradients, boxes[-1]) / sheet.at(gradients, at + 1)
            is_read = len(slope.text(sheet.name)) <= LONGEST
            between.append(sheet.number(slopes, at, slope if is_read else read, "small"))
            sheet.say(kinds, at, what, "axis_large")
    last = sheet.number(alone, boxes[-1], sheet.at(gradients, boxes[-1]).cells, "number")
    for k, slope_cell in reversed([*enumerate(between)]):
        sheet.say(alone, slope_cell.col, "←", "center")
        last = sheet.number(alone, boxes[k], last * slope_cell, "number" if k else "strong_box")
    ends = shown[-1].bead
    goes_on = not between or (ends.value.gradient is not None and ends.value.gradient[ends.index] != 1)
    _talk(sheet, teller, [*between, *([sheet.at(gradients, boxes[-1])] if goes_on else [])], last)


def _talk(sheet: StepSheet, teller: Teller, factors: Sequence[Reference], share: Reference) -> None:
    """Multiply the slopes of this path, and compare the numbers of paths and of products.

    If the path goes on, the gradient at its last box is the last factor.
    """
    parts = ["This path alone: ", *in_a_row(factors, " × ")]
    is_open = AND(*[unequal(cell, 0) for cell in factors])
    sheet.write_out(sheet.row(26), *parts, " = ", spelled(share), IF(is_open, "", ".  It is closed now: a slope is 0."))
    weight = teller.beads[0]
    counted = count_paths(teller.elements, weight.value, weight.index)
    if not counted or counted.paths < 2:
        return
    gradient = spelled(teller.gradient(weight.value, weight.index))
    all_paths: list[OperandLike] = ["All paths together: ", gradient]
    if place := teller.results.get(PLACE):
        name = quoted(teller.name(teller.beads[1].value))
        all_paths += [
            f"; all paths through our number in {name}: ",
            spelled(place),
            f" (sheet {number_of(place.sheet)})",
        ]
    sheet.add_note(22, *all_paths, "; this path alone: ", spelled(share), ".")
    sheet.say(sheet.row(30), 2, "Why backpropagation is fast: many paths, few arrows", "worked_back")
    _draw_counts(sheet, counted)
    said = "An arrow leads from a number to one that is computed from it. Backpropagation covers all paths at once with one product per arrow."
    sheet.add_note(22, said)


def _draw_counts(sheet: StepSheet, counted: PathCounts) -> None:
    """Draw the numbers of paths and arrows in layers of three, by formulas, and those of this network, as counted."""
    heads, paths, arrows = (sheet.row(22) for _ in range(3))
    (label, label_width), *columns, (ours, width) = sheet.slots(2, 270, *[58] * len(LAYERS), 150)
    sheet.say(heads, label, f"layers of {EACH} numbers, one after another", "right", width=label_width)
    sheet.say(paths, label, f"paths: {EACH} × {EACH} × …", "right", width=label_width)
    squared = f"{EACH} × {EACH} between two layers"
    sheet.say(arrows, label, f"arrows: {EACH} in, {squared}, {EACH} out", "right", width=label_width)
    for (col, across), layers in zip(columns, LAYERS, strict=True):
        count = sheet.number(heads, col, layers, "whole", width=across)
        sheet.number(paths, col, as_expression(EACH) ** count, "count", width=across)
        sheet.number(arrows, col, EACH + EACH * EACH * (count - 1) + EACH, "count", width=across)
    sheet.say(heads, ours, "from this weight to the loss", "middle_small", width=width)
    sheet.number(paths, ours, counted.paths, "count", width=width)
    sheet.number(arrows, ours, counted.products, "count", width=width)


def _say_origin(sheet: StepSheet, teller: Teller, bead: Bead, at: Reference) -> None:
    if name := sources.sheet_behind(teller, bead.value, bead.index):
        sheet.link(at, Reference(name, 1, 1), f"sheet {number_of(name)}")


def _is_long(teller: Teller, stop: PathStop) -> bool:
    value, index = stop.bead.value, stop.bead.index
    slope, _ = _slope(teller, stop, teller.value(value, index))
    return len(slope.text("")) > LONGEST and not has_one_share(teller.elements, value, index)


def _called(teller: Teller, bead: Bead) -> str:
    return teller.short_name(bead.value, 110, 9)


def _slope(teller: Teller, stop: PathStop, cell: Reference) -> tuple[Expression, str]:
    factors: list[Expression] = []
    words: list[str] = []
    for bead in (stop.bead, *stop.passed):
        if bead.slope is None or bead.through is None:
            continue
        if isinstance(bead.slope, Reference):
            factor, word = _single(teller, bead.slope)
            factors.append(factor)
            words.append(word)
        else:
            # A bead that the arrow only passes has a number of its own.
            own = {teller.value(bead.value, bead.index): cell} if bead is stop.bead else {}
            factors.append(moved(bead.slope, own))
            if not is_switch(bead.slope):
                words.append("slope")
    if not factors:
        return as_expression(1), "as it is"
    return reduce(mul, factors), " · ".join(words) or "open: 1"


def _single(teller: Teller, cell: Reference) -> tuple[Expression, str]:
    element = teller.elements.at(cell)
    word = "slope" if not element else "weight" if element.value.kind == "parameter" else element.value.called
    return as_expression(teller.content_of(cell)), word
