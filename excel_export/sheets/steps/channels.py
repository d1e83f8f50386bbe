"""A deeper layer: a window of every map, each times its own weights; sums by channel, then their sum.

from map 1   numbers   ×   weights   =   0.41
from map 2   numbers   ×   weights   =  −0.20     added up + bias = 3.1725  ✓  → second conv, map 3
…

On the way back likewise: gradients in place of the numbers, each times the weight between. They stand as in their map,
which is drawn beside them, so the weights of a convolution are turned round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import NamedTuple

from excel_export.formulas import (
    COUNTIF,
    IF,
    SUM,
    SUMPRODUCT,
    Expression,
    Index,
    OperandLike,
    Reference,
    Total,
    as_expression,
    equal,
    gradient_name,
    joined,
    total,
)
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import sources, switches
from excel_export.sheets.steps.ideas import spoken
from excel_export.sheets.steps.step_sheet import MARGIN, WIDTH, StepSheet, spelled
from excel_export.sheets.steps.teller import Teller, indices_of
from excel_export.sheets.steps.written import added_up, multiplied
from excel_export.views.elements import GRADIENT, VALUE, Element
from excel_export.views.windows import Window, windows_of

IDEA_BACK = "Back through a deeper layer: each map adds its part"
BAND = 252
"""The height of all channels, in pixels."""
MOST_IN_A_COLUMN = 6
"""The most channels below one another."""
MOST_COLUMNS = 2
"""The most columns of channels."""
LEAST_TALL = 15
"""The least height of a row, in pixels."""
TALL = 24
"""The largest height of a row, in pixels."""
NAME = 80
"""The width of a channel's name, in pixels."""
SUMS = (60, 90, 60, 90, 40, 110, 24, 66)
"""The pixels of the words before the sums, all sums, + bias, the bias, =, the result, ✓, and the network's own number."""
SUMS_BACK = (0, 0, 0, 134, 30, 100, 24, 66)
"""The same on the way back, where there is no bias."""
MOST_NUMBERS = 12
"""The most numbers of a window."""
MOST_SCORES = 12
"""The most scores that stand beside the channels."""
MOST_OTHERS = 60
"""The most further channels that have a cell each."""
NUMBER = 50
"""The width of a number, in pixels."""
AXIS = 16
"""The width of the numbers of a map's rows, in pixels."""
LEAST_SQUARE = 6
"""The least side of a square of a map, in pixels."""
LARGEST_SQUARE = 18
"""The largest side, in pixels."""


def plan(teller: Teller, value: Value, index: Index) -> list[Window]:
    """Return the windows of several maps that `value[index]` reads, at most 12 numbers in each, times weights, as a
    3×3 convolution does; [] if it reads anything else.
    """
    windows = windows_of(teller.elements, teller.elements.forward(value, index))
    return windows if _fits(windows) else []


def plan_back(teller: Teller, call: Call, value: Value, index: Index) -> list[Window]:
    """Return the windows of several maps of gradients, at most 12 numbers in each, that the gradient of `value[index]`
    adds up, times weights; [] if it adds up anything else, or `call` is not all that reads it.
    """
    account = teller.elements.backward(call, value, index)
    is_sum = account is not None and not account.spelled and account.alone is None
    windows = windows_of(teller.elements, account, GRADIENT) if account and is_sum else []
    fits = len(teller.elements.readers[value]) == 1 and _fits(windows) and len(windows[0].weights) > 1
    return windows if fits and len(windows) == len(_parts_back(teller, call, value, index)) else []


def _fits(windows: Sequence[Window]) -> bool:
    return (
        len(windows) > 1
        and windows[0].filter is not None
        and len(windows[0].weights) <= MOST_NUMBERS
        and windows[0].width <= 4
        and len({(window.height, window.width) for window in windows}) == 1
    )


def _parts_back(teller: Teller, call: Call, value: Value, index: Index) -> list[Expression]:
    gains = teller.elements.gains(call, value)
    formula = gains.element(index) if gains is not None else None
    return [part for _, part in formula.terms] if isinstance(formula, Total) else []


