"""The losses as boxes, added up; below them the whole network, with the gradient of each number.

0.3981  +  0.0007  =  0.3988
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from excel_export.formulas import ABS, IF, OperandLike, Reference, joined
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import network_map
from excel_export.sheets.steps.network_boxes import map_of
from excel_export.sheets.steps.step_sheet import STOP, StepSheet, spelled
from excel_export.sheets.steps.teller import Teller, number_of
from excel_export.sheets.steps.written import added_up, multiplied
from excel_export.views.story import BACK, has_weights, is_loss
from excel_export.views.thread import Bead
from excel_export.workbook.calibri import shortened

FACTORS = 3
"""The count of numbers in the row of the chain rule."""
MOST_LANES = 2
"""The most lanes of a map for which a row names these numbers."""
GAP = 8
"""The height of empty rows, in pixels."""


def draw(sheet: StepSheet, teller: Teller, call: Call) -> None:
    """Draw the losses and their sum, 0.3981 + 0.0007; below, the whole network with its gradients."""
    made = call.outputs[0]
    sheet.head(
        "The loss: one number that says how wrong the network is",
        "Learning makes this number smaller. Its parts are added: if one grows by 0.01, the whole grows by 0.01.",
    )
    titles, row = sheet.row(20), sheet.row(38)
    network = map_of(teller.elements)
    places = network_map.columns(sheet, network)
    at = iter(places[k : k + 2] for k in range(0, len(places), 2))
    cells: dict[Value, Reference] = {}
    inputs = list(dict.fromkeys(call.inputs))
    for k, value in enumerate(inputs):
        sign = "+" if k + 1 < len(inputs) else "="
        cells[value] = _loss(sheet, next(at), (titles, row), value.called, teller.operand(value), sign)
    own = {teller.value(value): cell for value, cell in cells.items()}
    formula = moved(teller.elements.formula(made, ()), own)
    last = next(at)
    result = _loss(sheet, last, (titles, row), made.called, formula, "")
    sheet.check(row, last[-1].arrow, result, teller.value(made))
    layers = [pair for pair in pairwise(teller.beads) if pair[0].through and has_weights(pair[0].through)]
    last_layer = next((pair for pair in reversed(layers) if isinstance(pair[0].slope, Reference)), None)
    if not last_layer:
        sheet.write_out(sheet.row(22), *added_up([*cells.values()], result, bare=True))
    bead = next((each for each in reversed(teller.beads) if each.value in teller.scores), None)
    bead = bead or next((each for each in teller.beads if each.through and is_loss(each.through)), None)
    if bead:
        _nudge(sheet, teller, bead)
    if last_layer:
        _draw_chain_rule(sheet, teller, places, last_layer, network.lanes)
    back = [number_of(name) for step, name in zip(teller.steps, teller.names, strict=True) if step.what in BACK]
    where = f" Sheets {back[0]} to {back[-1]} work them out, the last box first." if len(back) > 1 else ""
    stop = f" At {STOP} nothing passes."
    stops = any(box.decision for box in network.boxes)
    sheet.add_note(20, f"Below, the gradient of each box, all ways together.{where}{stop * stops}")
    network_map.draw_below(sheet, teller, network, places)


def _nudge(sheet: StepSheet, teller: Teller, bead: Bead) -> None:
    """Write the effect of a small change of a number on the loss, in large letters; that is the number's gradient."""
    gradient, name = teller.gradient(bead.value, bead.index), teller.called(bead.value, bead.index)
    grows, by = IF(gradient < 0, "falls", "grows"), spelled(ABS(gradient))
    more = spelled(0.01 * ABS(gradient))
    sheet.row(GAP)
    said = joined(f"Raise the {name} by 0.01: the loss ", grows, " by about 0.01 × ", by, " = ", more)
    sheet.say(sheet.row(28), 2, said, "large_back")
    what = (
        " is its gradient, ∂L/∂ for short (L is the total loss): how fast the loss grows with it. Gradients are orange."
    )
    sheet.say(sheet.row(22), 2, joined(spelled(gradient), what), "sentence")


def _draw_chain_rule(
    sheet: StepSheet, teller: Teller, places: Sequence[network_map.MapColumn], ends: tuple[Bead, Bead], lanes: int
) -> None:
    bead, behind = ends
    assert isinstance(bead.slope, Reference)
    slope, name, to = bead.slope, teller.name(bead.value), teller.name(behind.value)
    weight = teller.elements.at(slope)
    between = ": the weight" * bool(weight and weight.value.kind == "parameter")
    sheet.row(GAP)
    title, row, each = sheet.row(26), sheet.row(32), len(places) // FACTORS
    said = sheet.row(16) if lanes <= MOST_LANES else 0
    a, b, product = (sheet.at(row, places[k * each].col) for k in range(FACTORS))
    last = teller.elements.graph.loss.called
    way = "one layer further back: slope × slope" if said else f"{name} → {to} → {last}"
    sheet.say(title, 2, joined(f"The chain rule, {way}: ", *multiplied(a, b, product)), "worked_back")
    boxes: tuple[tuple[OperandLike, str, str, str], ...] = (
        (teller.content_of(slope), "box_number", "×", f"how fast {to} grows with {name}{between}"),
        (teller.gradient(behind.value, behind.index), "box_gradient", "=", f"how fast the loss grows with {to}"),
        (a * b, "box_gradient", "", "how fast the loss grows with it, this way"),
    )
    for k, (number, style, sign, text) in enumerate(boxes):
        first, end = places[k * each], places[(k + 1) * each - 1]
        width = sheet.last_of(end.col) - first.col + 1
        sheet.number(row, first.col, number, style, width=width)
        sheet.say_all(row, {end.arrow: sign} if sign else {}, "sign")
        if said:
            room = sum(sheet.pixels_of(first.col + k) for k in range(width)) - 8
            sheet.say(said, first.col, shortened(text, room, 9, bold=True), "middle_small", width=width)


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
