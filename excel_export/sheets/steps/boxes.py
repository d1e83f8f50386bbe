"""Few numbers as boxes, joined by arrows: what is computed beside the thread, and the losses that are added up.

3   →   2.3043   →   1.1208   →   8.0264   →   0.0007
5       0.1120      −0.4411
"""

from __future__ import annotations

from collections.abc import Sequence

from excel_export.formulas import Expression, Index, OperandLike, Reference, as_expression, joined
from excel_export.formulas.analysis.chosen import cells_of
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import network_map
from excel_export.sheets.steps.step_sheet import StepSheet, bracketed, spelled
from excel_export.sheets.steps.teller import Teller, is_whole

BOX, ARROW, ROW, LABEL = 106, 30, 32, 16
MOST_ROWS, LONGEST = 6, 100
MOST_COLUMNS = 9


def draw_branch(sheet: StepSheet, teller: Teller, calls: Sequence[Call]) -> None:
    """Draw what is computed beside the thread, a column of boxes for each call, from left to right."""
    last = calls[-1].outputs[0]
    weights = sum(value.data.size for call in calls for value in call.inputs if value.kind == "parameter")
    sheet.head(
        f"A second way to the loss: from {_first(calls).called} to {last.called}",
        f"What was read goes on through small layers with {weights} weights: each box adds up the boxes before it, each times a weight."
        if weights else "What was read goes on: each box is worked out from the boxes before it.",
    )  # fmt: skip
    titles = sheet.row(24)
    columns = _columns(teller, calls)[:MOST_COLUMNS]
    lines = max(len(column) for column in columns)
    first = sheet.row(4) + 1
    for _ in range(lines):
        sheet.row(ROW)
        sheet.row(LABEL)
    own_row, worked = sheet.row(30), sheet.row(28)
    places: dict[Reference, Reference] = {}
    cells: dict[Value, Reference] = {}
    for k, column in enumerate(columns):
        col, arrow = sheet.col(BOX), sheet.col(ARROW)
        top = first + 2 * ((lines - len(column)) // 2)
        alone = len({id(value) for value, _ in column}) == 1
        sheet.say(titles, col, column[0][0].called if alone and k else "what goes in" if not k else "", "middle")
        for n, (value, at) in enumerate(column):
            row = top + 2 * n
            given = not any(value in call.outputs for call in calls)
            formula: OperandLike = teller.operand(value, at) if given else _formula(teller, value, at, places)
            cells[value] = sheet.number(row, col, formula, "box_whole" if is_whole(value) else "box_number")
            if not alone or not k:
                sheet.say(row + 1, col, value.called, "middle_small")
            places |= dict.fromkeys((cell.plain for cell in _same(teller, value, at)), cells[value])
        if k + 1 < len(columns):
            sheet.say(first + 2 * ((lines - 1) // 2), arrow, "→", "arrow")
    if last in cells:
        col = cells[last].col
        sheet.check(own_row, col - 1, cells[last], teller.value(last))
    _write_out(sheet, teller, calls, places, worked)


def _first(calls: Sequence[Call]) -> Value:
    """What the branch begins with."""
    return calls[0].outputs[0]


def _columns(teller: Teller, calls: Sequence[Call]) -> list[list[tuple[Value, Index]]]:
    """The boxes by column: what goes in, then what each call makes; single numbers that do not need each other share one."""
    made = {value for call in calls for value in call.outputs}
    outside = dict.fromkeys(
        value for call in calls for value in call.inputs
        if value.kind != "parameter" and value not in made and value.data.size <= MOST_ROWS
    )  # fmt: skip
    columns = [list(outside)] if outside else []
    for call in calls:
        value = call.outputs[0]
        if call.operator.only_moves:
            continue
        last = columns[-1] if len(columns) > 1 else []
        joins = value.data.size == 1 and len(last) == 1 and last[0].data.size == 1 and last[0] not in call.inputs
        if joins:
            last.append(value)
        else:
            columns.append([value])
    return [[(value, at) for value in column for at in _indices(value)][:MOST_ROWS] for column in columns if column]


def _same(teller: Teller, value: Value, index: Index) -> list[Reference]:
    """The cells that hold a number, and what only moves it."""
    found = [teller.value(value, index)]
    for call in teller.elements.readers.get(value, ()):
        if call.operator.only_moves:
            for out in call.outputs:
                if out.data.size == value.data.size:
                    flat = _indices(value).index(tuple(index))
                    found += _same(teller, out, _indices(out)[flat])
    return found


def _formula(
    teller: Teller, value: Value, index: Index, places: dict[Reference, Reference]
) -> Expression | OperandLike:
    """The formula of an element, of the boxes before it; where it is long, the network's own cell."""
    formula = teller.elements.formula(value, index)
    known = [cell for cell in cells_of(formula) if cell.plain in places]
    here = moved(formula, lambda cell: places.get(cell.plain))
    if not known or len(here.text("")) > LONGEST:
        return here if len(here.text("")) <= 2 * LONGEST else teller.operand(value, index)
    return here


def _write_out(
    sheet: StepSheet, teller: Teller, calls: Sequence[Call], places: dict[Reference, Reference], row: int
) -> None:
    """Write the last step with its numbers."""
    value = calls[-1].outputs[0]
    account = teller.elements.forward(value, (0,) * len(value.shape))
    parts: list[OperandLike] = []
    for k, text in enumerate(account.spelled):
        parts += [text] if text else []
        if k < len(account.terms):
            cell = account.terms[k].cell
            if not isinstance(cell, Reference):
                return
            known = places.get(cell.plain, cell)
            element = teller.elements.at(cell)
            whole = element is not None and is_whole(element.value)
            parts.append(as_expression(known) if whole else spelled(known) if account.bare[k] else bracketed(known))
    if parts:
        result = places.get(teller.value(value).plain, teller.value(value))
        sheet.say(row, 2, joined(f"{value.called}: ", *parts, " = ", spelled(result)), "worked")


def draw_losses(sheet: StepSheet, teller: Teller, call: Call) -> None:
    """Draw the losses and their sum; below, the whole network with what comes back."""
    made = call.outputs[0]
    sheet.head(
        "The loss: one number that says how wrong the network is",
        "Learning makes this number smaller. Each loss counts as it is: the slope from a loss to their sum is 1.",
    )
    sheet.row(6)
    titles, row, worked = sheet.row(24), sheet.row(46), sheet.row(28)
    places = network_map.columns(sheet, teller)
    at = iter(places[k : k + 2] for k in range(0, len(places), 2))
    cells: dict[Value, Reference] = {}
    inputs = list(dict.fromkeys(call.inputs))
    for k, value in enumerate(inputs):
        cells[value] = _loss(
            sheet, next(at), (titles, row), value.called, teller.operand(value), "+" if k + 1 < len(inputs) else "="
        )
    own = {teller.value(value).plain: cell for value, cell in cells.items()}
    formula = moved(teller.elements.formula(made, ()), lambda cell: own.get(cell.plain))
    last = next(at)
    result = _loss(sheet, last, (titles, row), made.called, formula, "")
    sheet.check(row, last[-1].arrow, result, teller.value(made))
    parts: list[OperandLike] = []
    for k, cell in enumerate(cells.values()):
        parts += ([" + "] if k else []) + [spelled(cell)]
    sheet.say(worked, 2, joined(*parts, " = ", spelled(result)), "worked")
    heading, sentence = sheet.row(30), sheet.row(24)
    sheet.say(heading, 2, "And now back: every number gets a gradient", "head_back")
    said = "It says how fast the loss grows with the number above it. It is passed on from box to box, from the loss to the left."
    sheet.say(sentence, 2, f"The gradient stands in orange. {said}", "note")
    network_map.draw_below(sheet, teller, places)


def _loss(
    sheet: StepSheet,
    places: Sequence[network_map.Place],
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


def _indices(value: Value) -> list[Index]:
    from numpy import ndindex

    return [*ndindex(*value.shape)]
