"""The cells that one element of a tensor reads, and their distances, which other elements share."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from excel_export.formulas import Expression
from excel_export.sheets.explain.packed_addresses import ROW
from excel_export.views import terms
from excel_export.views.alike import STILL, Moves

ITSELF, OF_FIRST, OF_OTHER, OF_ALONE = range(4)
"""The origin of a cell's distance: none, the first cell that moves, the first of other tensors, the summand without a
factor."""
Firsts = tuple[Any, ...]
"""The first cells of an element, as codes (whole numbers for cells), or formulas if the sheet chooses cells."""


@dataclass(unsafe_hash=True)  # not frozen, which takes five times as long to make
class PatternLine:
    """One line of a pattern, which lists the cells that an element reads: a cell and its factor, by their distances.

    PatternLine(OF_FIRST, 16384, 16384) is the cell one row below the first cell, times the factor one row below the
    first factor. Each field is a column of a table.
    """

    moves: int
    """The origin of the distance: ITSELF for none, OF_FIRST for the first cell that moves from element to element,
    OF_OTHER for the first in another tensor than that cell's, OF_ALONE for the summand without a factor."""
    cell: int | Expression
    """The distance as a code (2^14 a row, 1 a column); the cell's own code for ITSELF."""
    factor: int
    """The distance of its factor from the first one; NONE for no factor."""
    beside: int | None = None
    """The code of a cell: the line counts if the number there is `ElementCells.wanted`. None if it always counts."""
    tensor: int | None = None
    """The number of the cell's tensor in the list of tensors, from 1 on; None for a cell of no tensor."""
    factor_tensor: int | None = None
    """The number of the factor's tensor; None for no factor, or one in no tensor."""

    @classmethod
    def columns(cls) -> list[str]:
        """Return the heads of the columns: ['moves', 'cell', 'factor', 'beside', 'tensor', 'factor_tensor']."""
        return [each.name for each in fields(cls)]


@dataclass(kw_only=True, eq=False)  # not frozen, which takes five times as long to make
class ElementCells:
    """The cells that an element of a tensor reads, as codes (2^14 a row, 1 a column) and distances between codes."""

    account: terms.Account
    """The terms of the element: Account((Term(B3, D3),)) for B3·D3."""
    cells: tuple[int | Expression, ...]
    """The distance of each term's cell from its origin; the code of the cell itself for ITSELF."""
    moves: tuple[int, ...]
    """The origin of each distance, as `PatternLine.moves`."""
    factors: tuple[int, ...]
    """The distance of each term's factor from the first factor; NONE for no factor."""
    owners: tuple[int, ...]
    """The tensors of the first term's cell and factor, the second's, …, and of the summand without a factor: `id`s of
    their grids, id(None) for none. B3·D3 + C3·E3 has five."""
    firsts: Firsts
    """The codes of the first cell, the first factor, the first cell of other tensors, and the summand without a factor:
    (49154, 49156, 0, 0) for B3·D3; 0 for none."""
    tensors: tuple[int, ...]
    """The tensors of the four `firsts`, as `id`s of their grids."""
    wanted: Expression | None
    """The number with which the cells beside are compared; None if all lines count."""

    @property
    def kind(self) -> tuple[object, ...]:
        """Fields of this element, equal for two with the same distances in the same tensors, as B3·D3 and C3·E3."""
        return (self.cells, self.moves, self.factors, self.owners, bool(self.account.spelled))

    def moved(self, moves: Moves, own: Moves) -> Firsts:
        """Return the `firsts` of an element with other shifts: 49154 becomes 65538 for a tensor shifted down a row.

        `moves` are the shifts of its tensors, {id: (1, 0)}, and `own` those with which this one was made.
        """
        if moves is own:
            return self.firsts
        pairs = zip(self.firsts, self.tensors, strict=True)
        return tuple(address + step(moves, tensor) - step(own, tensor) for address, tensor in pairs)


def step(moves: Moves, tensor: int) -> int:
    """Return the change of a cell's code by the shift of its tensor: 2^14 a row and 1 a column; 0 without a shift.

    Example:
        >>> step({7: (1, 1)}, 7), step({7: (1, 1)}, 8)
        (16385, 0)
    """
    down, right = moves.get(tensor, STILL)
    return down * ROW + right


def steps_of(found: Sequence[Firsts], shape: tuple[int, ...]) -> list[list[int]] | None:
    """Return the steps of the elements' first cells along each dimension, for each first cell a list.

    A dimension of size 1 has the step 0. None if they do not move evenly, or for fewer than two elements.

    Example:
        >>> steps_of([(5,), (6,), (15,), (16,)], (2, 2)), steps_of([(5,), (6,), (15,), (17,)], (2, 2))
        ([[10, 1]], None)
        >>> steps_of([(5, 20), (6, 20)], (1, 2))
        [[0, 1], [0, 0]]
    """
    if len(found) != math.prod(shape) or len(found) < 2:
        return None
    # From one element to the next along each dimension; one that has a single element has no step.
    apart = [math.prod(shape[k + 1 :]) if size > 1 else 0 for k, size in enumerate(shape)]
    along = []
    for addresses in zip(*found, strict=True):
        if not all(type(address) is int for address in addresses):
            return None
        steps = [addresses[k] - addresses[0] for k in apart]
        evenly = [addresses[0]]
        for size, each in zip(shape, steps, strict=True):
            evenly = [address + k * each for address in evenly for k in range(size)]
        if [*addresses] != evenly:
            return None
        along.append(steps)
    return along
