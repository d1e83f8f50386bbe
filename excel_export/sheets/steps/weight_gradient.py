"""A weight's gradient: two maps multiplied number by number, and added up.

what it met      ×     what came back     =     products     Σ    1.1077
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from excel_export.formulas import IF, ROUND, SUM, Index, OperandLike, Reference, equal, joined
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import terms
from excel_export.sheets.steps.step_sheet import StepSheet, bracketed, spelled
from excel_export.sheets.steps.teller import Teller
from excel_export.sheets.steps.written import multiplied
from excel_export.views.elements import GRADIENT, Element
from excel_export.workbook.calibri import text_width

BAND = 230
"""The height of a map, in pixels."""
LARGEST_SQUARE = 24
"""The largest side of a square, in pixels."""
MOST_SIDE = 26
PLACE = "the place followed"
"""The key in a teller's results of the share of the weight's gradient that comes through the number followed."""


@dataclass(frozen=True)
class _Uses:
    """Each use of a weight: the number by which it is multiplied, and the gradient that comes back to that place."""

    numbers: list[list[Element]]
    gradients: list[list[Element]]


def _uses(teller: Teller, call: Call, value: Value, index: Index) -> _Uses | None:
    account = teller.elements.backward(call, value, index)
    terms = account.terms if account else ()
    pairs = [(teller.elements.at(term.factor), teller.elements.at(term.cell)) for term in terms]
    if len(pairs) < 4 or any(met is None or came is None or came.part != GRADIENT for met, came in pairs):
        return None
    found = [(met, came) for met, came in pairs if met and came]
    if any(len(came.index) < 2 or came.index[:-2] != found[0][1].index[:-2] for _, came in found):
        return None
    rows, cols = (sorted({came.index[axis] for _, came in found}) for axis in (-2, -1))
    if len(rows) * len(cols) != len(found) or min(len(rows), len(cols)) < 2 or max(len(rows), len(cols)) > MOST_SIDE:
        return None
    width = len(cols)
    lines = [found[k : k + width] for k in range(0, len(found), width)]
    return _Uses([[met for met, _ in line] for line in lines], [[came for _, came in line] for line in lines])


def draw(sheet: StepSheet, teller: Teller, call: Call, value: Value, index: Index) -> None:
    """Draw the gradient of the weight `value[index]`: as maps if a convolution uses it, else term by term."""
    sheet.aside = teller.index(index)
    uses = _uses(teller, call, value, index) if len(teller.elements.readers[value]) == 1 else None
    if uses is None:
        terms.draw_backward(sheet, teller, call, value, index, terms.OF_WEIGHT)
        sheet.head(
            "A weight's gradient: wherever it was used, added up",
            "At each use: the number that it met, times the gradient that came back to that place.",
        )
        return
    rows, cols = len(uses.numbers), len(uses.numbers[0])
    square = min(LARGEST_SQUARE, BAND // rows, 300 // cols)
    sheet.head(
        "A weight's gradient: wherever it was used, added up",
        f"This weight was used {rows * cols} times, once at each place of its window. At each: the number it met, times the gradient that came back.",
    )
    titles, labels = sheet.row(22), sheet.row(12)
    first = sheet.rows(rows, square)
    row, worked, talk = sheet.row(38), sheet.row(28), sheet.row(26)
    axis = sheet.col(14)
    met = sheet.at(first, sheet.cols(cols, square), rows, cols)
    sign = sheet.col(34)
    came = sheet.at(first, sheet.cols(cols, square), rows, cols)
    equals = sheet.col(34)
    product = sheet.at(first, sheet.cols(cols, square), rows, cols)
    sigma, result_col, check = sheet.col(30), sheet.col(106), sheet.col(24)
    sheet.col(66)
    middle = first + rows // 2
    for col, text in ((sign, "×"), (equals, "="), (sigma, "Σ")):
        sheet.say(middle, col, text, "sign", height=ceil(30 / square))
    sheet.squares(met, [[teller.value(each.value, each.index) for each in line] for line in uses.numbers])
    sheet.squares(came, [[teller.gradient(each.value, each.index) for each in line] for line in uses.gradients])
    sheet.squares(product, [[met.at(r, c) * came.at(r, c) for c in range(cols)] for r in range(rows)])
    sheet.colour(met)
    for area in (came, product):
        sheet.colour(area, is_grad=True)
    sheet.axis(met, left=axis, above=labels)
    sheet.axis(came, above=labels)
    sheet.axis(product, above=labels)
    heads = (f"what it met: {uses.numbers[0][0].value.called}", "∂L/∂ map: what came back", "met × came back")
    is_narrow = any(text_width(head, 11, bold=True) > cols * square + 30 for head in heads)
    for area, head, short in zip((met, came, product), heads, ("met", "came back", "product"), strict=True):
        sheet.say(titles, area.col, short if is_narrow else head, "head")
    result = sheet.number(middle, result_col, SUM(product), "result", height=ceil(34 / square))
    sheet.say(middle - max(1, 24 // square), result_col, "∂L/∂ weight", "middle", height=max(1, 24 // square))
    sheet.check(middle, check, result, teller.gradient(value, index), height=ceil(34 / square))
    place = _place(teller, uses, (value, index) == (teller.beads[0].value, teller.beads[0].index))
    sheet.say(row, 2, f"The weight: {teller.called(value, index)}.", "note")
    _write_out(sheet, (met, came, product), result, worked, place)
    if (value, index) == (teller.beads[0].value, teller.beads[0].index):
        teller.results[PLACE] = product.at(*place).fixed
    by = spelled(0.001 * result)
    said = "Raise this weight by 0.001, and the loss changes by about 0.001 × "
    grows = joined(said, bracketed(result), " = ", by, f".{_cut(uses, place)}")
    sheet.say(talk, 2, grows, "sentence")


def _cut(uses: _Uses, at: tuple[int, int]) -> str:
    """Return a sentence on a place of the numbers that is another one in their whole map; '' if it is the same."""
    met = uses.numbers[at[0]][at[1]]
    if met.index[-2:] == at:
        return ""
    here, there = (f"row {down + 1}, column {right + 1}" for down, right in (at, met.index[-2:]))
    return f" The map at the left is shifted: its {here} is {there} of {met.value.called}."


def _place(teller: Teller, uses: _Uses, is_ours: bool) -> tuple[int, int]:
    sizes = {
        (r, c): abs((teller.elements.number(each) or 0.0) * (teller.elements.number(uses.gradients[r][c]) or 0.0))
        for r, line in enumerate(uses.numbers) for c, each in enumerate(line)
    }  # fmt: skip
    followed = teller.beads[1].index[-2:] if is_ours else ()
    return next((at for at in sizes if at == followed), max(sizes, key=lambda at: sizes[at]))


def _write_out(
    sheet: StepSheet, maps: tuple[Reference, Reference, Reference], result: Reference, row: int, at: tuple[int, int]
) -> None:
    down, right = at
    for area in maps:
        sheet.frame_place(area, down + 1, right + 1)
    a, b, p = (area.at(down, right) for area in maps)
    parts: list[OperandLike] = [
        f"The framed place (row {down + 1}, column {right + 1}): ", *multiplied(a, b, p),
        "; the other places: ", spelled(result - p), "; together ", spelled(result),
        "  (this place: ", IF(equal(result, 0), 0, ROUND(100 * p / result, 0)), " %)",
    ]  # fmt: skip
    sheet.write_out(row, *parts)