def draw(sheet: StepSheet, teller: Teller, value: Value, index: Index, windows: Sequence[Window]) -> None:
    """Draw the windows of all maps that `value[index]` reads, each times its weights; of many, some as numbers."""
    account = teller.elements.forward(value, index)
    call = teller.elements.makers[value]
    window, count = windows[0], len(windows)
    per = window.height * window.width
    said = f"Each map gives {per} products (number × weight)." if per > 1 else "Each map gives a number × a weight."
    bias = ", plus the bias," * (account.alone is not None)
    is_scores, made = teller.makes_scores(call), _made_map(value, index)
    followed = f" {teller.class_followed(max(index))}" if is_scores else ""
    new = f" of the new {made}" if made and not is_scores else ""
    sheet.head(
        teller.idea(call, "deeper" if window.map.kind != "input" else "idea"),
        f"{said} Their sum over all {count} maps{bias} is one number{new}.{followed}",
    )
    titles = sheet.row(22)
    is_of_filter = made and all(each.weights[0][:1] == index[-3:-2] for each in windows)
    by = f"{made.replace('map', 'filter')} of {value.called}" if is_of_filter else "the weights"
    sheet.say(titles, 2, f"{window.map.called}{_read(window)}  ×  {by}", "head")
    rows = _rows(sheet, windows[0].height, count)
    sums = _sums(sheet, teller, windows, rows, [_product(teller, window) for window in windows])
    drawn: Sequence[Reference] = ()
    if is_scores and value.data.size <= MOST_SCORES:
        _scores(sheet, teller, value, index, rows)
    elif len(sums.listed) == count:
        drawn = _map(sheet, teller, windows, titles, rows)
    sheet.colour(*sums.numbers, *drawn)
    sheet.colour(*sums.weights)
    added = teller.elements.at(account.alone)
    bias_cell = teller.operand(added.value, added.index) if added else None
    row, col = _total(sheet, teller, windows, sums, bias_cell, teller.value(value, index))
    if not is_scores:
        switches.name_beside(sheet, (row, col), teller.called(value, index))


def _made_map(value: Value, index: Index) -> str:
    return f"map {index[-3] + 1}" if len(value.shape) > 2 and value.shape[-3] > 1 else ""


def draw_back(
    sheet: StepSheet, teller: Teller, call: Call, value: Value, index: Index, windows: Sequence[Window],
    behind: Sequence[Call] = (),
) -> None:  # fmt: skip
    """Draw the windows of gradients that the gradient of `value[index]` adds up.

    `call` reads `value`. `behind` are the calls before `value` that pass this gradient on, as a ReLU does: one is drawn
    beside the sum, several below it.
    """
    window, titles = windows[0], sheet.row(22)
    is_turned = len(window.weights) > 1 and [*window.weights] == sorted(window.weights, reverse=True)
    turned = ", rotated 180°" * is_turned
    sheet.say(titles, 2, f"{gradient_name(window.map.called)}{_read(window)}  ×  the filter weights{turned}", "head")
    lines = min(len(behind), switches.MOST_CALLS) if len(behind) > 1 else 0
    rows = _rows(sheet, window.height, len(windows), BAND - lines * switches.LINE)
    sums = _sums(sheet, teller, windows, rows, _parts_back(teller, call, value, index))
    drawn = _map(sheet, teller, windows, titles, rows) if len(sums.listed) == len(windows) else ()
    sheet.colour(*sums.numbers, *drawn, is_grad=True)
    sheet.colour(*sums.weights)
    row, col = _total(sheet, teller, windows, sums, None, teller.gradient(value, index), _turned(window) * is_turned)
    if len(behind) > 1:
        switches.draw_lines(sheet, teller, behind)
    else:
        passed = value
        for each in behind:
            passed, col = each.inputs[0], switches.draw_beside(sheet, teller, each, (row, col))
        switches.name_beside(sheet, (row, col), gradient_name(teller.name(passed)))
    uses, per = sum(len(window.weights) for window in windows), len(window.weights)
    many = f"{uses} times: by {len(windows)} filters, at {per} positions each" if per > 1 else f"by {uses} filters"
    said = f"{teller.cited(value, index)} was used {many}. We add up the products of gradient and weight."
    sheet.head(IDEA_BACK, joined(said, *_zeros(teller, windows, sums)))


