"""A deeper layer: a window of every map, each times weights of its own; sums by channel, then their sum.

map 1   numbers   ×   weights   =   0.41
map 2   numbers   ×   weights   =  −0.20     added up + bias = 3.1725
…
"""

from __future__ import annotations

from math import ceil

import numpy as np

from excel_export.formulas import SUM, SUMPRODUCT, Expression, Index, OperandLike, Reference, as_expression, equal
from excel_export.graph.graph import Call, Value
from excel_export.sheets.cross_entropies import cross_entropies
from excel_export.sheets.steps.step_sheet import MARGIN, WIDTH, StepSheet, spelled
from excel_export.sheets.steps.teller import Teller
from excel_export.sheets.steps.written import in_a_row
from excel_export.views.windows import Window, windows_of

BAND = 262
"""The pixels of the height of all channels."""
MOST_IN_A_COLUMN, MOST_COLUMNS = 6, 2
MOST_NUMBERS, MOST_SCORES = 12, 12
"""Of a window."""
MOST_OTHERS = 60
"""Further channels, each with a cell of its own."""
NUMBER, AXIS = 50, 16
"""The pixels of the width of a number, and of the numbers of a map's rows."""
LEAST_SQUARE, LARGEST_SQUARE = 6, 18


def fits(teller: Teller, value: Value, index: Index) -> bool:
    """Whether an element reads windows of several maps, each times weights."""
    found = windows_of(teller.elements, teller.elements.forward(value, index))
    return (
        len(found) > 1 and found[0].filter is not None and len(found[0].weights) <= MOST_NUMBERS and found[0].width <= 4
    )


