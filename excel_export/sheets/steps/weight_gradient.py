"""A weight's gradient: two maps multiplied number by number, and added up.

what it met      ×     what came back     =     products     Σ    1.1077
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product as product_of
from math import ceil

from excel_export.formulas import IF, ROUND, SUM, Index, Reference, equal, joined
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import curve, terms
from excel_export.sheets.steps.step_sheet import MARGIN, WIDTH, StepSheet, bracketed, spelled
from excel_export.sheets.steps.teller import Teller
from excel_export.sheets.steps.written import multiplied
from excel_export.views.elements import GRADIENT, Element
from excel_export.workbook.calibri import line_pixels, text_width

HEADING = "A weight's gradient: a sum over all its uses"
BAND = 178
"""The largest side of a map, in pixels."""
LEAST_SQUARE = 10
"""The least side of a square beside which the curve of the loss has room, in pixels."""
PIECE = 3
"""The rows and columns of the numbers around the place that counts most."""
NUMBER = 44
"""The least width of a number, in pixels; squares of this side show theirs."""
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
        sheet.head(HEADING, "Each use adds the input times the output's gradient to the weight's gradient.")
        return
    rows, cols = len(uses.numbers), len(uses.numbers[0])
    is_ours = (value, index) == (teller.beads[0].value, teller.beads[0].index)
    square = min(NUMBER, BAND // rows, BAND // cols)
    with_curve = is_ours and square >= LEAST_SQUARE and curve.is_drawn(teller)
    sheet.head(HEADING, _sentence(teller.called(value, index), rows * cols))
    titles, labels = sheet.row(22), sheet.row(12)
    first = sheet.rows(rows, square)
    nearby, pieces = sheet.row(24), sheet.rows(PIECE, 22)
    worked, talk = sheet.row(28), sheet.row(28)
    axis = sheet.col(14)
    met = sheet.at(first, sheet.cols(cols, square), rows, cols)
    sign = sheet.col(34)
    came = sheet.at(first, sheet.cols(cols, square), rows, cols)
    equals = sheet.col(34)
    product = sheet.at(first, sheet.cols(cols, square), rows, cols)
    sigma, result_col, check = sheet.col(30), sheet.col(106), sheet.col(24)
    sheet.col(60)
    middle = first + rows // 2
    for col, text in ((sign, "×"), (equals, "="), (sigma, "Σ")):
        sheet.say(middle, col, text, "sign", height=ceil(30 / square))
    style = "small" if square >= NUMBER else "square"
    sheet.squares(met, [[teller.value(each.value, each.index) for each in line] for line in uses.numbers], style)
    sheet.squares(came, [[teller.gradient(each.value, each.index) for each in line] for line in uses.gradients], style)
    sheet.squares(product, [[met.at(r, c) * came.at(r, c) for c in range(cols)] for r in range(rows)], style)
    downward, across = [line[0].index[-2] + 1 for line in uses.numbers], [e.index[-1] + 1 for e in uses.numbers[0]]
    sheet.axis(met, left=axis, above=labels, rows=downward, cols=across)
    sheet.axis(came, above=labels)
    sheet.axis(product, above=labels)
    heads = (f"inputs: {uses.numbers[0][0].value.called}", "gradients: ∂L/∂map", "input × gradient")
    is_narrow = any(text_width(head, 11, bold=True) > cols * square + 30 for head in heads)
    for area, head, short in zip((met, came, product), heads, ("input", "gradient", "product"), strict=True):
        sheet.say(titles, area.col, short if is_narrow else head, "head")
    result = sheet.number(middle, result_col, SUM(product), "result", height=ceil(34 / square))
    title = ceil(line_pixels(11) / square)
    sheet.say(middle - title, result_col, "∂L/∂weight", "middle", height=title)
    sheet.check(middle, check, result, teller.gradient(value, index), height=ceil(34 / square))
    place = _place(teller, uses, is_ours)
    if is_ours:
        teller.results[PLACE] = product.at(*place).fixed
    of_numbers, *of_gradients = _draw_nearby(sheet, (met, came, product), place, (nearby, pieces), (sign, equals))
    sheet.colour(*of_numbers)
    for areas in of_gradients:
        sheet.colour(*areas, is_grad=True)
    _write_out(sheet, (met, came, product), result, worked, place)
    by = spelled(0.001 * result)
    said = "Raise this weight by 0.001, and the loss changes by about 0.001 × "
    sheet.say(talk, 2, joined(said, bracketed(result), " = ", by, "."), "sentence")
    if with_curve:
        curve.draw(sheet, teller, range(titles, nearby), range(nearby, talk + 1))


def _sentence(name: str, count: int) -> str:
    said = f" was used {count} times, once per position of its window. Its gradient is the sum of input × output's gradient over all uses."
    named = f"The {name}{said}"
    return named if text_width(named, 12) < WIDTH - 2 * MARGIN else f"This weight{said}"


def _place(teller: Teller, uses: _Uses, is_ours: bool) -> tuple[int, int]:
    sizes = {
        (r, c): abs((teller.elements.number(each) or 0.0) * (teller.elements.number(uses.gradients[r][c]) or 0.0))
        for r, line in enumerate(uses.numbers) for c, each in enumerate(line)
    }  # fmt: skip
    followed = teller.beads[1].index if is_ours else ()
    ours = (at for at in sizes if uses.gradients[at[0]][at[1]].index == followed)
    return next(ours, max(sizes, key=lambda at: sizes[at]))


def _draw_nearby(
    sheet: StepSheet, maps: tuple[Reference, Reference, Reference], at: tuple[int, int], rows: tuple[int, int],
    signs: tuple[int, int],
) -> list[tuple[Reference, ...]]:  # fmt: skip
    """Draw the numbers around a place below each map, and frame them in it; without room, frame the place alone.

    Return for each map all that share its colours: the map, and the numbers below it.
    """
    span = maps[0].width // PIECE
    square = sheet.pixels_of(maps[0].col)
    if maps[0].height < PIECE or square >= NUMBER or span * square < NUMBER:
        for area in maps:
            sheet.frame_place(area, at[0] + 1, at[1] + 1)
        return [(area,) for area in maps]
    titles, first = rows
    top, left = (min(max(0, k - 1), size - PIECE) for k, size in zip(at, (maps[0].height, maps[0].width), strict=True))
    pieces = [sheet.at(first, area.col, PIECE, PIECE * span) for area in maps]
    met, came, product = pieces
    sheet.say(titles, met.col, "the nine framed squares, in numbers", "note_small")
    for down, right in product_of(range(PIECE), repeat=2):
        style = "small_box" if (top + down, left + right) == at else "small"
        for area, piece in zip(maps[:2], pieces, strict=False):
            shown = area.at(top + down, left + right)
            sheet.number(first + down, piece.col + right * span, shown, style, width=span)
        a, b = (sheet.at(first + down, piece.col + right * span) for piece in (met, came))
        sheet.number(first + down, product.col + right * span, a * b, style, width=span)
    sheet.say_all(first + 1, dict(zip(signs, "×=", strict=True)), "sign_small")
    for area in maps:
        sheet.frame(area.at(top, left).to(area.at(top + PIECE - 1, left + PIECE - 1)))
    return [*zip(maps, pieces, strict=True)]


def _write_out(
    sheet: StepSheet, maps: tuple[Reference, Reference, Reference], result: Reference, row: int, at: tuple[int, int]
) -> None:
    a, b, p = (area.at(*at) for area in maps)
    share = IF(equal(result, 0), 0, ROUND(100 * p / result, 0))
    sheet.write_out(
        row, *multiplied(a, b, p), ": ", share, f"% of the sum of all {maps[0].size} products, ", spelled(result)
    )
