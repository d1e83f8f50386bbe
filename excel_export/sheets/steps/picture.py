"""What goes in, and the whole network as a map: a box for each step, with the number that the story follows.

    the picture       number 5        first conv → ReLU → second conv → …  ↘
    . . # # .         true digit 3      0.8450                              loss
    . . . # .                                            digit read → … ↗  0.3988
"""

from __future__ import annotations

import numpy as np

from excel_export.formulas import Index, OperandLike
from excel_export.graph.graph import Value
from excel_export.sheets.start.first_screen import largest_input
from excel_export.sheets.steps.step_sheet import StepSheet
from excel_export.sheets.steps.teller import Teller
from excel_export.views.plan import Plan
from excel_export.views.strip import MapBox, stops
from excel_export.workbook.calibri import shortened

BAND, LARGEST_SQUARE, MOST_SIDE = 270, 26, 32
LANES, BOX_ROWS = 3, 3
MOST_COLUMNS = 12


def draw(sheet: StepSheet, teller: Teller) -> None:
    """Draw the inputs, and the map of the network."""
    picture = largest_input(teller.book)
    is_picture = picture is not None and len(picture.shape) > 1 and 2 < min(picture.shape[-2:]) and max(picture.shape[-2:]) <= MOST_SIDE
    count = sum(value.data.size for value in teller.book.graph.of_kind("parameter"))
    sheet.head(
        "What goes in, and the network that works on it",
        f"{count:,} weights and biases turn what goes in into one number, the loss. The boxes are the steps; the numbers in them are those we follow.",
    )
    titles = sheet.row(22)
    rows = picture.shape[-2] if is_picture and picture is not None else 12
    square = min(LARGEST_SQUARE, BAND // rows)
    first = sheet.rows(rows, square)
    below, more = sheet.row(26), sheet.row(26)
    if is_picture and picture is not None:
        _draw_picture(sheet, teller, picture, titles, first, square)
    _draw_inputs(sheet, teller, picture if is_picture else None, titles, first, square)
    _draw_map(sheet, teller, titles, first, square, rows)
    sheet.say(below, 2, _about(teller, picture), "note")
    del more


def _about(teller: Teller, picture: Value | None) -> str:
    """Why numbers of the first layer can be below 0 where those of the picture are not."""
    if picture is None or not teller.beads or teller.beads[0].through is None:
        return "Yellow cells on Start and on Network are yours to change: every number follows."
    layer = teller.beads[0].through
    read = next((value for value in layer.inputs if value.kind == "intermediate"), None)
    if read is not None and (np.asarray(picture.data) >= 0).all() and (np.asarray(read.data) < 0).any():
        return f"Before the first layer the numbers are normalised: less their mean, divided by their spread. So paper is below 0 in '{read.called}'."
    return "Yellow cells on Start and on Network are yours to change: every number follows."


def _draw_picture(sheet: StepSheet, teller: Teller, picture: Value, titles: int, first: int, square: int) -> None:
    rows, cols = picture.shape[-2:]
    lead: Index = (0,) * (len(picture.shape) - 2)
    area = sheet.at(first, sheet.cols(cols, square), rows, cols)
    for r in range(rows):
        for c in range(cols):
            sheet.canvas.put(first + r, area.col + c, _expression(teller.operand(picture, (*lead, r, c))), "step_square")
    from excel_export.workbook import format_rules

    scale = format_rules.image_scale() if (np.asarray(picture.data) >= 0).all() else format_rules.value_scale(area)
    sheet.canvas.format(area, scale)
    sheet.say(titles, area.col, picture.called, "head")
    sheet.col(26)


def _expression(item: OperandLike) -> object:
    from excel_export.formulas import as_expression

    return as_expression(item)


def _draw_inputs(sheet: StepSheet, teller: Teller, picture: Value | None, titles: int, first: int, square: int) -> None:
    """The other inputs: single numbers, or the first of several."""
    others = [value for value in teller.book.graph.of_kind("input") if value is not picture and value.data.size]
    if not others:
        return
    col = sheet.col(118)
    sheet.col(20)
    step = max(1, round(46 / square))
    label = max(1, round(20 / square))
    row = first
    for value in others:
        sheet.say(row, col, value.called if value.data.size == 1 else f"{value.called}, the first of {value.data.size}", "note", height=label)
        whole = bool((np.asarray(value.data, dtype=np.float64) == np.round(np.asarray(value.data, dtype=np.float64))).all())
        sheet.number(row + label, col, teller.operand(value), "whole" if whole else "number", height=max(1, step - label))
        row += step + label
        if row > first + 11:
            break
    del titles


def _draw_map(sheet: StepSheet, teller: Teller, titles: int, first: int, square: int, rows: int) -> None:
    """The boxes, each with its name and its number, and the arrows between them."""
    boxes = stops(Plan(teller.book.graph, teller.book.placement), LANES)
    columns = 1 + max(box.place.column for box in boxes)
    room = 1240 - sheet.width - 10
    pitch = max(44, min(110, room // columns))
    width, arrow = pitch - 16, 16
    fitting = min(columns, room // pitch)
    sheet.say(titles, sheet.last_col + 1, "the network", "head")
    firsts = []
    for _ in range(fitting):
        firsts.append(sheet.col(width))
        sheet.col(arrow)
    lane = max(2, round(78 / square))
    name_rows, number_rows = max(1, round(22 / square)), max(1, round(22 / square))
    for box in boxes:
        if box.place.column >= fitting:
            continue
        row, col = first + box.place.lane * lane, firsts[box.place.column]
        sheet.say(row, col, shortened(box.name, width - 6, 10, bold=True), "box", height=name_rows)
        number = _number(teller, box)
        if number is not None:
            sheet.number(row + name_rows, col, number, "small", height=number_rows)
        if box.arrow:
            sheet.say(row, col + 1, box.arrow[0], "arrow_small", height=name_rows)


def _number(teller: Teller, box: MapBox) -> OperandLike | None:
    """The number of the thread in a box, or its only number."""
    steps = Plan(teller.book.graph, teller.book.placement).steps
    call = steps[box.made - 1].call
    if call is None:
        return None
    for value in (*call.outputs, *call.inputs):
        if value in teller.thread and value.kind == "intermediate" and value in call.outputs:
            return teller.operand(value, teller.thread[value])
    made = call.outputs[0]
    return teller.operand(made) if made.data.size == 1 else None
