"""The terms of a long sum in groups that a grid has room for, and what people call these: 'map 3'."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from excel_export.formulas import Grid, Reference
from excel_export.formulas.analysis.chosen import Matching
from excel_export.views.of_grids import index_of
from excel_export.views.terms import Account, Owners

ROWS, COLUMNS = 4, 3
"""A grid of numbers."""
ROOM = ROWS * COLUMNS
Index = tuple[int, ...]


@dataclass(frozen=True)
class Grouped:
    """For each term: the number of its group, and its place in the grid of that group, in reading order."""

    groups: tuple[int, ...]
    places: tuple[int, ...]
    by: tuple[int, ...]
    """The dimensions whose indices tell the groups apart; none where all terms are one group."""
    labels: tuple[Index, ...]
    """Of each group: its indices along these dimensions."""

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(self.labels)


def grouped(indices: Sequence[Index]) -> Grouped:
    """Group terms by the index of what each reads: by all dimensions but the last two, and by more where none fits."""
    if not indices:
        return Grouped((), (), (), ())
    rank = len(indices[0])
    varying = [k for k in range(rank) if len({index[k] for index in indices}) > 1]
    outer = sum(k < rank - 2 for k in varying)
    for first in range(outer if outer < len(varying) else 0, len(varying) + 1):
        by, within = varying[:first], varying[first:]
        members: dict[Index, list[int]] = {}
        for term, index in enumerate(indices):
            members.setdefault(tuple(index[k] for k in by), []).append(term)
        places = [places_of([tuple(indices[term][k] for k in within) for term in terms]) for terms in members.values()]
        if any(found is None for found in places) and first < len(varying) - 1:
            continue
        return _listed(indices, tuple(by), members)
    raise AssertionError


def _listed(indices: Sequence[Index], by: tuple[int, ...], members: dict[Index, list[int]]) -> Grouped:
    """Number the groups; what is still too long for a grid is cut."""
    groups, places, labels = [0] * len(indices), [0] * len(indices), list[Index]()
    others = [k for k in range(len(indices[0])) if k not in by]
    for label, terms in members.items():
        for start in range(0, len(terms), ROOM):
            part = terms[start : start + ROOM]
            found = places_of([tuple(indices[term][k] for k in others) for term in part])
            for k, term in enumerate(part):
                groups[term], places[term] = len(labels), found[k] if found else k
            labels.append(label)
    return Grouped(tuple(groups), tuple(places), by, tuple(labels))


def places_of(indices: Sequence[Index]) -> list[int] | None:
    """The places of a group's terms: as its last two dimensions lie, or one after another; None where neither fits."""
    if not indices[0]:
        return list(range(len(indices))) if len(indices) <= ROOM else None
    varying = [k for k in range(len(indices[0])) if len({index[k] for index in indices}) > 1]
    if len(varying) <= 2 and len(set(indices)) == len(indices):
        row, column = ([-1, -1, *varying])[-2:]
        rows, columns = ([0 if k < 0 else index[k] for index in indices] for k in (row, column))
        height, width = max(rows) - min(rows) + 1, max(columns) - min(columns) + 1
        if height <= ROWS and width <= COLUMNS:
            return [
                (down - min(rows)) * COLUMNS + across - min(columns) for down, across in zip(rows, columns, strict=True)
            ]
    if len(varying) > 1 and math.prod(len({index[k] for index in indices}) for k in varying) == len(indices):
        return None if len(indices) > COLUMNS else list(range(len(indices)))
    return list(range(len(indices))) if len(indices) <= ROOM else None


MOST_NAMED = 3
"""A group that more indices tell apart is called by its number."""


class GroupLabels:
    """Groups the terms of elements by the tensors that these read."""

    def __init__(self, owners: Owners) -> None:
        self._owners = owners
        self._index_names: dict[int, tuple[str, ...]] = {}

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
                indices = [_index_in(grid, part) for part in parts]
                if len(set(indices)) == len(indices):
                    return grouped(indices)
        return grouped([(k,) for k in range(len(account.terms))])

    def of_all(self, found: Iterable[tuple[Grouped, Account]]) -> dict[tuple[int, ...], tuple[Index, ...]]:
        """The labels that are the same for all elements whose groups are told apart by the same dimensions."""
        labels: dict[tuple[int, ...], set[tuple[Index, ...]]] = {}
        for groups, account in found:
            same = labels.setdefault(groups.by, set())
            if groups.by and len(same) < 2:
                same.add(self._of_one(groups, self._first_of_each(groups, account)))
        return {by: next(iter(each)) for by, each in labels.items() if len(each) == 1}

    def _first_of_each(self, groups: Grouped, account: Account) -> list[Reference]:
        """The first cell of each group, of the tensor by which they are told apart."""
        for parts in _parts(account):
            if self._one_grid(parts):
                firsts = dict(zip(reversed(groups.groups), reversed(parts), strict=True))
                return [firsts[k] for k in range(groups.count)]  # type: ignore[misc]
        return []

    def _of_one(self, groups: Grouped, firsts: list[Reference]) -> tuple[Index, ...]:
        """The indices that tell the groups of one element apart."""
        if not firsts:
            return ()
        indices = [_index_in(self._owners[firsts[0]], cell) for cell in firsts]
        return tuple(tuple(index[dim] for dim in groups.by) for index in indices)

    def texts(
        self, groups: Grouped, account: Account, same: dict[tuple[int, ...], tuple[Index, ...]]
    ) -> tuple[str, ...]:
        """What each group of an element is called: 'map 3', or 'part 2' of several; nothing where there is but one.

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


def _index_in(grid: Grid, cell: object) -> Index:
    """The index of a cell of a tensor."""
    index = index_of(grid, cell) if isinstance(cell, Reference) else None
    assert index is not None
    return index


def _parts(account: Account) -> tuple[list[object], list[object]]:
    """The cells of the terms, and their factors."""
    return [term.cell for term in account.terms], [term.factor for term in account.terms]
