"""Where a number comes from: the sheet that works it out; of a gradient, the products that it is the sum of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from excel_export.formulas import Expression, Index, Reference
from excel_export.graph.graph import Value
from excel_export.sheets.steps.teller import Teller, number_of
from excel_export.views.elements import GRADIENT
from excel_export.views.story import products_back, sum_back
from excel_export.views.terms import Term, is_switch


def with_sheet(teller: Teller, text: str, cells: Sequence[object]) -> str:
    """A text, and in brackets the sheet that works out all of some numbers, where one does."""
    found = {teller.sheet_of(cell) if isinstance(cell, Reference) else "" for cell in cells}
    [sheet] = found if len(found) == 1 else [""]
    return f"{text} (sheet {number_of(sheet)})" if sheet else text


def sheet_behind(teller: Teller, value: Value, index: Index) -> str:
    """The name of the sheet that works a gradient out, or that which arrives and is only let through; '' for none."""
    return next(filter(None, (teller.sheet_of(teller.gradient(*at)) for at in _let_through(teller, value, index))), "")


def products_behind(teller: Teller, value: Value, index: Index) -> tuple[str, Sequence[Term]]:
    """The layer by which a gradient comes, and the products of gradients and weights that it is the sum of; or nothing."""
    for at in _let_through(teller, value, index):
        value, index = at
    terms = products_back(teller.elements, value, index)
    arrives = teller.elements.at(terms[0].cell) if terms else None
    return (arrives.value.called, terms) if arrives else ("", ())


def _let_through(teller: Teller, value: Value, index: Index) -> Iterator[tuple[Value, Index]]:
    """An element, and those behind it whose gradient is the same: what ReLU and a pool let through."""
    yield value, index
    while len(terms := sum_back(teller.elements, value, index)) == 1:
        [term] = terms
        arrives = teller.elements.at(term.cell)
        is_open = term.factor is None or (isinstance(term.factor, Expression) and is_switch(term.factor))
        if arrives is None or arrives.part != GRADIENT or not is_open:
            return
        value, index = arrives.value, arrives.index
        yield value, index
