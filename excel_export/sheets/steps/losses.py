"""The losses as boxes, added up; below them the whole network, with the gradient that each number gets.

0.3981  +  0.0007  =  0.3988
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, pairwise

from excel_export.formulas import ABS, IF, OperandLike, Reference, joined
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import network_map
from excel_export.sheets.steps.network_boxes import map_of
from excel_export.sheets.steps.step_sheet import StepSheet, spelled
from excel_export.sheets.steps.teller import Teller
from excel_export.sheets.steps.written import in_a_row, multiplied
from excel_export.views.story import has_weights, is_loss
from excel_export.views.thread import Bead


def draw(sheet: StepSheet, teller: Teller, call: Call) -> None:
    """Draw the losses and their sum; below, the whole network with what comes back."""
    made = call.outputs[0]
    sheet.head(
        "The loss: one number that says how wrong the network is",
        "Learning makes this number smaller. Its parts are added: if one grows by 0.01, the whole grows by 0.01.",
    )
    titles, row, worked = sheet.row(20), sheet.row(38), sheet.row(22)
    network = map_of(teller.elements)
    places = network_map.columns(sheet, network)
    at = iter(places[k : k + 2] for k in range(0, len(places), 2))
    cells: dict[Value, Reference] = {}
    inputs = list(dict.fromkeys(call.inputs))
    for k, value in enumerate(inputs):
        cells[value] = _loss(
            sheet, next(at), (titles, row), value.called, teller.operand(value), "+" if k + 1 < len(inputs) else "="
        )
    own = {teller.value(value): cell for value, cell in cells.items()}
    formula = moved(teller.elements.formula(made, ()), own)
    last = next(at)
    result = _loss(sheet, last, (titles, row), made.called, formula, "")
    sheet.check(row, last[-1].arrow, result, teller.value(made))
    sheet.write_out(worked, *in_a_row(cells.values(), " + ", bare=True), " = ", spelled(result))
    bead = next((each for each in reversed(teller.beads) if each.value in teller.scores), None)
    bead = bead or next((each for each in teller.beads if each.through and is_loss(each.through)), None)
    if bead:
        _nudge(sheet, teller, bead)
    way = "Backwards, from box to box, the slope here is multiplied by the slope of all that is behind: the chain rule."
    stops = any(box.decision for box in network.boxes)
    sheet.add_note(20, way + " At ✕ nothing is passed on: a small nudge leaves that number as it is." * stops)
    if chain := _chain_rule(teller):
        sheet.write_out(sheet.row(24), *chain)
    network_map.draw_below(sheet, teller, network, places)


def _nudge(sheet: StepSheet, teller: Teller, bead: Bead) -> None:
    """What a small change of a number does to the loss, in large letters; that is its gradient."""
    gradient, name = teller.gradient(bead.value, bead.index), teller.called(bead.value, bead.index)
    grows, by = IF(gradient < 0, "falls", "grows"), spelled(ABS(gradient))
    more = spelled(0.01 * ABS(gradient))
    said = joined(f"Raise the {name} by 0.01: the loss ", grows, " by about 0.01 × ", by, " = ", more)
    sheet.say(sheet.row(28), 2, said, "large_back")
    what = " is its gradient, ∂L/∂ for short: how fast the loss grows with it. Gradients are orange; that of each part is 1."
    sheet.say(sheet.row(22), 2, joined(spelled(gradient), what), "sentence")


def _chain_rule(teller: Teller) -> list[OperandLike]:
    """How a gradient goes back by one box, with its two slopes."""
    for value, (made, counts) in islice(teller.counts.items(), 1):
        return _slopes(value.called, teller.name_behind(made), counts, teller.gradient(made))
    for bead, behind in reversed([*pairwise(teller.beads)]):
        if bead.through and has_weights(bead.through) and isinstance(bead.slope, Reference):
            ends, after = teller.called(behind.value, behind.index), teller.gradient(behind.value, behind.index)
            return _slopes(teller.called(bead.value, bead.index), ends, bead.slope, after)
    return []


def _slopes(start: str, end: str, slope: Reference, after: Reference) -> list[OperandLike]:
    said = f"From {start} to {end}: ", spelled(slope), "; from there to the loss: ", spelled(after)
    return [*said, ". So back to the first: ", *multiplied(slope, after, slope * after)]


def _loss(
    sheet: StepSheet,
    places: Sequence[network_map.MapColumn],
    rows: tuple[int, int],
    name: str,
    formula: OperandLike,
    sign: str,
) -> Reference:
    """A large box over two columns of the map, and the sign behind it."""
    first, last = places[0], places[-1]
    titles, row = rows
    width = sheet.last_of(last.col) - first.col + 1
    sheet.say(titles, first.col, name, "middle", width=width)
    if sign:
        sheet.say(row, last.arrow, sign, "sign")
    return sheet.number(row, first.col, formula, "result", width=width)
