"""A gradient that comes home by many ways: a few gradients that came back, each times its weight, and all the others.

∂L/∂ second conv (channel 3, row 2, column 6)    0.3238  ×  0.3617  =  0.1171      0.0208   0   −0.0113
and 42 more                                                            0.0353      0        0    0.0099
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from excel_export.formulas import SUM, Index, OperandLike, Reference, as_expression
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import sources
from excel_export.sheets.steps.step_sheet import StepSheet, spelled
from excel_export.sheets.steps.teller import Teller
from excel_export.sheets.steps.written import multiplied
from excel_export.views.story import has_weights
from excel_export.views.terms import Account, Term

LISTED, LINES, OTHERS = 3, 9, 45
"""Products that are listed; the rows of the others, and how many of these have a cell each."""
ROW, OTHER = 22, 62


@dataclass(frozen=True)
class LayerBetween:
    """A layer between two steps back, and an element that its way back leads to."""

    layer: Call
    value: Value
    index: Index
    account: Account


def find(teller: Teller, calls: Sequence[Call]) -> LayerBetween | None:
    """The layer before the last of some calls, on the way back, that has one which no other sheet tells of."""
    told = [step.call for step in teller.steps if step.what == "backward"]
    for call in reversed(calls):
        value = call.outputs[0]
        readers, index = teller.elements.readers.get(value, ()), teller.thread.get(value)
        if len(readers) != 1 or index is None or readers[0] in told or not has_weights(readers[0]):
            continue
        account = teller.elements.backward(readers[0], value, index)
        if account and not account.spelled and len(account.terms) > LISTED and _meets_weights(account):
            return LayerBetween(readers[0], value, index, account)
    return None


def _meets_weights(account: Account) -> bool:
    return all(isinstance(part, Reference) for term in account.terms for part in term)


def draw(
    sheet: StepSheet, teller: Teller, found: LayerBetween, cols: Sequence[int], *, is_first: bool
) -> list[OperandLike]:
    """Draw it in the columns of a label, where a gradient comes from, the gradient, ×, the weight, =, the product and ✓; return it as a line.

    Where it stands first, what is drawn behind it needs the columns at the right.
    """
    label, source, beside, arrives, times, by, equals, made, check = cols
    ordered = sorted(found.account.terms, key=lambda term: -_rank(teller, term))
    listed, others = ordered[:LISTED], ordered[LISTED:]
    heading = sheet.row(ROW)
    layer = found.layer.outputs[0].called
    sheet.say(heading, label, f"Back through {layer}: gradient × weight, added up", "head")
    first = sheet.rows(LISTED, ROW)
    for row, term in enumerate(listed, start=first):
        sheet.say(row, label, teller.name_of(term.cell), "right")
        element = teller.elements.at(term.cell)
        by_layer, said = sources.product_behind(teller, element.value, element.index) if element else ("", "")
        if by_layer:
            sheet.say(heading, beside, f"by {by_layer}:", "note_small")
            sheet.say(row, source, said, "middle_small", width=sheet.last_of(beside) - source + 1)
        a = sheet.number(row, arrives, teller.content_of(term.cell))
        b = sheet.number(row, by, teller.content_of(term.factor))
        sheet.say_all(row, {times: "×", equals: "="}, "center")
        sheet.number(row, made, a * b, "strong_box" if row == first else "strong")
    rest, last = sheet.row(ROW), sheet.row(ROW)
    products, own = sheet.at(first, made, LISTED), teller.gradient(found.value, found.index)
    sheet.say(rest, label, f"and {len(others)} more, together", "right")
    more = (
        SUM(_others(sheet, teller, others, (heading, check)))
        if len(others) <= (LINES if is_first else OTHERS)
        else own - SUM(products)
    )
    sheet.number(rest, made, more, "strong")
    sheet.say(last, label, "all of them, added up", "right")
    sheet.say(last, equals, "=", "center")
    result = sheet.number(last, made, SUM(sheet.at(first, made, LISTED + 1)), "strong_box")
    sheet.check(last, check, result, own)
    a, b, product = (sheet.at(first, col) for col in (arrives, by, made))
    count = f" is one of {len(ordered)} products; all of them, added up: "
    return [*multiplied(a, b, product), count, spelled(result)]


def _rank(teller: Teller, term: Term) -> float:
    """The product that the story follows stands first, then the largest."""
    element = teller.elements.at(term.cell)
    is_ours = element is not None and teller.thread.get(element.value) == element.index
    return float("inf") if is_ours else teller.size_of(term)


def _others(sheet: StepSheet, teller: Teller, others: Sequence[Term], at: tuple[int, int]) -> Reference:
    """The other products, each in a small cell, in columns behind the sign; return all of them."""
    heading, check = at
    lines = LINES if len(others) > LINES else len(others)
    cols = [col for col in range(check + 2, sheet.last_col + 1) if sheet.pixels_of(col) >= OTHER]
    while len(cols) < ceil(len(others) / lines):
        cols.append(sheet.col(OTHER))
    said = f"the other {len(others)} products" if len(others) > 1 else "the other product"
    sheet.say(heading, cols[0], said, "middle_small", width=2)
    for k, term in enumerate(others):
        product = as_expression(teller.content_of(term.cell)) * teller.content_of(term.factor)
        sheet.number(heading + 1 + k % lines, cols[k // lines], product, "tiny")
    return sheet.at(heading + 1, cols[0], lines, cols[ceil(len(others) / lines) - 1] - cols[0] + 1)