def _zeros(teller: Teller, windows: Sequence[Window], sums: _Sums) -> list[OperandLike]:
    """Return words for how many of the gradients are 0; and why, if what stopped them is all that can have been."""
    if len(sums.listed) != len(windows):
        return []
    zeros = total([COUNTIF(area, 0) for area in sums.numbers])
    ways = [[*sources.let_through(teller, window.map, cell)] for window in windows for cell in window.cells]
    calls = [teller.elements.readers[value][0] for value, _ in ways[0][:-1]]
    names = [spoken(each) for each in calls if not each.only_moves]
    why: OperandLike = ""
    if names and len({tuple(value for value, _ in way) for way in ways}) == 1:
        arriving = dict.fromkeys(teller.gradient(*way[-1]) for way in ways)
        none = total([COUNTIF(area, 0) for area in _areas(sorted(arriving, key=lambda cell: (cell.col, cell.row)))])
        why = IF(equal(none, 0), f": {' or '.join(names)} let nothing through", "")
    return [IF(zeros > 0, joined(" ", zeros, " of the gradients are 0", why, "."), "")]


def _turned(window: Window) -> str:
    """Return words for why weights are turned round, by the last place, if its weight is the first of its filter."""
    if any(window.weights[-1][-2:]):
        return ""
    row, col = window.row + window.height, window.col + window.width
    return f"Why rotated? The window that produced row {row}, column {col} starts at our number, so the top-left weight multiplied it."


def _followed(teller: Teller, windows: Sequence[Window]) -> tuple[int, int | None]:
    """Return the channel with the number that the story follows, and its place in the window; else 0 and None."""
    for k, window in enumerate(windows):
        if (at := teller.thread.get(window.map)) in window.cells:
            return k, window.cells.index(at)
    return 0, None


class _Rows(NamedTuple):
    first: int
    lines: int
    """The number of channels below one another."""
    each: int
    """The rows from a channel to the next."""
    tall: int
    """The height of a row, in pixels."""


