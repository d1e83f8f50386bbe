"""One element of a tensor: the cells that it reads, and how they lie to those of other elements."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from excel_export.formulas import Expression
from excel_export.sheets.explain.packed_addresses import ROW
from excel_export.views import terms
from excel_export.views.alike import STILL, Moves

ITSELF, OF_FIRST, OF_OTHER, OF_ALONE = range(4)
"""What the distance of a cell counts from: nothing, the first cell that moves, the first of other tensors, and what is
added alone."""
Firsts = tuple[Any, ...]
"""Where the cells of an element begin: whole numbers, and formulas where the sheet chooses cells."""


@dataclass(unsafe_hash=True)  # not frozen, which takes five times as long to make
class PatternLine:
    """One line of a pattern: a cell that the element reads, and what it meets there; each field is a column."""

    moves: int
    """What its distance counts from."""
    cell: int | Expression
    """That distance; the cell itself, where it counts from nothing."""
    factor: int
    """The distance of its factor from the first one; NONE where it meets none."""
    beside: int | None = None
    """The cell whose number says whether it counts."""
    tensor: int | None = None
    """The number of its tensor."""
    factor_tensor: int | None = None

    @classmethod
    def columns(cls) -> list[str]:
        """What stands in the table."""
        return [each.name for each in fields(cls)]


@dataclass(kw_only=True, eq=False)  # not frozen, which takes five times as long to make
class ElementCells:
    """The cells of an element: those of its terms, and what they meet."""

    account: terms.Account
    cells: tuple[int | Expression, ...]
    moves: tuple[int, ...]
    factors: tuple[int, ...]
    owners: tuple[int, ...]
    """The tensors of all of them."""
    firsts: Firsts
    """The first cell, the first factor, the first cell of other tensors, and what is added alone."""
    tensors: tuple[int, ...]
    """The ids of the tensors that these lie in."""
    wanted: Expression | None

    @property
    def kind(self) -> tuple[object, ...]:
        """A key that is equal for elements whose cells lie alike."""
        return (self.cells, self.moves, self.factors, self.owners, bool(self.account.spelled))

    def moved(self, moves: Moves, own: Moves) -> Firsts:
        """Where the cells begin of an element that comes about alike; its own have been moved, too."""
        if moves is own:
            return self.firsts
        pairs = zip(self.firsts, self.tensors, strict=True)
        return tuple(address + step(moves, tensor) - step(own, tensor) for address, tensor in pairs)


def step(moves: Moves, tensor: int) -> int:
    """What is added to the code of a tensor's cell where it is moved."""
    down, right = moves.get(tensor, STILL)
    return down * ROW + right


def steps_of(found: Sequence[Firsts], shape: tuple[int, ...]) -> list[list[int]] | None:
    """The steps of the cells of elements along each dimension, where these move evenly; None where they don't."""
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
