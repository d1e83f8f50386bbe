"""Few numbers as boxes, joined by arrows: what is computed beside the thread, and the losses that are added up.

    3   →   2.3043   →   1.1208   →   8.0264   →   0.0007
    5       0.1120      −0.4411
"""

from __future__ import annotations

from collections.abc import Sequence

from excel_export.formulas import Expression, Index, OperandLike, Reference, joined
from excel_export.formulas.analysis.chosen import cells_of
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps.step_sheet import StepSheet, bracketed, spelled
from excel_export.sheets.steps.teller import Teller

BOX, ARROW, ROW = 104, 30, 34
MOST_ROWS, LONGEST = 7, 100
MOST_COLUMNS = 9


def draw_branch(sheet: StepSheet, teller: Teller, calls: Sequence[Call]) -> None:
    """Draw what is computed beside the thread, a column of boxes for each call, from left to right."""
    elements = teller.elements
    shown = [call for call in calls if not call.operator.only_moves]
    last = calls[-1].outputs[0]
    weights = sum(value.data.size for call in calls for value in call.inputs if value.kind == "parameter")
    sheet.head(
        _branch_heading(shown),
        f"What is read goes into small layers of {weights} weights. Each box adds up the boxes before it, each times a weight."
        if weights else "Each box is worked out from the boxes before it.",
    )  # fmt: skip
    titles = sheet.row(24)
    rows = sheet.rows(MOST_ROWS, ROW)
    worked, second = sheet.row(28), sheet.row(24)
    places: dict[Reference, Reference] = {}
    outside: list[Value] = []
    made = {value for call in calls for value in call.outputs}
    for call in calls:
        outside += [v for v in call.inputs if v.kind != "parameter" and v not in made and v.data.size <= MOST_ROWS and v not in outside]
    columns: list[tuple[str, list[tuple[Value, Index]]]] = []
    if outside:
        columns.append(("what goes in", [(value, at) for value in outside for at in _indices(value)]))
    grouped: list[list[Value]] = []
    for call in shown:
        value = call.outputs[0]
        if grouped and value.data.size == 1 and not any(v in call.inputs for v in grouped[-1]) and sum(v.data.size for v in grouped[-1]) < 3:
            grouped[-1].append(value)
        else:
            grouped.append([value])
    for values in grouped:
        columns.append((" · ".join(value.called for value in values), [(value, at) for value in values for at in _indices(value)]))
    results: dict[Value, Reference] = {}
    for k, (title, items) in enumerate(columns[:MOST_COLUMNS]):
        col = sheet.col(BOX)
        arrow = sheet.col(ARROW)
        sheet.say(titles, col, title if len(title) < 24 else title[:22] + "…", "middle")
        for n, (value, at) in enumerate(items[:MOST_ROWS]):
            row = rows + (n if len(items) > 1 else MOST_ROWS // 2 - 1) + (1 if 1 < len(items) <= 3 else 0)
            given = value in outside
            formula: OperandLike = teller.operand(value, at) if given else _formula(teller, value, at, places)
            style = "whole" if _is_whole(value) else "box_number"
            cell = sheet.number(row, col, formula, style)
            if not given or True:
                for same in _same(teller, value, at):
                    places[same.plain] = cell
            results[value] = cell
        if k + 1 < min(len(columns), MOST_COLUMNS):
            sheet.say(rows + MOST_ROWS // 2 - 1, arrow, "→", "arrow")
    result = results.get(last)
    if result is not None:
        check = result.row + 2
        sheet.check(check, result.col - 1, result, teller.value(last))
        sheet.say(check - 1, result.col - 1, "", "note")
    _write_out(sheet, teller, calls, places, worked)
    del second


def _branch_heading(calls: Sequence[Call]) -> str:
    return f"{calls[-1].outputs[0].called[:1].upper()}{calls[-1].outputs[0].called[1:]}: worked out beside, from what was read"


def _is_whole(value: Value) -> bool:
    import numpy as np

    data = np.asarray(value.data, dtype=np.float64)
    return bool((data == np.round(data)).all())


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


def _formula(teller: Teller, value: Value, index: Index, places: dict[Reference, Reference]) -> Expression | OperandLike:
    """The formula of an element, of the boxes before it; where it is long, the network's own cell."""
    formula = teller.elements.formula(value, index)
    known = [cell for cell in cells_of(formula) if cell.plain in places]
    here = moved(formula, lambda cell: places.get(cell.plain))
    if not known or len(here.text("")) > LONGEST:
        return here if len(here.text("")) <= 2 * LONGEST else teller.operand(value, index)
    return here


def _write_out(sheet: StepSheet, teller: Teller, calls: Sequence[Call], places: dict[Reference, Reference], row: int) -> None:
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
            parts.append(spelled(known) if account.bare[k] else bracketed(known))
    if parts:
        result = places.get(teller.value(value).plain, teller.value(value))
        sheet.say(row, 2, joined(f"{value.called}: ", *parts, " = ", spelled(result)), "worked")


def draw_losses(sheet: StepSheet, teller: Teller, call: Call) -> None:
    """Draw the losses and their sum."""
    made = call.outputs[0]
    sheet.head(
        "The loss: one number that says how wrong the network is",
        "Learning makes this number smaller. On the way back, each loss gets the gradient 1: it counts as it is.",
    )
    titles, first = sheet.row(26), sheet.row(10)
    row = sheet.row(50)
    below, worked, more = sheet.row(30), sheet.row(30), sheet.row(26)
    del first
    cells: list[Reference] = []
    inputs = list(dict.fromkeys(call.inputs))
    for k, value in enumerate(inputs):
        if k:
            sheet.say(row, sheet.col(50), "+", "sign")
        col = sheet.col(190)
        sheet.say(titles, col, value.called, "middle")
        cells.append(sheet.number(row, col, teller.operand(value), "result"))
    sheet.say(row, sheet.col(50), "=", "sign")
    col, check = sheet.col(190), sheet.col(34)
    sheet.col(110)
    places = {teller.value(value).plain: cell for value, cell in zip(inputs, cells, strict=True)}
    formula = moved(teller.elements.formula(made, ()), lambda cell: places.get(cell.plain))
    result = sheet.number(row, col, formula, "result")
    sheet.say(titles, col, made.called, "middle")
    sheet.check(row, check, result, teller.value(made))
    parts: list[OperandLike] = []
    for k, cell in enumerate(cells):
        parts += [" + " if k else "", spelled(cell)]
    sheet.say(worked, 2, joined(*[part for part in parts if part != ""], " = ", spelled(result)), "worked")
    del below, more


def _indices(value: Value) -> list[Index]:
    from numpy import ndindex

    return [*ndindex(*value.shape)]
