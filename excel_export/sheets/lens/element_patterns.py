"""One element of what a view makes: the cells that it reads, and how they lie to those of other elements."""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from excel_export.formulas import Expression, Grid, Index, Reference, unravelled
from excel_export.sheets.lens.packed_addresses import ROW
from excel_export.views import groups, terms
from excel_export.views.alike import STILL, Moves

ASIDE, FROM_ASIDE = -1, 2
"""The group of what is marked and adds nothing; and that its distance counts from the first of these."""
CANDIDATES = 8
"""So many elements of a view are looked at, to show the one that has the largest number now."""


Firsts = tuple[Any, ...]
"""Where the cells of an element begin: whole numbers, and formulas where the sheet chooses cells."""


@dataclass(unsafe_hash=True)  # not frozen, which takes five times as long to make
class PatternLine:
    """One line of a pattern: a cell that the element reads, and what it meets there; each field is a column."""

    moves: int
    """What its distance counts from: the first cell of the element at 1, the first that is read aside at 2."""
    cell: int | Expression
    """That distance; at 0 the cell itself."""
    factor: int
    """The distance of its factor from the first one; NONE where it meets none."""
    slot: int
    """The slot of its tensor, from 1 on; 0 where it has none."""
    factor_slot: int
    group: int
    place: int
    beside: int | None = None
    """The cell whose number says whether it counts."""
    tensor: int | None = None
    """The number of its tensor, of terms of a gradient."""
    factor_tensor: int | None = None
    read: tuple[object, object] | None = field(default=None, compare=False)
    """The cell and the factor of the first element with this pattern, from which its frames are worked out."""

    @classmethod
    def columns(cls) -> list[str]:
        """What stands in the table."""
        return [each.name for each in fields(cls) if each.compare]


@dataclass(kw_only=True, eq=False)  # not frozen, which takes five times as long to make
class Element:
    """The cells of an element: those of its terms, what they meet, and those that only conditions read."""

    account: terms.Account
    cells: tuple[int | Expression, ...]
    moves: tuple[int, ...]
    factors: tuple[int, ...]
    asides: tuple[int, ...]
    """Their distances from the first one."""
    owners: tuple[int, ...]
    """The tensors of all of them."""
    conditions: tuple[Reference, ...]
    firsts: Firsts
    """The first cell, the first factor, the first that only conditions read, and what is added alone."""
    tensors: tuple[int, ...]
    """The ids of the tensors that these lie in."""
    wanted: Expression | None

    @property
    def kind(self) -> tuple[object, ...]:
        """A key that is equal for elements whose cells lie alike."""
        account = self.account
        return (self.cells, self.moves, self.factors, self.asides, self.owners, account.spelled, account.bare)

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


def candidates_of(weights: np.ndarray, read: Sequence[int]) -> list[Index]:
    """The elements of which one is shown first: of those that read most, where there is most to see, all over."""
    most = weights.ravel().tolist()
    if len(read) == len(most) > 1:
        most_read = max(read)
        full = [weight if count == most_read and weight > 0 else -1 for weight, count in zip(most, read, strict=True)]
        most = full if max(full) > 0 else most
    parts = min(CANDIDATES - 1, len(most))
    ends = [k * (len(most) // parts) + min(k, len(most) % parts) for k in range(parts + 1)]
    best = [max(range(first, end), key=most.__getitem__) for first, end in ((0, len(most)), *itertools.pairwise(ends))]
    best = [k for k in best if most[k] >= 0 or k == best[0]]
    return [unravelled(k, weights.shape) for k in [*best, *best[:1] * CANDIDATES][:CANDIDATES]]


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
        for size, step in zip(shape, steps, strict=True):
            evenly = [address + k * step for address in evenly for k in range(size)]
        if [*addresses] != evenly:
            return None
        along.append(steps)
    return along


class Corners:
    """Hands out the places of slots one after another, as many as a grid of numbers has; a window keeps its shape."""

    def __init__(
        self, cells: Sequence[object], owner: Callable[[Any], Grid | None],
        index_of: Callable[[Reference], Index | None],
    ) -> None:  # fmt: skip
        self._taken: dict[int, set[int]] = {}
        self._window: dict[object, int] = {}
        self._given: dict[tuple[int, object], int] = {}
        tensors: dict[int, dict[Reference, Index]] = {}
        for cell in cells:
            index = index_of(cell) if isinstance(cell, Reference) else None
            if isinstance(cell, Reference) and index is not None:
                tensors.setdefault(id(owner(cell)), {})[cell] = index
        for cells_of_one in tensors.values():
            found = dict(sorted(cells_of_one.items(), key=lambda item: item[1]))
            places = groups.places_of([*found.values()]) if len(found) > 1 else None
            self._window |= zip(found, places or (), strict=False)

    def next(self, slot: int, cell: object = None) -> int:
        """The place of a cell in its window, or the next one of a slot; beyond the last one nothing is shown."""
        if cell is None or (slot, cell) not in self._given:
            taken = self._taken.setdefault(slot, set())
            place = self._window.get(cell, -1)
            if place < 0 or place in taken:
                place = next(k for k in itertools.count() if k not in taken)
            taken.add(place)
            self._given[slot, cell] = min(place, groups.ROOM)
        return self._given[slot, cell]

    def take(self, slot: int, place: int) -> None:
        """Keep a place of a slot."""
        self._taken.setdefault(slot, set()).add(place)
