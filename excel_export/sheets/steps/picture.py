"""The inputs, and the whole network as a map: a box for each step, with the number that the story follows.

the picture       253  254        first conv → ReLU → second conv → …  ↘
. . # # .     →   253  227          0.8450                              loss
. . . # .         number 5                            digit read → … ↗  0.3988
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from excel_export.formulas import Expression, Index, OperandLike, Reference, as_expression, equal, joined
from excel_export.graph.graph import Value
from excel_export.sheets.start.first_screen import largest_input
from excel_export.sheets.steps import network_map
from excel_export.sheets.steps.network_boxes import map_of
from excel_export.sheets.steps.step_sheet import WIDTH, StepSheet, spelled
from excel_export.sheets.steps.teller import Teller, indices_of, is_whole
from excel_export.sheets.steps.written import written
from excel_export.workbook import format_rules

BAND = 224
"""The height of the picture, in pixels."""
LARGEST_SQUARE = 26
"""The largest side of a pixel of the picture, in pixels of the screen."""
MOST_SIDE = 32
"""The most rows and columns of a picture."""
GAP = 10
"""The space behind a column of inputs, in pixels."""
ROWS = 18
"""The number of rows beside the map of the network if no input is a picture."""
MOST_FRAMED = 16
"""The most pixels in a frame."""
MOST_ENLARGED = 4
"""The most rows and columns that are shown large."""
MOST_LINES = 3
"""The most formulas of numbers behind the weight's."""
MOST_NUMBERS = 4
"""The most numbers in each of these formulas."""
MOST_DOWN = 6
"""The most rows of an input that is shown as numbers."""
MOST_ACROSS = 6
"""The most columns of an input that is shown as numbers."""