def draw(sheet: StepSheet, teller: Teller, value: Value, index: Index) -> None:
    """Draw all channels of an element of a result; of many, the first dozen, and the others as one number each."""
    elements = teller.elements
    account = elements.forward(value, index)
    found = windows_of(elements, account)
    call = elements.makers[value]
    listed, others = found[: MOST_IN_A_COLUMN * MOST_COLUMNS], found[MOST_IN_A_COLUMN * MOST_COLUMNS :]
    window, count = found[0], len(found)
    per = window.height * window.width
    said = f"{per} numbers times {per} weights" if per > 1 else "a number times a weight"
    bias = " and the bias" * (account.alone is not None)
    sheet.head(
        teller.idea(call, "deeper" if found[0].map.kind != "input" else "idea"),
        f"Of each of the {count} maps, {said}; all of it{bias}, added up, make{'s' * (not bias)} one number."
        f"{_rival(teller, call, index)}",
    )
    titles = sheet.row(22)
    sheet.say(titles, 2, teller.called(value, index) + _read(found), "head")
    lines = ceil(len(listed) / MOST_COLUMNS) if len(listed) > 2 else len(listed)
    tall = min(24, BAND // (lines * (window.height + 1)))
    first = sheet.rows(lines * (window.height + 1), tall)
    sums: list[Reference] = []
    for k in range(0, len(listed), lines):
        sums += _column(sheet, teller, listed[k : k + lines], first, k)
    rest = _others(sheet, teller, value, index, others, sums, first) if others else []
    if teller.makes_scores(call) and value.data.size <= MOST_SCORES:
        _scores(sheet, teller, value, index, first, tall)
    elif not others:
        _map(sheet, teller, found, (titles, first, lines * (window.height + 1)))
    _total(sheet, teller, value, index, [*sums], rest)
    if not teller.makes_scores(call) and (further := teller.further(value)):
        said = "The next layers have no sheet of their own, as they go the same way; the sheet Network has them: "
        sheet.add_note(20, said, further, ".")


def _read(windows: list[Window]) -> str:
    """Which rows and columns of each map are read, where these are not all."""
    window, (rows, cols) = windows[0], windows[0].map.shape[-2:]
    if min(window.height, window.width) < 2 or (window.height, window.width) == (rows, cols):
        return ""
    last = window.row + window.height, window.col + window.width
    return f" reads, of each map, rows {window.row + 1} to {last[0]} and columns {window.col + 1} to {last[1]}"


def _map(sheet: StepSheet, teller: Teller, windows: list[Window], at: tuple[int, int, int]) -> None:
    """Draw the map that the number lies in which is followed, with the window in a frame, where it has room."""
    titles, first, lines = at
    k = next((k for k, each in enumerate(windows) if teller.thread.get(each.map) in each.cells), 0)
    window, (rows, cols) = windows[k], windows[k].map.shape[-2:]
    square = min(LARGEST_SQUARE, (WIDTH - MARGIN - sheet.width - AXIS) // cols)
    if not _read(windows) or rows > lines or square < LEAST_SQUARE:
        return
    axis = sheet.col(AXIS)
    area = sheet.at(first, sheet.cols(cols, square), rows, cols)
    sheet.say(titles, area.col, f"{_map_word(window)} {k + 1}, and the window on it", "head")
    sheet.squares(area, [[teller.value(window.map, (*window.channel, r, c)) for c in range(cols)] for r in range(rows)])
    sheet.axis(area, left=axis)
    inside = sheet.at(first + window.row, area.col + window.col, window.height, window.width)
    sheet.frame(inside, equal(1, 1))


def _column(sheet: StepSheet, teller: Teller, windows: list[Window], first: int, before: int) -> list[Reference]:
    """Some channels below one another: what of each is read, its weights, and its sum."""
    height, width = windows[0].height, windows[0].width
    name = sheet.col(64)
    numbers, sign = sheet.cols(width, NUMBER), sheet.col(22)
    weights, equals = sheet.cols(width, NUMBER), sheet.col(22)
    made = sheet.col(76)
    sheet.col(20)
    found: list[Reference] = []
    for k, window in enumerate(windows):
        row = first + k * (height + 1)
        middle = row + height // 2
        sheet.say(middle, name, f"{_map_word(window)} {before + k + 1}", "label")
        for n, (cell, weight) in enumerate(zip(window.cells, window.weights, strict=True)):
            u, v = divmod(n, width)
            followed = teller.thread.get(window.map) == cell
            sheet.number(row + u, numbers + v, teller.value(window.map, cell), "small_box" if followed else "small")
            assert window.filter is not None
            sheet.number(
                row + u, weights + v, teller.operand(window.filter, weight), "small_box" if followed else "small"
            )
        sheet.say(middle, sign, "×", "sign_small")
        sheet.say(middle, equals, "=", "sign_small")
        read, met = sheet.at(row, numbers, height, width), sheet.at(row, weights, height, width)
        product: Expression = SUMPRODUCT(read, met) if read.size > 1 else read * met
        found.append(sheet.number(middle, made, product, "strong"))
        sheet.colour(read, met)
    return found


def _rival(teller: Teller, call: Call, index: Index) -> str:
    """Which score the story follows, and why; it may have the number of another input."""
    if not teller.makes_scores(call):
        return ""
    true = [int(np.asarray(each.target.data).flat[0]) for each in cross_entropies(teller.book.graph)[:1]]
    why = ", by which most of the gradient comes" if max(index) not in true and not teller.book.asked else ""
    inputs = [each for each in teller.book.graph.of_kind("input") if each.data.size == 1 and each.data == max(index)]
    alike = f" (not the {inputs[0].called})" if inputs and why else ""
    return f" We follow class {max(index)}{alike}{why}."


def _scores(sheet: StepSheet, teller: Teller, value: Value, index: Index, first: int, tall: int) -> None:
    """All scores, with the one that is worked out here in a box."""
    label, col = sheet.col(34), sheet.col(84)
    step = max(1, ceil(21 / tall))
    sheet.say(first - 1, label, f"all {value.data.size} scores", "head")
    for k, at in enumerate(np.ndindex(*value.shape)):
        row = first + k * step
        sheet.canvas.put(row, label, k, "story_label", height=step)
        style = "strong_box" if at == index else "number"
        sheet.number(row, col, teller.value(value, at), style, height=step)
    sheet.colour(sheet.at(first, col, value.data.size * step))


def _map_word(window: Window) -> str:
    return "map" if len(window.map.shape) > 2 else "row"


def _others(
    sheet: StepSheet, teller: Teller, value: Value, index: Index, windows: list[Window], listed: list[Reference], first: int
) -> list[Reference]:  # fmt: skip
    """The sums of the other channels, each worked out from the network's cells; of very many, all of them together."""
    if len(windows) > MOST_OTHERS:
        col = sheet.col(110)
        sheet.say(first, col, f"the other {len(windows)} maps, together", "head")
        whole = as_expression(teller.whole(teller.elements.formula(value, index), teller.value(value, index)))
        bias = teller.elements.at(teller.elements.forward(value, index).alone)
        rest = whole - SUM(*_areas(listed))
        return [sheet.number(first + 1, col, rest - teller.operand(bias.value, bias.index) if bias else rest)]
    col, found = sheet.col(64), list[Reference]()
    rows = max(1, min(len(windows), 12))
    for k, window in enumerate(windows):
        if k and k % rows == 0:
            col = sheet.col(64)
        assert window.filter is not None
        ends = [
            (teller.value(window.map, window.cells[n]), teller.operand(window.filter, window.weights[n]))
            for n in (0, -1)
        ]
        read = ends[0][0].to(ends[1][0])
        weights = [cell for _, cell in ends if isinstance(cell, Reference)]
        met = weights[0].to(weights[-1])
        formula = SUMPRODUCT(read, met) if read.size > 1 else read * met
        found.append(sheet.number(first + 1 + k % rows, col, formula, "small"))
    sheet.say(first, found[0].col, f"the other {len(windows)} maps, each summed alike", "head")
    return found


def _areas(cells: list[Reference]) -> list[Reference]:
    """The columns that some cells stand in, each from the first of them to the last."""
    by_column: dict[int, list[Reference]] = {}
    for cell in cells:
        by_column.setdefault(cell.col, []).append(cell)
    return [column[0].to(column[-1]) for column in by_column.values()]


def _total(
    sheet: StepSheet, teller: Teller, value: Value, index: Index, sums: list[Reference], rest: list[Reference]
) -> None:
    """Add up the channels and the bias, in a row below."""
    account = teller.elements.forward(value, index)
    row, worked = sheet.row(38), sheet.row(26)
    bias = teller.elements.at(account.alone)
    areas = _areas([*sums, *rest])
    label, number, plus, added, equals, made, check = sheet.slots(2, 60, 90, 60, 90, 40, 110, 24)
    sheet.say(row, label[0], "all sums:", "right", width=label[1])
    total = sheet.number(row, number[0], SUM(*areas), "number", width=number[1])
    formula: Expression = total.cells
    if bias:
        sheet.say(row, plus[0], "+ bias", "right", width=plus[1])
        inside = teller.operand(bias.value, bias.index)
        formula = total + sheet.number(row, added[0], inside, width=added[1])
    sheet.say(row, equals[0], "=", "sign", width=equals[1])
    result = sheet.number(row, made[0], formula, "result", width=made[1])
    sheet.check(row, check[0], result, teller.value(value, index), width=check[1])
    parts = in_a_row(sums, " + ")
    if rest:
        parts.append(f" + {len(rest)} more")
    sheet.write_out(worked, *_one_product(teller, value, index), *parts, " = ", spelled(total))


def _one_product(teller: Teller, value: Value, index: Index) -> list[OperandLike]:
    """The product of the number that the story follows, with its numbers; nothing where none is read here."""
    for k, window in enumerate(windows_of(teller.elements, teller.elements.forward(value, index)), start=1):
        for cell, weight in zip(window.cells, window.weights, strict=False):
            if teller.thread.get(window.map) == cell and window.filter is not None:
                number, by = teller.value(window.map, cell), teller.operand(window.filter, weight)
                return [f"In {_map_word(window)} {k} ", *in_a_row((number, by), " × "), " is one of the products.   "]
    return []
