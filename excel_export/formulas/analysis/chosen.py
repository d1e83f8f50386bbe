"""The cells that a formula reads: those that it names, and those that numbers on the sheet choose (INDEX, SUMIF)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from excel_export.formulas import AND, Expression, FunctionCall, Index, Reference, Referred, equal


def cells_of(expression: Expression, index: Index = ()) -> list[Reference]:
    """Return every single cell that one formula reads, once each and without $: [A1, A2, B1] of SUM(A1:A2)+$B$1*B1.

    They come in the order of the formula, without cells read by a defined name. `index` is that of the formula in the
    expression's shape, from 0 on; () for a single formula.

    Example:
        >>> from excel_export.formulas.functions import MAX
        >>> a1, b1 = Reference("Sheet1", 1, 1), Reference("Sheet1", 1, 2)
        >>> [cell.text("Sheet1") for cell in cells_of(MAX(b1, a1 * b1))]
        ['B1', 'A1']
    """
    found: dict[Reference, None] = {}
    for reference in ranges_of(expression, index):
        found |= dict.fromkeys(reference.each())
    return list(found)


def ranges_of(expression: Expression, index: Index = ()) -> list[Reference]:
    """Return each cell or rectangle that one formula reads, as often as it does: [A1:A2, B1, B1] of SUM(A1:A2)+$B$1*B1.

    They come in the order of the formula, without $ and without cells read by a defined name. `index` is that of the
    formula in the expression's shape, from 0 on; () for a single formula.
    """
    found: list[Reference] = []
    for token in expression.tokens(index):
        references = token if isinstance(token, tuple) else [token] if isinstance(token, Reference) else []
        found += [each.plain for each in references]
    return found


@dataclass(frozen=True, eq=False)
class _Chosen:
    cells: Reference

    def each(self) -> Iterator[tuple[Reference, Expression]]:
        raise NotImplementedError

    @property
    def corners(self) -> tuple[Reference, Reference]:
        """The rectangle's first and last cell; cells between them that belong to no tensor are never chosen."""
        return self.cells.at(0), self.cells.last


@dataclass(frozen=True, eq=False)
class Found(_Chosen):
    """The cell that INDEX reads, one of `cells`: for INDEX(A1:A3,I9), `cells` is A1:A3, and `places` is (I9,).

    `each()` yields each cell with the condition under which it is read: (A1, I9=1), (A2, I9=2), (A3, I9=3).
    """

    places: tuple[Expression, ...]
    """The formula of the row in the rectangle, (I9,), then that of the column if INDEX gets one, (I9, J9); both count
    from 1."""

    def each(self) -> Iterator[tuple[Reference, Expression]]:
        for number, cell in enumerate(self.cells.each()):
            at = (number // self.cells.width + 1, number % self.cells.width + 1)
            here = [equal(place, k) for place, k in zip(self.places, at, strict=False)]
            yield cell, here[0] if len(here) == 1 else AND(*here)


@dataclass(frozen=True, eq=False)
class Matching(_Chosen):
    """The cells that SUMIF adds up: for SUMIF(A1:A3,2,B1:B3), `cells` is B1:B3, `beside` A1:A3, `wanted` 2.

    `each()` yields each cell with its condition: (B1, A1=2), (B2, A2=2), (B3, A3=2).
    """

    beside: Reference
    """The cells that are compared, one beside each cell of the rectangle."""
    wanted: Expression
    """The number that a cell of `beside` must equal."""

    def each(self) -> Iterator[tuple[Reference, Expression]]:
        for cell, number in zip(self.cells.each(), self.beside.each(), strict=True):
            yield cell, equal(number, self.wanted)


Chosen = Found | Matching
"""Cells that numbers on the sheet choose."""


def chosen(formula: FunctionCall) -> Chosen:
    """Return the cells that a single SUMIF or INDEX reads: a `Matching` for SUMIF(A1:A3,2,B1:B3), else a `Found`.

    Raises:
        TypeError: the formula reads no rectangle of cells, but a range up to a formula's result, A1:INDEX(A1:A9,n).
    """
    if formula.function == "SUMIF":
        beside, wanted, cells = formula.arguments
        return Matching(_rectangle(cells), _rectangle(beside), wanted)
    box, *places = formula.arguments
    return Found(_rectangle(box), tuple(places))


def _rectangle(cells: Expression) -> Reference:
    if not isinstance(cells, Referred):  # a range up to where a formula leads
        raise TypeError("only a rectangle of cells is chosen from")
    return cells.reference.plain
