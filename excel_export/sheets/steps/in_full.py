"""The terms of an arriving gradient, beside the step at which it arrives.

0.3238 in full: ∂L/∂ of 1×1 conv × its weight
map 5         −0.1488  ×  −1.3426  =  0.1998
map 3          0.1555  ×   0.9669  =  0.1504
"""

from __future__ import annotations

from collections.abc import Sequence

from excel_export.formulas import SUM, Index, Reference, joined
from excel_export.graph.graph import Value
from excel_export.sheets.steps import sources
from excel_export.sheets.steps.step_sheet import StepSheet, spelled
from excel_export.sheets.steps.teller import Teller
from excel_export.views.terms import Term

MOST = 10
"""The most products."""
GAP = 34
"""The width of the arrow to the step, in pixels."""
WIDTHS = (76, 62, 18, 62, 18, 66)
"""The widths of a name, a gradient, ×, its weight, = and the product, in pixels."""


def products(teller: Teller, value: Value, index: Index) -> Sequence[Term]:
    """Return the products whose sum an element's gradient is, or that of the one behind which passes on to it; none if
    many.
    """
    _, terms = sources.products_behind(teller, value, index)
    return terms if 1 < len(terms) <= MOST else ()


def lines_of(terms: Sequence[Term]) -> int:
    """Return the number of rows that the products take."""
    return len(terms) + 2 if terms else 0


def draw(sheet: StepSheet, teller: Teller, terms: Sequence[Term], arrives: Reference, first: int) -> None:
    """Draw the products of an arriving gradient, in rows from `first` on; `arrives` is the network's cell of
    their sum.
    """
    name, left, times, right, equals, made = (sheet.col(pixels) for pixels in WIDTHS)
    behind = teller.elements.at(terms[0].cell)
    layer = behind.value.called if behind else ""
    sheet.say(first, name, joined(spelled(arrives), f" in full: ∂L/∂ of {layer} × its weight"), "head")
    for row, term in enumerate(terms, start=first + 1):
        at = teller.elements.at(term.cell)
        sheet.say(row, name, teller.places(at.value, at.index).partition(",")[0] if at else "")
        is_ours = at is not None and teller.thread.get(at.value) == at.index
        style = "small_box" if is_ours else "small"
        a = sheet.number(row, left, teller.content_of(term.cell), style)
        b = sheet.number(row, right, teller.content_of(term.factor), style)
        sheet.say_all(row, {times: "×", equals: "="}, "center")
        sheet.number(row, made, a * b, style)
    row = first + 1 + len(terms)
    sheet.say(row, equals, "=", "center")
    result = sheet.number(row, made, SUM(sheet.at(first + 1, made, len(terms))), "strong")
    sheet.check(row, sheet.col(24), result, arrives)
    sheet.col(58)
    sheet.say(first + 4, sheet.col(GAP), "→", "arrow")
