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

from excel_export.formulas import (
    AND,
    IF,
    INDEX,
    RANK,
    Expression,
    Index,
    OperandLike,
    Reference,
    as_expression,
    equal,
    joined,
    unequal,
)
from excel_export.graph.graph import Value
from excel_export.sheets.cross_entropies import cross_entropies
from excel_export.sheets.start.first_screen import largest_input
from excel_export.sheets.steps import from_pixels, network_map
from excel_export.sheets.steps.network_boxes import NetworkMap, map_of
from excel_export.sheets.steps.step_sheet import WIDTH, StepSheet, spelled
from excel_export.sheets.steps.teller import Teller, indices_of, is_whole
from excel_export.sheets.steps.written import written
from excel_export.views.elements import VALUE, Element
from excel_export.workbook import format_rules

BAND = 224
"""The height of the picture, in pixels."""
LARGEST_SQUARE = 26
"""The largest side of a pixel of the picture, in pixels of the screen."""
MOST_SIDE = 32
"""The most rows and columns of a picture."""
GAP = 16
"""The space behind a column of inputs, in pixels."""
ROWS = 18
"""The number of rows beside the map of the network if no input is a picture."""
LEAST_SQUARE = 12
"""The least side of a square that a map of the network makes smaller."""
LARGE = 28
"""The height of a pixel that is shown large, in pixels."""
NOTE = 14
"""The height of the line below the network, in pixels."""
BAND_OF_STEPS = 264
"""The height of what is above the text, in pixels, if steps from the pixels are drawn in place of formulas."""
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
    """Draw the inputs, the largest as a picture if it is an image, and the network as boxes."""
    largest = largest_input(teller.book)
    picture = largest if largest and _is_picture(largest) else None
    parameters = teller.book.graph.of_kind("parameter")
    count = sum(value.data.size for value in parameters)
    kinds = "weights" if all("weight" in value.name for value in parameters) else "weights and biases"
    wrong = "The loss measures how wrong its answer is."
    sheet.head(
        "The inputs, and the network that processes them",
        joined(task(teller.book), f" {wrong}")
        if (task := teller.book.story.task)
        else f"The network learns its {count:,} {kinds}. {wrong}",
    )
    titles = sheet.row(22)
    network = map_of(teller.elements)
    square = min(LARGEST_SQUARE, BAND // (picture.shape[-2] if picture else ROWS))
    while square > LEAST_SQUARE and network_map.rows_over(network, square) * square > BAND:
        square -= 1
    first = (sheet.row(14) if picture else titles) + 1
    steps = from_pixels.levels(teller)
    large = None
    if picture:
        area = _draw_picture(sheet, teller, picture, titles, first, square)
        large = _enlarged(picture, [each.index for each in steps[-1] if each.value is picture] if steps else [])
        for r, c in large.framed:
            sheet.frame(sheet.at(area.row + r, area.col + c))
    others = [value for value in teller.book.graph.of_kind("input") if value is not picture and value.data.size]
    inputs = _Inputs(others, square, len(large.cols) if large else 0)
    col, note, title = inputs.add_columns(sheet), ceil(NOTE / square), ceil(from_pixels.TITLE / square)
    total = _parameters(network, count, kinds)
    below, end = first + network_map.rows_over(network, square) + note * bool(total), first + BAND // square
    pixels: dict[Reference, Reference] = {}
    has_steps = (
        large is not None
        and below + ceil(from_pixels.height(len(large.rows)) / square) < first + BAND_OF_STEPS // square
        and inputs.rows <= below - first
        and from_pixels.fits(teller, steps, large.pixels, sheet.width, network_map.pitch_of(sheet, network))
    )
    if has_steps and large:
        tall, row = ceil(from_pixels.NUMBER / square), below + 2 * title
        sheet.say(below, col, "frame, enlarged", "head_small", height=title, width=len(large.cols))
        pixels = _enlarge(sheet, teller, large, (row, col), title, tall)
        inputs.draw(sheet, teller, range(first, below), first, col)
        end = row + tall * len(large.rows) + 1
    elif large and large.rows:
        tall = max(1, round(LARGE / square))
        sheet.say(titles, col, "frame, enlarged", "head")
        _enlarge(sheet, teller, large, (first, col), 1, tall)
        behind = first + tall * len(large.rows) + ceil(14 / square)
        inputs.draw(sheet, teller, range(first, end), behind, col)
    else:
        inputs.draw(sheet, teller, range(first, end), first, col)
    said = "the network, from left to right: each box shows the number we follow and, below it, its sheet"
    right = sheet.last_col + 1
    sheet.say(titles, right, said, "head")
    network_map.draw_over(sheet, teller, network, first, square)
    if total:
        sheet.say(below - note, right, total, "note_small", height=note, width=sheet.last_col - right + 1)
    if has_steps:
        from_pixels.draw(sheet, teller, steps, pixels, (below, right - 1), square, sheet.pixels(right))
    sheet.rows(max(below, end) - first, square)
    _write(sheet, teller, [] if has_steps else _formulas_behind(teller))


def _parameters(network: NetworkMap, count: int, kinds: str) -> str:
    """Return the sum of the boxes' parameters, '50 + 230 = 280 parameters: …'; '' if it is not their count."""
    numbers = [number for number in network_map.parameters_of(network) if number]
    if len(numbers) < 2 or sum(numbers) != count:
        return ""
    return f"{' + '.join(f'{number:,}' for number in numbers)} = {count:,} parameters: {kinds}"


def _write(sheet: StepSheet, teller: Teller, formulas: Sequence[OperandLike]) -> None:
    """Write what is followed, why, formulas, and what the colours mean, in rows below."""
    sheet.say(sheet.row(22), 2, _followed(teller), "worked")
    lines = [*formulas, *_why_class(teller)][:MOST_LINES] or [""]
    for line in lines:
        sheet.say(sheet.row(20), 2, line, "note")
    sheet.say(sheet.row(16), 2, LEGEND, "note_small")


LEGEND = (
    "Blue means positive, sand negative; gradients use orange and purple. Within a layer's maps, the same colour means "
    "the same number. ✓ means that the number equals the one on Network. Numbers are rounded only for display. You can "
    "change the yellow cells."
)


def _is_picture(value: Value) -> bool:
    return len(value.shape) > 1 and min(value.shape[-2:]) > 2 and max(value.shape[-2:]) <= MOST_SIDE


def _followed(teller: Teller) -> OperandLike:
    if not teller.beads:
        return "Nothing in this network is learned."
    weight = teller.beads[0]
    number, met = teller.operand(weight.value, weight.index), teller.elements.at(weight.slope)
    said = f"We follow one weight to the loss and back: {teller.cited(weight.value, weight.index)}, which is "
    meets: list[OperandLike] = []
    if met and met.part == "value":
        by = spelled(teller.operand(met.value, met.index))
        meets = [f" It is multiplied by {teller.cited(met.value, met.index)}, which is ", by, "."]
    return joined(said, spelled(number), ".", *meets)


def _why_class(teller: Teller) -> list[OperandLike]:
    """Return a text for why a score of no true class is followed, as long as it is the largest of them; else none."""
    entropy = next(iter(cross_entropies(teller.book.graph)), None)
    index = teller.thread.get(entropy.logits) if entropy else None
    if entropy is None or index is None or entropy.target.data.size > 1:
        return []
    followed, label = teller.value(entropy.logits, index), as_expression(teller.operand(entropy.target))
    scores = teller.value(entropy.logits, entropy.classes[0]).to(teller.value(entropy.logits, entropy.classes[-1]))
    k = entropy.classes.index(index)
    # Not COUNTIF(scores, ">" & followed): a criterion has 15 digits, so that the number itself may seem to be larger.
    rank = RANK(followed, scores) - (INDEX(scores, label + 1) > followed) * 1
    said = f"We follow class {k}: of the wrong answers, it has the highest score."
    return [IF(AND(unequal(label, k), equal(rank, 1)), said, "")]


def _formulas_behind(teller: Teller) -> list[OperandLike]:
    """Return the formulas of the number by which the weight is multiplied, back to the inputs, if short."""
    found: list[OperandLike] = []
    element = teller.elements.at(teller.beads[0].slope) if teller.beads else None
    while element and element.part == "value" and element.value in teller.elements.makers and len(found) < MOST_LINES:
        account = teller.elements.forward(element.value, element.index)
        cells = [term.cell for term in account.terms if isinstance(term.cell, Reference)]
        if not account.spelled or not 0 < len(account.terms) == len(cells) <= MOST_NUMBERS:
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


@dataclass(frozen=True)
class _Enlarged:
    """The pixels that are shown large: those in the frame; for a single one, its neighbours, too."""

    picture: Value
    framed: Sequence[tuple[int, int]]
    rows: range
    cols: range

    @property
    def pixels(self) -> list[Element]:
        """All that are shown, in reading order."""
        lead = (0,) * (len(self.picture.shape) - 2)
        return [Element(self.picture, VALUE, (*lead, r, c)) for r in self.rows for c in self.cols]


def _enlarged(picture: Value, indices: Sequence[Index]) -> _Enlarged:
    framed = [(row, col) for *_, row, col in indices]
    around, ranges = int(len(framed) == 1), []
    for size, places in zip(picture.shape[-2:], zip(*framed, strict=True), strict=False):
        ranges.append(range(max(0, min(places) - around), min(size, max(places) + around + 1)))
    if not ranges or max(map(len, ranges)) > MOST_ENLARGED:
        ranges = [range(0), range(0)]
    return _Enlarged(picture, framed, *ranges)


def _enlarge(
    sheet: StepSheet, teller: Teller, large: _Enlarged, at: tuple[int, int], axis: int, tall: int
) -> dict[Reference, Reference]:
    """Draw pixels large, each `tall` rows high, from the row and the column `at` on, below `axis` rows for their columns.

    Return the cell of each, by its cell in the network.
    """
    first, col = at
    # What the weight meets is spelled on the next sheet as computed numbers are.
    element = teller.elements.at(teller.beads[0].slope) if teller.beads else None
    is_plain = is_whole(large.picture) and (element is None or element.value is not large.picture)
    plain, box = ("whole", "box_whole") if is_plain else ("small", "small_box")
    sheet.say(first, col - 2, "→", "sign_small", height=tall * len(large.rows))
    found, pixels = {}, iter(large.pixels)
    for v, c in enumerate(large.cols):
        sheet.canvas.put(first - axis, col + v, c + 1, "story_axis_large", height=axis)
    for u, r in enumerate(large.rows):
        row = first + u * tall
        sheet.canvas.put(row, col - 1, r + 1, "story_axis_large", height=tall)
        for v, c in enumerate(large.cols):
            style, index = box if (r, c) in large.framed else plain, next(pixels).index
            cell = sheet.number(row, col + v, teller.operand(large.picture, index), style, height=tall)
            found[teller.value(large.picture, index)] = cell
    return found


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


@dataclass(frozen=True)
class _Inputs:
    """The inputs beside the picture, and the number of columns of pixels that are shown large."""

    values: Sequence[Value]
    square: int
    enlarged: int

    @property
    def size(self) -> tuple[int, int]:
        """The number of columns, and the pixels of each: an input's number takes as many as are needed for pixels."""
        pieces = max(1, ceil(self.enlarged / self.across))
        return self.across * pieces, (114 if self.across == 1 else 62) // min(2, pieces)

    @property
    def across(self) -> int:
        """The most columns of an input."""
        return max((min(MOST_ACROSS, _rows(value)[1]) for value in self.values), default=1)

    @property
    def tall(self) -> int:
        """The sheet's rows for a row of numbers."""
        return ceil(22 / self.square)

    @property
    def rows(self) -> int:
        """The sheet's rows for all inputs below one another."""
        return sum((min(_rows(value)[0], MOST_DOWN) + 1) * self.tall + 1 for value in self.values)

    def add_columns(self, sheet: StepSheet) -> int:
        """Add the columns; return the first, or the sheet's last if there is nothing to show."""
        if not (self.values or self.enlarged):
            return sheet.last_col
        col = sheet.cols(*self.size)
        sheet.col(GAP)
        return col

    def draw(self, sheet: StepSheet, teller: Teller, lines: range, row: int, col: int) -> None:
        """Draw the inputs below one another in the rows `lines`, from a row and a column on, or in further columns."""
        size, across, tall = self.size, self.across, self.tall
        pieces = size[0] // across
        for value in self.values:
            rows, cols = _rows(value)
            shown, wide = min(rows, MOST_DOWN), min(cols, across)
            more = "" if shown * wide == value.data.size else f", {shown * wide} of {value.data.size}"
            if row + (shown + 1) * tall > lines.stop:
                if sheet.width > WIDTH // 2:
                    break
                col, row = sheet.cols(*size), lines.start
                sheet.col(GAP)
            width = sheet.last_of(col + size[0] - 1) - col + 1
            sheet.say(row, col, f"{value.called}{more}", "note", height=tall, width=width)
            style = "whole" if is_whole(value) else "number" if across < 4 else "small"
            indices = indices_of(value)
            for r in range(shown):
                for c in range(wide):
                    at, place, down = indices[r * cols + c], col + c * pieces, row + (r + 1) * tall
                    sheet.number(down, place, teller.operand(value, at), style, height=tall, width=pieces)
            row += (shown + 1) * tall + 1


def _rows(value: Value) -> tuple[int, int]:
    """Return the rows and columns of a tensor as a table; the last dimension lies across, not in a list."""
    cols = value.shape[-1] if len(value.shape) > 1 else 1
    return value.data.size // max(1, cols), cols
