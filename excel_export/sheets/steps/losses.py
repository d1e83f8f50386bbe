"""The losses as boxes, added up; below them the whole network, with the gradient that each number gets.

0.3981  +  0.0007  =  0.3988
"""

from __future__ import annotations

from collections.abc import Sequence

from excel_export.formulas import OperandLike, Reference
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import network_map
from excel_export.sheets.steps.network_boxes import map_of
from excel_export.sheets.steps.step_sheet import StepSheet, bracketed, spelled
from excel_export.sheets.steps.teller import Teller

MOST_LANES = 3
"""Of the map: below so many there is no room for a sentence."""


def draw(sheet: StepSheet, teller: Teller, call: Call) -> None:
    """Draw the losses and their sum; below, the whole network with what comes back."""
    made = call.outputs[0]
    sheet.head(
        "The loss: one number that says how wrong the network is",
        "Learning makes this number smaller. Its parts are added: if one grows by 0.01, the whole grows by 0.01. So the gradient of each part is 1.",
    )
    titles, row, worked = sheet.row(24), sheet.row(46), sheet.row(28)
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
    parts: list[OperandLike] = []
    for k, cell in enumerate(cells.values()):
        parts += ([" + "] if k else []) + [spelled(cell)]
    sheet.write_out(worked, *parts, " = ", spelled(result))
    heading, sentence = sheet.row(28), sheet.row(24)
    sheet.say(heading, 2, "And now back: every number gets a gradient", "head_back")
    said = "It says how fast the loss grows with the number above it. It is passed on from box to box, to the left; at ✕ nothing is."
    sheet.say(sentence, 2, f"The gradient, ∂L/∂ for short, stands in orange. {said}", "note")
    network_map.draw_below(sheet, teller, network, places)
    bead = next((each for each in reversed(teller.beads[1:]) if each.value in teller.scores), None)
    if bead and network.lanes < MOST_LANES:
        gradient = teller.gradient(bead.value, bead.index)
        said = (
            f"Raise the score of {teller.places(bead.value, bead.index)} by 0.01, and the loss changes by about 0.01 × "
        )
        sheet.add_note(24, said, bracketed(gradient), " = ", spelled(0.01 * gradient), ".")


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
