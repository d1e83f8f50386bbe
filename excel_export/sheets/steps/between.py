"""A gradient that comes home by many ways: a few gradients that came back, each times its weight, and all the others.

Beside them stands all that the first of these gradients is the sum of.

∂L/∂ second conv (channel 3, row 2, column 6)    0.3238  ×  0.3617  =  0.1171      −0.1488  ×  −1.3426  =  0.1998
and 42 more, of which 36 are 0                                         0.0025       0.0837  ×   1.0153  =  0.0850
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from excel_export.formulas import COUNTIF, SUM, Index, OperandLike, Reference, as_expression, joined, total
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import sources
from excel_export.sheets.steps.step_sheet import StepSheet, spelled
from excel_export.sheets.steps.teller import Teller
from excel_export.sheets.steps.written import multiplied
from excel_export.views.story import has_weights
from excel_export.views.terms import Account, Term

LISTED, LINES = 3, 5
"""Products that are listed, and the rows of these, of the others and of all."""
ROW = 22
IN_FULL = (20, 62, 62, 20, 62, 62, 62)
"""The pixels of a gap, and of a name, a gradient, ×, its weight, = and the product: as those of a window's numbers, and one more."""


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


def draw(sheet: StepSheet, teller: Teller, found: LayerBetween, cols: Sequence[int]) -> list[OperandLike]:
    """Draw it in the columns of a label, two that stay empty, the gradient, ×, the weight, =, the product and ✓; return it as a line."""
    label, _, _, arrives, times, by, equals, made, check = cols
    ordered = sorted(found.account.terms, key=lambda term: -_rank(teller, term))
    listed, others = ordered[:LISTED], ordered[LISTED:]
    heading = sheet.row(ROW)
    layer = found.layer.outputs[0].called
    sheet.say(heading, label, f"Back through {layer}: gradient × weight, added up", "head")
    sheet.say_all(heading, {arrives: "∂L/∂ arrives", by: "weight", made: "product"}, "middle")
    first = sheet.rows(LISTED, ROW)
    for row, term in enumerate(listed, start=first):
        sheet.say(row, label, teller.name_of(term.cell), "right")
        a = sheet.number(row, arrives, teller.content_of(term.cell))
        b = sheet.number(row, by, teller.content_of(term.factor))
        sheet.say_all(row, {times: "×", equals: "="}, "center")
        sheet.number(row, made, a * b, "strong")
    rest, last = sheet.row(ROW), sheet.row(ROW)
    own, gains = teller.gradient(found.value, found.index), teller.elements.gains(found.layer, found.value)
    assert gains is not None
    counted, areas = _uses(teller, ordered)
    more: OperandLike = f"and {len(others)} more, together"
    if areas:
        zeros = total([COUNTIF(area, 0) for area in areas]) - COUNTIF(sheet.at(first, arrives, LISTED), 0)
        more = joined(f"and {len(others)} more, of which ", zeros, " are 0, together")
    sheet.say(rest, label, more, "right")
    whole = as_expression(teller.whole(gains.element(found.index), own))
    sheet.number(rest, made, whole - SUM(sheet.at(first, made, LISTED)), "strong")
    sheet.say(last, label, "all of them, added up", "right")
    sheet.say(last, equals, "=", "center")
    result = sheet.number(last, made, SUM(sheet.at(first, made, LISTED + 1)), "strong")
    sheet.check(last, check, result, own)
    a, b, product = (sheet.at(first, col) for col in (arrives, by, made))
    count = f" is one of {len(ordered)} products{counted}; all of them, added up: "
    return [*multiplied(a, b, product), count, spelled(result)]


def draw_first_in_full(
    sheet: StepSheet, teller: Teller, found: LayerBetween, first: Reference, behind: int, lines: int
) -> None:
    """Draw how the first gradient that arrives comes about, further right: all products of the layer behind, added up.

    `first` is where it stands in the table; in columns from `behind` on, so many lines are there for the products and their sum.
    """
    element = teller.elements.at(max(found.account.terms, key=lambda term: _rank(teller, term)).cell)
    layer, products = sources.products_behind(teller, element.value, element.index) if element else ("", ())
    if len(products) < 2:
        return
    if len(products) >= lines:
        products = sorted(products, key=teller.size_of, reverse=True)
    shown = products if len(products) < lines else products[: lines - 2]
    (name, _), (left, _), (times, _), (right, _), (equals, _), (made, _) = sheet.slots(behind, *IN_FULL)[1:]
    said = joined(spelled(first), f" in full: ∂L/∂ of {layer} × its weight")
    sheet.say(first.row - 1, name, said, "head_small")
    for row, term in enumerate(shown, start=first.row):
        arrives = teller.elements.at(term.cell)
        sheet.say(
            row, name, teller.places(arrives.value, arrives.index).partition(",")[0] if arrives else "", "note_small"
        )
        a = sheet.number(row, left, teller.content_of(term.cell), "small")
        b = sheet.number(row, right, teller.content_of(term.factor), "small")
        sheet.say_all(row, {times: "×", equals: "="}, "center")
        sheet.number(row, made, a * b, "small")
    products_drawn = sheet.at(first.row, made, len(shown))
    row = first.row + len(shown)
    if len(shown) < len(products):
        sheet.say(row, name, f"and {len(products) - len(shown)} more, together", "note_small")
        sheet.number(row, made, first - SUM(products_drawn), "small")
        products_drawn, row = sheet.at(first.row, made, len(shown) + 1), row + 1
    sheet.say(row, equals, "=", "center")
    sheet.number(row, made, SUM(products_drawn), "strong")


def _uses(teller: Teller, terms: Sequence[Term]) -> tuple[str, Sequence[Reference]]:
    """How many channels, rows and columns a number was used in, ' (5 channels × 3 rows × 3 columns)'; and their gradients.

    Nothing where these are no full rows and columns.
    """
    found = [element for term in terms if (element := teller.elements.at(term.cell))]
    if len(found) < len(terms) or len({element.value for element in found}) > 1:
        return "", ()
    lines: dict[Index, list[Reference]] = {}
    for element in sorted(found, key=lambda each: each.index):
        lines.setdefault(element.index[:-2], []).append(teller.gradient(element.value, element.index))
    areas = [cells[0].to(cells[-1]) for cells in lines.values()]
    if sum(area.size for area in areas) != len(terms):
        return "", ()
    names = teller.elements.index_names.of(found[0].value)
    counts = [len(set(at)) for at in zip(*(element.index for element in found), strict=True)]
    said = [f"{count} {name}s" for count, name in zip(counts, names, strict=True) if count > 1]
    return f" ({' × '.join(said)})" * (len(said) > 1 and prod(counts) == len(terms)), areas


def _rank(teller: Teller, term: Term) -> float:
    """The product that the story follows stands first, then the largest."""
    element = teller.elements.at(term.cell)
    is_ours = element is not None and teller.thread.get(element.value) == element.index
    return float("inf") if is_ours else teller.size_of(term)
