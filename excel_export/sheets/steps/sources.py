"""The origin of a number: the sheet that computes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from excel_export.formulas import Expression, Index, Reference
from excel_export.graph.graph import Value
from excel_export.sheets.steps.teller import Teller, number_of
from excel_export.views.elements import GRADIENT
from excel_export.views.story import sum_back
from excel_export.views.terms import is_switch


def with_sheet(teller: Teller, text: str, cells: Sequence[object]) -> str:
    """Return `text` with the one sheet that computes all of `cells`, 'the scores (sheet 5)'; `text` if none does."""
    found = {teller.sheet_of(cell) if isinstance(cell, Reference) else "" for cell in cells}
    [sheet] = found if len(found) == 1 else [""]
    return f"{text} (sheet {number_of(sheet)})" if sheet else text


def sheet_behind(teller: Teller, value: Value, index: Index) -> str:
    """Return the name of the sheet so far that computes the gradient of `value[index]`, '7 back, fc'; '' for none.

    Or that of the number from which the gradient comes unchanged, as behind a ReLU: see `let_through`.
    """
    return next(filter(None, (teller.sheet_of(teller.gradient(*at)) for at in let_through(teller, value, index))), "")


def let_through(teller: Teller, value: Value, index: Index) -> Iterator[tuple[Value, Index]]:
    """Yield (x, (0, 2)), then (y, (0, 2)) for y = relu(x), and so on: a number, and the next ones as long as its
    gradient is that of the next one times 1 or 0, as with a ReLU, a pool, or a call that only moves numbers.
    """
    yield value, index
    while len(terms := sum_back(teller.elements, value, index)) == 1:
        [term] = terms
        arrives = teller.elements.at(term.cell)
        is_open = term.factor is None or (isinstance(term.factor, Expression) and is_switch(term.factor))
        if arrives is None or arrives.part != GRADIENT or not is_open:
            return
        value, index = arrives.value, arrives.index
        yield value, index
