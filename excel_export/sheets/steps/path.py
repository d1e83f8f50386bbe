"""One path from the weight to the loss: numbers above, slopes on the arrows, gradients below.

0.2655  →  0.8450  →  3.1725  →  …  →  0.3988
   × 2.7160   × 0.3620    × 1
1.1077  ←  0.1876  ←  0.3238  ←  …  ←  1
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from excel_export.formulas import AND, IF, Expression, OperandLike, Reference, as_expression, unequal
from excel_export.formulas.analysis.moved import moved
from excel_export.sheets.steps import curve
from excel_export.sheets.steps.step_sheet import StepSheet, bracketed, spelled
from excel_export.sheets.steps.teller import Teller
from excel_export.views.story import has_one_share
from excel_export.views.terms import is_switch
from excel_export.views.thread import Bead, count_paths
from excel_export.workbook.calibri import shortened

MOST, LONGEST = 9, 120
"""Boxes, and the characters of a slope's formula."""
SENTENCE = 570
"""The pixels of the line that multiplies the slopes."""


@dataclass(frozen=True)
class PathStop:
    """A box of the path: a bead, and the beads behind it that only open or close the way."""

    bead: Bead
    passed: Sequence[Bead]


def stops_of(teller: Teller) -> list[PathStop]:
    """The boxes: beads that only pass a number on, or let it through, belong to the arrow before them."""
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
    """Draw the path."""
    stops = stops_of(teller)
    shown = stops[: 1 + next((k for k, stop in enumerate(stops[:-1]) if k == MOST - 1 or _is_long(teller, stop)), MOST)]
    is_whole = len(shown) == len(stops)
    said = "On the arrows: how fast the next number grows with this one."
    if any(isinstance(bead.slope, Expression) and is_switch(bead.slope) for bead in teller.beads):
        said += " A ReLU or a pool on the way counts 1 while it is open, 0 when closed."
    sheet.head("One path, from the weight to the loss and back", said)
    names, values, slopes = sheet.row(20), sheet.row(32), sheet.row(20)
    kinds, gradients = sheet.row(16), sheet.row(32)
    sheet.row(14)
    share_row, gap = sheet.row(32), sheet.row(8)
    box, arrow = (88, 42) if len(shown) > 7 else (104, 58)
    cells: list[Reference] = []
    below: list[Reference] = []
    between: list[Reference] = []
    steps: list[tuple[int, Expression]] = []
    for k, stop in enumerate(shown):
        col = sheet.col(box)
        sheet.say(names, col, _called(teller, stop.bead), "middle_small")
        cells.append(sheet.number(values, col, teller.operand(stop.bead.value, stop.bead.index), "box_number"))
        below.append(sheet.number(gradients, col, teller.gradient(stop.bead.value, stop.bead.index), "box_gradient"))
        if k + 1 < len(shown):
            at = sheet.col(arrow)
            sheet.say(values, at, "→", "arrow_forward")
            sheet.say(gradients, at, "←", "arrow")
            slope, what = _slope(teller, stop, cells[-1])
            steps.append((at, slope))
            sheet.say(kinds, at, what, "axis_large")
    for k, (at, slope) in enumerate(steps):
        # Of a formula that nobody reads, the slope is what comes out, by what arrives: there is no other way.
        read = slope if len(slope.text(sheet.name)) <= LONGEST else below[k] / below[k + 1]
        between.append(sheet.number(slopes, at, read, "small"))
    _share(sheet, between, None if is_whole else below[-1], (share_row, _free(sheet, [cell.col for cell in cells])))
    _talk(sheet, teller, between, below[0])
    columns = sorted(cell.col for cell in (*cells, *between))
    curve.draw(sheet, teller, columns[1 : 1 + curve.POINTS], gap + 1)


def _free(sheet: StepSheet, columns: Sequence[int]) -> int:
    """The first box that begins behind the sentence before it."""
    lefts = {col: sum(sheet.pixels_of(k) for k in range(1, col)) for col in columns}
    return next((col for col in columns if lefts[col] >= SENTENCE), columns[-1])


def _share(sheet: StepSheet, slopes: Sequence[Reference], behind: Reference | None, at: tuple[int, int]) -> None:
    """Multiply the slopes: the share of this path. `behind` is the gradient at which a long one is left."""
    row, col = at
    sheet.number(row, col, _product([*slopes, *([behind] if behind else [])]), "result")
    parts: list[OperandLike] = ["This path alone: "]
    for k, cell in enumerate(slopes):
        parts += [" × ", bracketed(cell)] if k else [spelled(cell)]
    if behind is not None:
        parts += [" × ", bracketed(behind), " (the gradient there)"]
    sheet.write_out(row, *parts, " =")


def _talk(sheet: StepSheet, teller: Teller, slopes: Sequence[Reference], gradient: Reference) -> None:
    """What all paths are together, and why nobody walks them one by one."""
    is_open = AND(*[unequal(cell, 0) for cell in slopes])
    closed = IF(is_open, "", "  This path is closed now: a slope on it is 0.")
    all_paths = "All paths from this weight to the loss, added up, are its gradient: "
    sheet.add_note(24, all_paths, spelled(gradient), ".", closed)
    counted = count_paths(teller.elements, teller.beads[0].value, teller.beads[0].index)
    if counted and counted.paths > 1:
        products = f"Backpropagation takes {counted.products:,} products for all {counted.paths:,} paths"
        sheet.add_note(22, f"{products}: it works out each gradient once.")


def _is_long(teller: Teller, stop: PathStop) -> bool:
    """Whether the slope behind a box is a formula that nobody reads, and not the only way of the gradient."""
    value, index = stop.bead.value, stop.bead.index
    slope, _ = _slope(teller, stop, teller.value(value, index))
    return len(slope.text("")) > LONGEST and not has_one_share(teller.elements, value, index)


def _called(teller: Teller, bead: Bead) -> str:
    return shortened(teller.name(bead.value), 110, 9, bold=True)


def _slope(teller: Teller, stop: PathStop, here: Reference) -> tuple[Expression, str]:
    """The slope to the next box, as a formula, and what it is."""
    factors: list[Expression] = []
    words: list[str] = []
    for bead in (stop.bead, *stop.passed):
        if bead.slope is None or bead.through is None:
            continue
        if isinstance(bead.slope, Reference):
            element = teller.elements.at(bead.slope)
            factors.append(
                as_expression(
                    teller.operand(element.value, element.index) if element and element.part == "value" else bead.slope
                )
            )
            words.append(
                "weight"
                if element and element.value.kind == "parameter"
                else element.value.called
                if element
                else "slope"
            )
        else:
            # A bead that the arrow only passes has a number of its own.
            own = {teller.value(bead.value, bead.index): here} if bead is stop.bead else {}
            factors.append(moved(bead.slope, own))
            if not is_switch(bead.slope):
                words.append("slope")
    if not factors:
        return as_expression(1), "as it is"
    return _product(factors), " · ".join(words) or "open: 1"


def _product(factors: Sequence[OperandLike]) -> Expression:
    return reduce(lambda product, factor: product * factor, factors[1:], as_expression(factors[0]))
