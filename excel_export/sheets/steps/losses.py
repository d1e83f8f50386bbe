"""The losses as boxes, added up; below them the whole network, with the gradient of each number.

0.3981  +  0.0007  =  0.3988
"""

from __future__ import annotations

from collections.abc import Sequence

from excel_export.formulas import OperandLike, Reference, joined
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import network_map
from excel_export.sheets.steps.network_boxes import map_of
from excel_export.sheets.steps.step_sheet import STOP, StepSheet, spelled
from excel_export.sheets.steps.teller import Teller, number_of
from excel_export.sheets.steps.written import added_up
from excel_export.views.story import BACK, is_loss

GAP = 14
"""The height of empty rows, in pixels."""
LEAST = 960
"""The least width of the sheet, in pixels, so that its lines end on it."""


def draw(sheet: StepSheet, teller: Teller, call: Call) -> None:
    """Draw the losses that `call` adds up, and their sum, 0.3981 + 0.0007; below, the network with its gradients."""
    made = call.outputs[0]
    sheet.head(
        "The loss: one number that says how wrong the network is",
        "Training makes this number smaller. It is a sum: if one part grows by 0.01, so does the total.",
    )
    titles, row = sheet.row(22), sheet.row(46)
    network = map_of(teller.elements)
    places = network_map.columns(sheet, network)
    at = iter(places[k : k + 2] for k in range(0, len(places), 2))
    cells: dict[Value, Reference] = {}
    inputs = list(dict.fromkeys(call.inputs))
    for k, value in enumerate(inputs):
        sign = "+" if k + 1 < len(inputs) else "="
        cells[value] = _loss(sheet, next(at), (titles, row), value.called, teller.operand(value), sign)
    own = {teller.value(value): cell for value, cell in cells.items()}
    formula = moved(teller.elements.formula(made, (0,) * len(made.shape)), own)
    last = next(at)
    result = _loss(sheet, last, (titles, row), made.called, formula, "")
    sheet.check(row, last[-1].arrow, result, teller.value(made))
    sheet.row(GAP)
    if not _say_gradient(sheet, teller):
        sheet.write_out(sheet.row(28), *added_up([*cells.values()], result, bare=True))
    back = [number_of(name) for step, name in zip(teller.steps, teller.names, strict=True) if step.what in BACK]
    where = f" Sheets {back[0]} to {back[-1]} compute the gradients, last box first." if len(back) > 1 else ""
    stop = f" {STOP} marks where a gradient stops."
    stops = any(box.decision for box in network.boxes)
    sheet.add_note(22, f"Each box shows a number in blue and its gradient in orange.{where}{stop * stops}")
    network_map.draw_below(sheet, teller, network, places)
    if sheet.width < LEAST:
        sheet.col(LEAST - sheet.width)
    ends = [network.standing[id(box)].column for box in network.boxes if made in box.calls[-1].outputs]
    if ends and ends[0] < len(places):
        sheet.add_note(
            22,
            f"Below the {made.called} is ∂L/∂L = ",
            spelled(teller.gradient(made)),
            ": the derivative of L with respect to itself is 1.",
        )


def _say_gradient(sheet: StepSheet, teller: Teller) -> bool:
    """Write what a gradient is, with one as an example, in large letters; return whether there is one."""
    bead = next((each for each in reversed(teller.beads) if each.value in teller.scores), None)
    bead = bead or next((each for each in teller.beads if each.through and is_loss(each.through)), None)
    if not bead:
        return False
    back = (pair for pair in zip(teller.steps, teller.names, strict=True) if pair[0].what in BACK)
    step, tab = next(back, (None, ""))  # a sheet that is drawn only for its cells has no steps beside it
    is_there = step and (step.value is bead.value or (step.value in teller.scores and bead.value in teller.scores))
    where = f" (sheet {number_of(tab)})" if is_there else ""
    number, name = spelled(teller.gradient(bead.value, bead.index)), teller.called(bead.value, bead.index)
    said = "A gradient, ∂L/∂x, is the rate at which the loss L changes with a number x: "
    sheet.say(sheet.row(28), 2, joined(said, number, f" for the {name}{where}"), "worked_back")
    return True


def _loss(
    sheet: StepSheet, places: Sequence[network_map.MapColumn], rows: tuple[int, int], name: str, formula: OperandLike,
    sign: str,
) -> Reference:  # fmt: skip
    first, last = places[0], places[-1]
    titles, row = rows
    width = sheet.last_of(last.col) - first.col + 1
    sheet.say(titles, first.col, name, "middle", width=width)
    if sign:
        sheet.say(row, last.arrow, sign, "sign")
    return sheet.number(row, first.col, formula, "result", width=width)