def draw(sheet: StepSheet, teller: Teller) -> None:
    """Draw the inputs, and the map of the network."""
    largest = largest_input(teller.book)
    picture = largest if largest and _is_picture(largest) else None
    count = sum(value.data.size for value in teller.book.graph.of_kind("parameter"))
    said = f"{count:,} weights and biases make one number of it, the loss."
    sheet.head(
        "What goes in, and the network that works on it",
        joined(task(teller.book), f" {said}") if (task := teller.book.story.task) else said,
    )
    titles = sheet.row(22)
    rows = picture.shape[-2] if picture else ROWS
    square = min(LARGEST_SQUARE, BAND // rows)
    if picture:
        sheet.row(14)
        rows = max(rows, BAND // square)
    network = map_of(teller.elements)
    first = sheet.rows(max(rows, network_map.rows_over(network, square)), square)
    below, more = sheet.row(22), sheet.row(20)
    large = None
    if picture:
        area = _draw_picture(sheet, teller, picture, titles, first, square)
        large = _enlarged(picture, _framed(teller, picture))
        for r, c in large.framed:
            sheet.frame(sheet.at(area.row + r, area.col + c), equal(1, 1))
    col = _draw_inputs(sheet, teller, picture, range(first, below), square, large)
    if large and large.rows:
        sheet.say(titles, col, "frame, enlarged", "head")
    said = "the network, from left to right: in each box the number that we follow, below it the sheet that explains it"
    sheet.say(titles, sheet.last_col + 1, said, "head")
    network_map.draw_over(sheet, teller, network, first, square)
    sheet.say(below, 2, _followed(teller), "worked")
    lines = _formulas_behind(teller)
    for row, line in zip((more, *(sheet.row(20) for _ in lines[1:])), lines, strict=False):
        sheet.say(row, 2, line, "note")
    sheet.say(sheet.row(16), 2, LEGEND, "note_small")


LEGEND = (
    "Blue above 0, sand below; on the way back orange and purple. In maps of a layer equal colours are equal numbers. "
    "✓: Network has the same number. Numbers are rounded for the eye only; yellow cells are yours to change."
)


def _is_picture(value: Value) -> bool:
    return len(value.shape) > 1 and min(value.shape[-2:]) > 2 and max(value.shape[-2:]) <= MOST_SIDE


def _followed(teller: Teller) -> OperandLike:
    if not teller.beads:
        return "Nothing in this network is learned."
    weight = teller.beads[0]
    number, met = teller.operand(weight.value, weight.index), teller.elements.at(weight.slope)
    said = f"We follow one weight, to the loss and back: {teller.called(weight.value, weight.index)}, which is "
    meets: list[OperandLike] = []
    if met and met.part == "value":
        by = spelled(teller.operand(met.value, met.index))
        meets = [f" It is multiplied by {teller.called(met.value, met.index)}: ", by, "."]
    return joined(said, spelled(number), ".", *meets)


def _formulas_behind(teller: Teller) -> list[OperandLike]:
    """Return the formulas of the number by which the weight is multiplied, back to the inputs, if short."""
    found: list[OperandLike] = []
    element = teller.elements.at(teller.beads[0].slope) if teller.beads else None
    while element and element.part == "value" and element.value in teller.elements.makers and len(found) < MOST_LINES:
        account = teller.elements.forward(element.value, element.index)
        cells = [term.cell for term in account.terms if isinstance(term.cell, Reference)]
        if not account.spelled or not len(account.terms) == len(cells) <= MOST_NUMBERS:
            break
        formula = written(account, lambda cell, _: _named_number(teller, cell))
        made = spelled(teller.value(element.value, element.index))
        found.append(joined(f"{element.value.called}: ", *formula, " = ", made))
        element = teller.elements.at(cells[0])
    return [joined(line, ".") for line in reversed(found)]


def _named_number(teller: Teller, cell: object) -> Expression:
    assert isinstance(cell, Reference)
    element = teller.elements.at(cell)
    if element is not None and element.value.kind == "constant":
        return joined(spelled(cell), f" ({element.value.called})")
    is_plain = element is not None and element.value.kind == "input" and is_whole(element.value)
    return as_expression(cell) if is_plain else spelled(cell)


def _framed(teller: Teller, picture: Value) -> list[tuple[int, int]]:
    element = teller.elements.at(teller.beads[0].slope) if teller.beads else None
    level = [element] if element and element.part == "value" else []
    makers = teller.elements.makers
    while level and all(each.value in makers for each in level) and len(level) <= MOST_FRAMED:
        accounts = [teller.elements.forward(each.value, each.index) for each in level]
        read = [teller.elements.at(term.cell) for account in accounts for term in account.terms]
        if any(each and each.part != "value" for each in read):  # a number beside a result, such as a sum of parts
            return []
        level = [each for each in read if each and each.value.kind in ("intermediate", "input")]
    return [each.index[-2:] for each in level if each.value is picture]  # type: ignore[misc]


@dataclass(frozen=True)
class _Enlarged:
    """The pixels that are shown large: those in the frame; for a single one, its neighbours, too."""

    picture: Value
    framed: Sequence[tuple[int, int]]
    rows: range
    cols: range


def _enlarged(picture: Value, framed: Sequence[tuple[int, int]]) -> _Enlarged:
    around, ranges = int(len(framed) == 1), []
    for size, places in zip(picture.shape[-2:], zip(*framed, strict=True), strict=False):
        ranges.append(range(max(0, min(places) - around), min(size, max(places) + around + 1)))
    if not ranges or max(map(len, ranges)) > MOST_ENLARGED:
        ranges = [range(0), range(0)]
    return _Enlarged(picture, framed, *ranges)


def _enlarge(sheet: StepSheet, teller: Teller, large: _Enlarged, first: int, col: int, square: int) -> int:
    tall, lead = max(1, round(30 / square)), (0,) * (len(large.picture.shape) - 2)
    # A single one is what the weight meets: on the next sheet it is spelled as computed numbers are.
    is_plain = is_whole(large.picture) and len(large.framed) > 1
    plain, box = ("whole", "box_whole") if is_plain else ("small", "small_box")
    sheet.say(first, col - 2, "→", "sign_small", height=tall * len(large.rows))
    for v, c in enumerate(large.cols):
        sheet.canvas.put(first - 1, col + v, c + 1, "story_axis_large")
    for u, r in enumerate(large.rows):
        row = first + u * tall
        sheet.canvas.put(row, col - 1, r + 1, "story_axis_large", height=tall)
        for v, c in enumerate(large.cols):
            style = box if (r, c) in large.framed else plain
            sheet.number(row, col + v, teller.operand(large.picture, (*lead, r, c)), style, height=tall)
    return first + tall * len(large.rows) + ceil(14 / square)


def _draw_picture(sheet: StepSheet, teller: Teller, picture: Value, titles: int, first: int, square: int) -> Reference:
    rows, cols = picture.shape[-2:]
    lead: Index = (0,) * (len(picture.shape) - 2)
    area = sheet.at(first, sheet.cols(cols, square), rows, cols)
    sheet.squares(area, [[teller.operand(picture, (*lead, r, c)) for c in range(cols)] for r in range(rows)])
    scale = format_rules.image_scale() if (np.asarray(picture.data) >= 0).all() else format_rules.value_scale(area)
    sheet.canvas.format(area, scale)
    sheet.axis(area, left=area.col - 1, above=first - 1)
    sheet.say(titles, area.col, picture.called, "head")
    for pixels in (22, 18):  # an arrow, and the numbers of rows
        sheet.col(pixels)
    return area


def _draw_inputs(
    sheet: StepSheet, teller: Teller, picture: Value | None, lines: range, square: int, large: _Enlarged | None
) -> int:
    others = [value for value in teller.book.graph.of_kind("input") if value is not picture and value.data.size]
    enlarged = len(large.cols) if large else 0
    if not (others or enlarged):
        return sheet.last_col
    tall = ceil(22 / square)
    across = max((min(MOST_ACROSS, _rows(value)[1]) for value in others), default=1)
    # A number of an input takes as many columns as are needed for the pixels.
    pieces = max(1, ceil(enlarged / across))
    size = across * pieces, (114 if across == 1 else 62) // min(2, pieces)
    first = col = sheet.cols(*size)
    sheet.col(GAP)
    row = _enlarge(sheet, teller, large, lines.start, col, square) if large and enlarged else lines.start
    for value in others:
        rows, cols = _rows(value)
        shown, wide = min(rows, MOST_DOWN), min(cols, across)
        more = "" if shown * wide == value.data.size else f", {shown * wide} of {value.data.size}"
        if row + (shown + 1) * tall > lines.stop:
            if sheet.width > WIDTH // 2:
                break
            col, row = sheet.cols(*size), lines.start
            sheet.col(GAP)
        sheet.say(
            row, col, f"{value.called}{more}", "note", height=tall, width=sheet.last_of(col + size[0] - 1) - col + 1
        )
        style = "whole" if is_whole(value) else "number" if across < 4 else "small"
        indices = indices_of(value)
        for r in range(shown):
            for c in range(wide):
                at, place = indices[r * cols + c], col + c * pieces
                sheet.number(row + (r + 1) * tall, place, teller.operand(value, at), style, height=tall, width=pieces)
        row += (shown + 1) * tall + 1
    return first


def _rows(value: Value) -> tuple[int, int]:
    """Return the rows and columns of a tensor as a table; the last dimension lies across, not in a list."""
    cols = value.shape[-1] if len(value.shape) > 1 else 1
    return value.data.size // max(1, cols), cols