def _rows(sheet: StepSheet, height: int, count: int, band: int = BAND) -> _Rows:
    """Add the rows for channels, one more below each, `band` pixels high in all."""
    most = max(1, min(MOST_IN_A_COLUMN, band // ((height + 1) * LEAST_TALL)))
    lines = min(most, ceil(count / MOST_COLUMNS)) if count > MOST_COLUMNS else count
    tall = min(TALL, band // (lines * (height + 1)))
    first = sheet.rows(lines * (height + 1), tall)
    return _Rows(first, lines, height + 1, tall)


def _product(teller: Teller, window: Window) -> Expression:
    assert window.filter is not None
    ends = [(_cell_of(teller, window, window.cells[n]), teller.operand(window.filter, window.weights[n]))
            for n in (0, -1)]  # fmt: skip
    read = ends[0][0].to(ends[1][0])
    weights = [cell for _, cell in ends if isinstance(cell, Reference)]
    met = weights[0].to(weights[-1])
    return SUMPRODUCT(read, met) if read.size > 1 else read * met


class _Sums(NamedTuple):
    numbers: list[Reference]
    """The cells of the numbers, of each channel that is listed."""
    weights: list[Reference]
    """The cells of the weights, of each channel that is listed."""
    listed: list[Reference]
    """The sum of each channel that is listed."""
    others: list[Reference]
    """The sum of each other channel."""


def _sums(
    sheet: StepSheet, teller: Teller, windows: Sequence[Window], rows: _Rows, products: Sequence[Expression]
) -> _Sums:
    most = rows.lines * MOST_COLUMNS
    ours, _ = _followed(teller, windows)
    order = [ours, *(k for k in range(len(windows)) if k != ours)] if ours >= most else [*range(len(windows))]
    sums = _Sums([], [], [], [])
    for k in range(0, min(most, len(windows)), rows.lines):
        listed = {n + 1: windows[n] for n in order[k : min(k + rows.lines, most)]}
        _column(sheet, teller, listed, rows.first, sums)
    if len(windows) > most:
        sums.others.extend(_others(sheet, [products[n] for n in order[most:]], rows))
    return sums


def _read(window: Window) -> str:
    """Return words for the rows and columns of each map that are read; '' if that is all."""
    rows, cols = window.map.shape[-2:]
    if min(window.height, window.width) < 2 or (window.height, window.width) == (rows, cols):
        return ""
    last = window.row + window.height, window.col + window.width
    return f", rows {window.row + 1} to {last[0]} and columns {window.col + 1} to {last[1]} of each map"


def _map(sheet: StepSheet, teller: Teller, windows: Sequence[Window], titles: int, at: _Rows) -> Sequence[Reference]:
    k, _ = _followed(teller, windows)
    window, (rows, cols) = windows[k], windows[k].map.shape[-2:]
    square = min(LARGEST_SQUARE, (WIDTH - MARGIN - sheet.width - AXIS) // cols)
    if not _read(window) or rows > at.lines * at.each or square < LEAST_SQUARE:
        return ()
    axis = sheet.col(AXIS)
    area = sheet.at(at.first, sheet.cols(cols, square), rows, cols)
    what = ", and the window" if window.part == VALUE else f": {len(window.cells)} numbers computed from it"
    sheet.say(titles, area.col, f"{_map_word(window)} {k + 1}{what}", "head")
    places = [[(*window.channel, r, c) for c in range(cols)] for r in range(rows)]
    sheet.squares(area, [[_cell_of(teller, window, each) for each in line] for line in places])
    sheet.axis(area, left=axis, above=area.row + rows if rows < at.lines * at.each else 0)
    inside = sheet.at(at.first + window.row, area.col + window.col, window.height, window.width)
    sheet.frame(inside)
    return (area,)


def _column(sheet: StepSheet, teller: Teller, windows: Mapping[int, Window], first: int, sums: _Sums) -> None:
    size = next(iter(windows.values()))
    height, width = size.height, size.width
    name = sheet.col(NAME)
    numbers, sign = sheet.cols(width, NUMBER), sheet.col(22)
    weights, equals = sheet.cols(width, NUMBER), sheet.col(22)
    made = sheet.col(76)
    sheet.col(12)
    for k, (number, window) in enumerate(windows.items()):
        row = first + k * (height + 1)
        middle = row + height // 2
        sheet.say(middle, name, f"from {_map_word(window)} {number}", "left_small")
        for n, (cell, weight) in enumerate(zip(window.cells, window.weights, strict=True)):
            u, v = divmod(n, width)
            style = "small_box" if teller.thread.get(window.map) == cell else "small"
            assert window.filter is not None
            sheet.number(row + u, numbers + v, _cell_of(teller, window, cell), style)
            sheet.number(row + u, weights + v, teller.operand(window.filter, weight), style)
        sheet.say(middle, sign, "×", "sign_small")
        sheet.say(middle, equals, "=", "sign_small")
        read, met = sheet.at(row, numbers, height, width), sheet.at(row, weights, height, width)
        product: Expression = SUMPRODUCT(read, met) if read.size > 1 else read * met
        sums.numbers.append(read)
        sums.weights.append(met)
        sums.listed.append(sheet.number(middle, made, product, "strong"))


def _cell_of(teller: Teller, window: Window, cell: Index) -> Reference:
    return teller.elements.cell(Element(window.map, window.part, cell))


def _scores(sheet: StepSheet, teller: Teller, value: Value, index: Index, rows: _Rows) -> None:
    label, col = sheet.col(34), sheet.col(84)
    first, step = rows.first, max(1, ceil(21 / rows.tall))
    sheet.say(first - 1, label, f"all {value.data.size} scores", "head")
    for k, at in enumerate(indices_of(value)):
        row = first + k * step
        sheet.canvas.put(row, label, k, "story_label", height=step)
        style = "strong_box" if at == index else "number"
        sheet.number(row, col, teller.value(value, at), style, height=step)
    sheet.colour(sheet.at(first, col, value.data.size * step))


def _map_word(window: Window) -> str:
    return "map" if len(window.map.shape) > 2 else "row"


def _others(sheet: StepSheet, products: Sequence[Expression], at: _Rows) -> list[Reference]:
    if len(products) > MOST_OTHERS:
        return []
    col, found = sheet.col(64), list[Reference]()
    first, *rows = range(at.first, at.first + at.lines * at.each)
    for k, formula in enumerate(products):
        if k and k % len(rows) == 0:
            col = sheet.col(64)
        found.append(sheet.number(rows[k % len(rows)], col, formula, "small"))
    sheet.say(first, found[0].col, f"the other {len(products)} maps, summed the same way", "head")
    return found


def _areas(cells: Sequence[Reference]) -> list[Reference]:
    by_column: dict[int, list[Reference]] = {}
    for cell in cells:
        by_column.setdefault(cell.col, []).append(cell)
    return [column[0].to(column[-1]) for column in by_column.values()]


def _total(
    sheet: StepSheet,
    teller: Teller,
    windows: Sequence[Window],
    sums: _Sums,
    bias: OperandLike | None,
    own: Reference,
    remark: str = "",
) -> tuple[int, int]:
    """Draw the sum of the channels and the bias, in a row below; return that row, and the column behind the sum.

    Of very many channels only the first ones have a sum: the others are the rest of the network's number, so that
    nothing is checked there.
    """
    row, worked = sheet.row(38), sheet.row(26)
    widths = SUMS_BACK if bias is None else SUMS
    label, number, plus, added, equals, made, check, room = sheet.slots(2, *widths)
    is_whole = len(sums.listed) + len(sums.others) == len(windows)
    whole: Expression = SUM(*_areas([*sums.listed, *sums.others])) if is_whole else own.cells
    if bias is None:
        sheet.say(row, added[0], "all sums, added up:", "right", width=added[1])
        together = whole
    else:
        sheet.say(row, label[0], "all sums:", "right", width=label[1])
        sheet.say(row, plus[0], "+ bias", "right", width=plus[1])
        inside = sheet.number(row, added[0], bias, width=added[1])
        total_cell = sheet.number(row, number[0], whole if is_whole else own - inside, "number", width=number[1])
        together = total_cell + inside
    sheet.say(row, equals[0], "=", "sign", width=equals[1])
    result = sheet.number(row, made[0], together, "result", width=made[1])
    if is_whole:
        sheet.check(row, check[0], result, own, width=check[1], room=room[1])
    added_here = result if bias is None else total_cell
    parts = added_up(sums.listed, added_here)
    if more := len(windows) - len(sums.listed):
        parts[-2:] = [f" + {more} more = ", spelled(added_here)]
    sheet.write_out(worked, *parts)
    if note := [remark] if remark else _one_product(teller, windows):
        sheet.add_note(20, *note)
    return row, sum(room)


def _one_product(teller: Teller, windows: Sequence[Window]) -> list[OperandLike]:
    k, n = _followed(teller, windows)
    window = windows[k]
    if n is None or window.filter is None:
        return []
    pair = _cell_of(teller, window, window.cells[n]), teller.operand(window.filter, window.weights[n])
    product = multiplied(*pair, as_expression(pair[0]) * pair[1])
    return [f"One of the products, from {_map_word(window)} {k + 1}: ", *product, "."]
