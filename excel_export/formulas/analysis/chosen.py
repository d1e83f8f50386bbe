"""The cells that a formula reads: those that it names, and those that numbers on the sheet choose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from excel_export.formulas import AND, Expression, FunctionCall, Index, Reference, Referred, equal


def cells_of(expression: Expression, index: Index = ()) -> list[Reference]:
    """Every cell that one formula reads, once each, in the order of the formula; not those that it reads by name."""
    found: dict[Reference, None] = {}
    for reference in ranges_of(expression, index):
        found |= dict.fromkeys(reference.each())
    return list(found)


def ranges_of(expression: Expression, index: Index = ()) -> list[Reference]:
    """The cells and the rectangles of cells that one formula reads; not those that it reads by name."""
    found: list[Reference] = []
    for token in expression.tokens(index):
        references = token if isinstance(token, tuple) else [token] if isinstance(token, Reference) else []
        found += [each.plain for each in references]
    return found


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
        return self.cells.at(0), self.cells.last


@dataclass(frozen=True, eq=False)
class Found(_Chosen):
    """The one cell that INDEX finds."""

    places: tuple[Expression, ...]
    """Its row in the rectangle, and its column where there are several; counted from 1."""

    def each(self) -> Iterator[tuple[Reference, Expression]]:
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
        for cell, number in zip(self.cells.each(), self.beside.each(), strict=True):
            yield cell, equal(number, self.wanted)


Chosen = Found | Matching
"""Cells that numbers on the sheet choose."""


def chosen(formula: FunctionCall) -> Chosen:
    """What the SUMIF or INDEX of a single formula chooses."""
    if formula.function == "SUMIF":
        beside, wanted, cells = formula.arguments
        return Matching(_rectangle(cells), _rectangle(beside), wanted)
    box, *places = formula.arguments
    return Found(_rectangle(box), tuple(places))


def _rectangle(cells: Expression) -> Reference:
    if not isinstance(cells, Referred):  # a range up to where a formula leads
        raise TypeError("only a rectangle of cells is chosen from")
    return cells.reference.plain
