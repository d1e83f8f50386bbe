"""Functions that choose cells by numbers on the sheet: which cells may be chosen, and when each of them is."""

from __future__ import annotations

from collections.abc import Iterator

from excel_export.formulas.elements import cells_of, element_of
from excel_export.formulas.expression import Expression, FunctionCall, equal
from excel_export.formulas.functions import AND
from excel_export.formulas.reference import Reference, Referred
from excel_export.formulas.writing import Index

CHOOSING = ("SUMIF", "INDEX")


def chosen_by(expression: FunctionCall) -> list[Expression]:
    """The arguments that say which cells are chosen."""
    return expression.arguments[:2] if expression.function == "SUMIF" else expression.arguments[1:]


def choices(expression: FunctionCall, index: Index) -> Iterator[tuple[Reference, Expression]]:
    """Yield each cell that may be chosen, and the condition under which it is."""
    if expression.function == "SUMIF":
        asked, place, summed = expression.arguments
        for named, cell in zip(cells_of(asked, index), cells_of(summed, index), strict=True):
            yield cell, equal(named, element_of(place, index))
        return
    box, *found = expression.arguments
    if not isinstance(box, Referred):  # a range up to where a formula leads
        raise TypeError("only a rectangle of cells is chosen from")
    cells, width = box.reference.each(), box.reference.width
    wanted = [element_of(place, index) for place in found]
    for number, cell in enumerate(cells):
        at = (number // width + 1, number % width + 1)
        here = [equal(place, k) for place, k in zip(wanted, at, strict=False)]
        yield cell, here[0] if len(here) == 1 else AND(*here)
