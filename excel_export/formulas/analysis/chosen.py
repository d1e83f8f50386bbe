"""Functions that choose cells by numbers on the sheet: which cells may be chosen, and when each of them is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from excel_export.formulas import AND, Expression, FunctionCall, Index, Reference, Referred, equal
from excel_export.formulas.analysis.elements import element_of, plain

CHOOSING = ("SUMIF", "INDEX")


@dataclass(frozen=True, eq=False)
class _Chosen:
    """Some of the cells of a rectangle, which numbers on the sheet choose."""

    cells: Reference

    def each(self) -> Iterator[tuple[Reference, Expression]]:
        """Yield each cell that may be chosen, and the condition under which it is."""
        raise NotImplementedError

    @property
    def corners(self) -> tuple[Reference, Reference]:
        """The first and the last cell: what is between them that is no tensor's cell is never chosen."""
        return self.cells.at(0), self.cells.at(self.cells.height - 1, self.cells.width - 1)


@dataclass(frozen=True, eq=False)
class Found(_Chosen):
    """The one cell that INDEX finds."""

    places: tuple[Expression, ...]
    """Its row in the rectangle, and its column where there are several; counted from 1."""

    def each(self) -> Iterator[tuple[Reference, Expression]]:
        """Yield each cell of the rectangle."""
        for number, cell in enumerate(self.cells.each()):
            at = (number // self.cells.width + 1, number % self.cells.width + 1)
            here = [equal(place, k) for place, k in zip(self.places, at, strict=False)]
            yield cell, here[0] if len(here) == 1 else AND(*here)


@dataclass(frozen=True, eq=False)
class Matching(_Chosen):
    """The cells that SUMIF adds up: those beside which the number stands that is wanted."""

    beside: Reference
    wanted: Expression

    def each(self) -> Iterator[tuple[Reference, Expression]]:
        """Yield each cell of the rectangle."""
        for cell, number in zip(self.cells.each(), self.beside.each(), strict=True):
            yield cell, equal(number, self.wanted)


Chosen = Found | Matching
"""Cells that numbers on the sheet choose."""


def chosen_by(expression: FunctionCall) -> list[Expression]:
    """The arguments that say which cells are chosen."""
    return expression.arguments[:2] if expression.function == "SUMIF" else expression.arguments[1:]


def chosen(expression: FunctionCall, index: Index) -> Chosen:
    """What one formula chooses."""
    if expression.function == "SUMIF":
        beside, wanted, cells = expression.arguments
        return Matching(_rectangle(cells), _rectangle(beside), element_of(wanted, index))
    box, *places = expression.arguments
    return Found(_rectangle(box), tuple(element_of(place, index) for place in places))


def _rectangle(cells: Expression) -> Reference:
    if not isinstance(cells, Referred):  # a range up to where a formula leads
        raise TypeError("only a rectangle of cells is chosen from")
    return plain(cells.reference)
