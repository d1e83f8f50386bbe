"""The losses as boxes, added up; below them the whole network, with the gradient that each number gets.

0.3981  +  0.0007  =  0.3988
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from excel_export.formulas import ABS, IF, OperandLike, Reference, joined
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import network_map
from excel_export.sheets.steps.network_boxes import map_of
from excel_export.sheets.steps.step_sheet import StepSheet, spelled
from excel_export.sheets.steps.teller import Teller
from excel_export.sheets.steps.written import in_a_row
from excel_export.views.story import has_weights, is_loss
from excel_export.views.thread import Bead
from excel_export.workbook.calibri import shortened

FEW = 6
"""Columns of the map that a row with a product takes."""


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
    _draw_chain_rule(sheet, teller, places)
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


def _draw_chain_rule(sheet: StepSheet, teller: Teller, places: Sequence[network_map.MapColumn]) -> None:
    """How a gradient goes back by one box: the slope there, times the slope behind it, in a row of its own."""
    found = next(_slopes(teller), None)
    if not found:
        return
    said, slope, after, style = found
    row, (*texts, a, b, made) = sheet.row(24), places[:FEW]
    room = sum(sheet.pixels(each.col) + sheet.pixels(each.arrow) for each in texts)
    sheet.say(row, places[0].col, shortened(said, room - 8, 11), "note")
    by = sheet.number(row, a.col, slope, style)
    product = by * sheet.number(row, b.col, after)
    sheet.say_all(row, {a.arrow: "×", b.arrow: "="}, "center")
    sheet.number(row, made.col, product, "strong")


def _slopes(teller: Teller) -> Iterator[tuple[str, Reference, Reference, str]]:
    """What is said of a slope, the slope, the gradient behind it, and how the slope is shown: of a number that is read, or
    of the last weight on the thread.
    """
    for value, (made, counts) in teller.counts.items():
        yield (
            f"{value.called}: slope to {teller.name_behind(made)} × slope behind it",
            counts,
            teller.gradient(made),
            "fine_small",
        )
    for bead, behind in reversed([*pairwise(teller.beads)]):
        if bead.through and has_weights(bead.through) and isinstance(bead.slope, Reference):
            said = f"{teller.name(bead.value)}: slope to {teller.name(behind.value)} × slope behind it"
            yield said, bead.slope, teller.gradient(behind.value, behind.index), "number"


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
