"""The terms of an element in groups, and what people call these: 'channel 3'."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from excel_export.formulas import Grid, Reference
from excel_export.formulas.analysis.chosen import Matching
from excel_export.views.alike import Moves
from excel_export.views.groups import ROOM, Grouped, Index, grouped
from excel_export.views.in_arrays import InArrays, are_arrays, index_of
from excel_export.views.terms import Account, Owners, cells_in

MOST_NAMED = 3
"""A group that more indices tell apart is called by its number."""


class Labels:
    """Groups the terms of elements by the tensors that these read."""

    def __init__(self, owners: Owners) -> None:
        self._owners = owners
        self._index_names: dict[int, tuple[str, ...]] = {}
        self._indices: dict[int, Mapping[Reference, Index]] = {}

    def know(self, grid: Grid, index_names: tuple[str, ...]) -> None:
        """Take what the indices of a tensor count."""
        self._index_names[id(grid)] = index_names

    def grouped(self, account: Account) -> Grouped:
        """Group the terms by the index of what each reads, or of what it meets, whichever tells them apart."""
        if account.spelled or any(isinstance(term.cell, Matching) for term in account.terms):
            count = 0 if account.spelled else math.ceil(account.count / ROOM)
            return Grouped((), (), (), tuple((k,) for k in range(count)))
        for parts in _parts(account):
            grid = self._one_grid(parts)
            if grid:
                found = self._in_grid(grid)
                indices = [found[part] for part in parts]  # type: ignore[index]
                if len(set(indices)) == len(indices):
                    return grouped(indices)
        return grouped([(k,) for k in range(len(account.terms))])

    def of_all(self, found: Iterable[tuple[Grouped, Account, Moves]]) -> dict[tuple[int, ...], tuple[Index, ...]]:
        """The labels that are the same for all elements whose groups are told apart by the same dimensions."""
        labels: dict[tuple[int, ...], set[tuple[Index, ...]]] = {}
        firsts: dict[int, list[Reference]] = {}
        for groups, account, moves in found:
            same = labels.setdefault(groups.by, set())
            if groups.by and len(same) < 2:
                if id(account) not in firsts:
                    firsts[id(account)] = self._first_of_each(groups, account)
                same.add(self._of_one(groups, firsts[id(account)], moves))
        return {by: next(iter(each)) for by, each in labels.items() if len(each) == 1}

    def _first_of_each(self, groups: Grouped, account: Account) -> list[Reference]:
        """The first cell of each group, of the tensor by which they are told apart."""
        for parts in _parts(account):
            if self._one_grid(parts):
                firsts = dict(zip(reversed(groups.groups), reversed(parts), strict=True))
                return [firsts[k] for k in range(groups.count)]  # type: ignore[misc]
        return []

    def _of_one(self, groups: Grouped, firsts: list[Reference], moves: Moves) -> tuple[Index, ...]:
        """The indices that tell the groups of one element apart; its pattern knows those of another one."""
        if not firsts:
            return ()
        grid = self._owners[firsts[0]]
        index, (down, right) = self._in_grid(grid), moves.get(id(grid), (0, 0))
        moved = [index[Reference(cell.sheet, cell.row + down, cell.col + right)] for cell in firsts]
        return tuple(tuple(each[dim] for dim in groups.by) for each in moved)

    def texts(
        self, groups: Grouped, account: Account, same: dict[tuple[int, ...], tuple[Index, ...]]
    ) -> tuple[str, ...]:
        """What each group of an element is called: 'channel 3', or 'part 2' of several; nothing where there is but one.

        `same` are the labels that are the same for all elements.
        """
        if groups.count < 2:
            return ()
        is_named = same.get(groups.by) == groups.labels and 0 < len(groups.by) <= MOST_NAMED
        cells, factors = (self._one_grid(parts) for parts in _parts(account))
        # What the indices count by which groups are told apart.
        known = self._index_names.get(id(cells or factors), ()) if is_named and (cells or factors) else ()
        names = tuple(known[k] for k in groups.by) if len(known) > max(groups.by, default=-1) else ()
        if names and len(set(groups.labels)) == groups.count:
            return tuple(
                ", ".join(f"{name} {at}" for name, at in zip(names, label, strict=True)) for label in groups.labels
            )
        return tuple(f"part {k} of {groups.count}" for k in range(1, groups.count + 1))

    def _one_grid(self, parts: Sequence[object]) -> Grid | None:
        """The tensor that all cells are elements of."""
        grids = [self._owners.get(part) if isinstance(part, Reference) else None for part in parts]
        return grids[0] if grids and grids[0] and all(grid is grids[0] for grid in grids) else None

    def index_of(self, cell: Reference) -> Index | None:
        """The index of a cell in its tensor; None where it is no tensor's."""
        return self._in_grid(self._owners[cell])[cell] if cell in self._owners else None

    def _in_grid(self, grid: Grid) -> Mapping[Reference, Index]:
        """The index by the cell."""
        if id(grid) not in self._indices:
            self._indices[id(grid)] = (
                InArrays([grid], index_of)
                if are_arrays([grid])
                else dict(zip(cells_in(grid), np.ndindex(*grid.shape), strict=True))
            )
        return self._indices[id(grid)]


def _parts(account: Account) -> tuple[list[object], list[object]]:
    """The cells of the terms, and their factors."""
    return [term.cell for term in account.terms], [term.factor for term in account.terms]
