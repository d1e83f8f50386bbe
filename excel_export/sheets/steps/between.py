"""A gradient that comes home by many ways: a few gradients that came back, each times its weight, and all the others.

Beside them stands all that the first of these gradients is the sum of.

∂L/∂ second conv (channel 3, row 2, column 6)    0.3238  ×  0.3617  =  0.1171      −0.1488  ×  −1.3426  =  0.1998
and 42 more, of which 36 are 0                                         0.0025       0.0837  ×   1.0153  =  0.0850
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from excel_export.formulas import COUNTIF, SUM, Index, OperandLike, Reference, joined, total
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import sources
from excel_export.sheets.steps.step_sheet import StepSheet, spelled
from excel_export.sheets.steps.teller import Teller
from excel_export.sheets.steps.written import multiplied
from excel_export.views.story import has_weights
from excel_export.views.terms import Term

LISTED, LINES, ROW = 3, 5, 22
"""Products that are listed; the rows of these, of the others and of all; and the pixels of a row."""
IN_FULL = (20, 62, 62, 20, 62, 62, 62)
"""The pixels of a gap, and of a name, a gradient, ×, its weight, = and the product.

All but the last are those of a window of two columns and its gradients, which stands below in the same columns.
"""


@dataclass(frozen=True)
class LayerBetween:
    """A layer between two steps back, and an element that its way back leads to."""

    layer: Call
    value: Value
    index: Index
    products: Sequence[Term]
    """What the element's gradient is the sum of: the product that the story follows first, then the largest."""


def find(teller: Teller, calls: Sequence[Call]) -> LayerBetween | None:
    """The layer before the last of some calls, on the way back, that has one which no other sheet tells of."""
    told = [step.call for step in teller.steps if step.what == "backward"]
    for call in reversed(calls):
        value = call.outputs[0]
        readers, index = teller.elements.readers.get(value, ()), teller.thread.get(value)
        if len(readers) != 1 or index is None or readers[0] in told or not has_weights(readers[0]):
            continue
        products = sorted(sources.products_of(teller, value, index), key=lambda term: -_rank(teller, term))
        if len(products) > LISTED:
            return LayerBetween(readers[0], value, index, products)
    return None


def draw(sheet: StepSheet, teller: Teller, found: LayerBetween, cols: Sequence[int]) -> list[OperandLike]:
    """Draw it in the columns of a label, two that stay empty, the gradient, ×, the weight, =, the product and ✓; return it as a line."""
    label, _, _, arrives, _, by, _, made, check = cols
    heading, first = sheet.row(ROW), sheet.rows(LINES, ROW)
    sheet.say(heading, label, f"Back through {found.layer.outputs[0].called}: gradient × weight, added up", "head")
    sheet.say_all(heading, {arrives: "∂L/∂ arrives", by: "weight", made: "product"}, "middle")
    for row, term in enumerate(found.products[:LISTED], start=first):
        sheet.say(row, label, teller.name_of(term.cell), "right")
    counted, areas = _uses(teller, found.products)
    more: OperandLike = f"and {len(found.products) - LISTED} more, "
    if areas:
        zeros = total([COUNTIF(area, 0) for area in areas]) - COUNTIF(sheet.at(first, arrives, LISTED), 0)
        more = joined(more, "of which ", zeros, " are 0, ")
    sheet.say(first + LISTED, label, joined(more, "together"), "right")
    own = teller.gradient(found.value, found.index)
    result = _add_up(sheet, teller, found.products, LISTED, first, own, cols[3:8], ("number", "strong"))
    sheet.say(result.row, label, "all of them, added up", "right")
    sheet.check(result.row, check, result, own)
    a, b, product = (sheet.at(first, col) for col in (arrives, by, made))
    count = f" is one of {len(found.products)} products{counted}; all of them, added up: "
    return [*multiplied(a, b, product), count, spelled(result)]


def draw_first_in_full(
    sheet: StepSheet, teller: Teller, found: LayerBetween, first: Reference, behind: int, lines: int
) -> None:
    """Draw how the first gradient that arrives comes about, further right: all products of the layer behind, added up.

    `first` is where it stands in the table; in columns from `behind` on, so many lines are there for the products and their sum.
    """
    element = teller.elements.at(found.products[0].cell)
    layer, products = sources.products_behind(teller, element.value, element.index) if element else ("", ())
    if len(products) < 2:
        return
    most = len(products)
    if most >= lines:
        products, most = sorted(products, key=teller.size_of, reverse=True), lines - 2
    name, *cols = (col for col, _ in sheet.slots(behind, *IN_FULL)[1:])
    sheet.say(first.row - 1, name, joined(spelled(first), f" in full: ∂L/∂ of {layer} × its weight"), "head_small")
    for row, term in enumerate(products[:most], start=first.row):
        at = teller.elements.at(term.cell)
        sheet.say(row, name, teller.places(at.value, at.index).partition(",")[0] if at else "", "note_small")
    if most < len(products):
        sheet.say(first.row + most, name, f"and {len(products) - most} more, together", "note_small")
    _add_up(sheet, teller, products, most, first.row, first, cols, ("small", "small"))


def _add_up(
    sheet: StepSheet, teller: Teller, products: Sequence[Term], most: int, row: int, whole: Reference, cols: Sequence[int],
    styles: tuple[str, str],
) -> Reference:  # fmt: skip
    """Draw so many products, a row each from a row on, the others of the whole together, and the sum, which is returned."""
    left, times, right, equals, made = cols
    first, (plain, strong) = row, styles
    for term in products[:most]:
        a = sheet.number(row, left, teller.content_of(term.cell), plain)
        b = sheet.number(row, right, teller.content_of(term.factor), plain)
        sheet.say_all(row, {times: "×", equals: "="}, "center")
        sheet.number(row, made, a * b, strong)
        row += 1
    if most < len(products):
        sheet.number(row, made, whole - SUM(sheet.at(first, made, most)), strong)
        row += 1
    sheet.say(row, equals, "=", "center")
    return sheet.number(row, made, SUM(sheet.at(first, made, row - first)), "strong")


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
    counts = [len(set(at)) for at in zip(*(element.index for element in found), strict=True)]
    named = zip(counts, teller.elements.index_names.of(found[0].value), strict=True)
    said = [f"{count} {name}s" for count, name in named if count > 1]
    return f" ({' × '.join(said)})" * (len(said) > 1 and prod(counts) == len(terms)), areas


def _rank(teller: Teller, term: Term) -> float:
    """The product that the story follows stands first, then the largest."""
    element = teller.elements.at(term.cell)
    is_ours = element is not None and teller.thread.get(element.value) == element.index
    return float("inf") if is_ours else teller.size_of(term)
