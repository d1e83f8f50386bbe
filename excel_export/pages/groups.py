"""The terms of a long sum in groups, each of which fits into a grid, and the groups' labels: 'map 3'."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from excel_export.formulas import Grid, Reference
from excel_export.formulas.analysis.chosen import Matching
from excel_export.views.of_grids import index_of
from excel_export.views.terms import Account, Owners

ROWS = 4
"""Rows of the grid in which the page draws a group of terms."""
COLUMNS = 3
"""Columns of a grid of terms."""
ROOM = ROWS * COLUMNS
Index = tuple[int, ...]


@dataclass(frozen=True)
class TermGroups:
    """The terms of a long sum in groups, each of which is shown as a grid of 4 rows and 3 columns.

    For x[0, 0], x[0, 1], x[1, 0] and x[1, 1] grouped by the first index: groups (0, 0, 1, 1), places (0, 1, 0, 1),
    by (0,), labels ((0,), (1,)).
    """

    groups: tuple[int, ...]
    """For each term the number of its group, from 0 on."""
    places: tuple[int, ...]
    """For each term its position in the group's grid, from 0 to 11, row by row."""
    by: tuple[int, ...]
    """The dimensions, from 0 on, whose indices differ from group to group; () for one group, or groups by twelve."""
    labels: tuple[Index, ...]
    """For each group its indices in the dimensions `by`: ((0,), (1,))."""

    @property
    def count(self) -> int:
        """The number of groups, 2 for the labels ((0,), (1,))."""
        return len(self.labels)


def group_terms(indices: Sequence[Index]) -> TermGroups:
    """Return the terms of a sum in groups; `indices` has for each term the index of the number that it reads.

    The indices of a group's terms differ in the last two dimensions only; in fewer, if a group would not fit into a
    grid of 4 rows and 3 columns. Terms in one row that is too long are grouped by twelve, with equal labels.

    Example:
        >>> groups = group_terms([(0, 0, 0), (0, 0, 1), (1, 0, 0), (1, 0, 1)])
        >>> groups.groups, groups.places, groups.by
        ((0, 0, 1, 1), (0, 1, 0, 1), (0,))
    """
    if not indices:
        return TermGroups((), (), (), ())
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


def _listed(indices: Sequence[Index], by: tuple[int, ...], members: dict[Index, list[int]]) -> TermGroups:
    groups, places, labels = [0] * len(indices), [0] * len(indices), list[Index]()
    others = [k for k in range(len(indices[0])) if k not in by]
    for label, terms in members.items():
        for start in range(0, len(terms), ROOM):
            part = terms[start : start + ROOM]
            found = places_of([tuple(indices[term][k] for k in others) for term in part])
            for k, term in enumerate(part):
                groups[term], places[term] = len(labels), found[k] if found else k
            labels.append(label)
    return TermGroups(tuple(groups), tuple(places), by, tuple(labels))


def places_of(indices: Sequence[Index]) -> list[int] | None:
    """Return the positions of a group's terms in a grid of 4 rows and 3 columns, row by row; None if they don't fit.

    They are arranged by the one or two dimensions in which the indices differ: one goes along a row, whichever it is.
    Indices that have no room so stand in order, twelve at most; but a whole block of indices, such as 2 by 5, does not
    fit then.

    Example:
        >>> places_of([(0, 0), (0, 1), (1, 0)]), places_of([(0, 0), (1, 0)]), places_of([(k,) for k in range(5)])
        ([0, 1, 3], [0, 1], [0, 1, 2, 3, 4])
    """
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
"""Indices in a group's label; a group with more is called by its number."""


class GroupLabels:
    """Groups the terms of elements by the indices that they read, and gives the groups labels: 'map 3'.

    First `add_names` for each tensor, then `group` for each element, `of_all` for all elements of a tensor, and
    `texts`. `owners` has the grid of each tensor's cell: owners[Reference("Network", 5, 2)].
    """

    def __init__(self, owners: Owners) -> None:
        self._owners = owners
        self._index_names: dict[int, tuple[str, ...]] = {}

    def add_names(self, grid: Grid, index_names: tuple[str, ...]) -> None:
        """Store the names of the indices of the tensor in `grid`, one a dimension: ('map', 'row', 'column')."""
        self._index_names[id(grid)] = index_names

    def group(self, account: Account) -> TermGroups:
        """Return the groups of an element's terms: TermGroups(by=(0,), labels=((0,), (1,)), …) for two maps.

        If all terms read different elements of one tensor, or else all their factors do, the terms are grouped by some
        of the indices of these elements: `by` has the numbers of these dimensions. If not, twelve terms in a row are a
        group, and `by` is (). An account with `spelled`, a written-out formula, gives no groups: `labels` is ().
        """
        if account.spelled or any(isinstance(term.cell, Matching) for term in account.terms):
            count = 0 if account.spelled else math.ceil(account.count / ROOM)
            return TermGroups((), (), (), tuple((k,) for k in range(count)))
        for parts in _parts(account):
            grid = self._one_grid(parts)
            if grid:
                indices = [_index_in(grid, part) for part in parts]
                if len(set(indices)) == len(indices):
                    return group_terms(indices)
        return group_terms([(k,) for k in range(len(account.terms))])

    def of_all(self, found: Iterable[tuple[TermGroups, Account]]) -> dict[tuple[int, ...], tuple[Index, ...]]:
        """Return the groups' labels by `TermGroups.by`, {(0,): ((0,), (1,))}, where all elements have the same.

        If two elements that are grouped by the dimensions (0,) have different labels, (0,) is missing.

        Args:
            found: (groups, account) for each element of a tensor: its terms, and what `group` returns for them.
        """
        labels: dict[tuple[int, ...], set[tuple[Index, ...]]] = {}
        for groups, account in found:
            same = labels.setdefault(groups.by, set())
            if groups.by and len(same) < 2:
                same.add(self._of_one(groups, self._first_of_each(groups, account)))
        return {by: next(iter(each)) for by, each in labels.items() if len(each) == 1}

    def _first_of_each(self, groups: TermGroups, account: Account) -> list[Reference]:
        for parts in _parts(account):
            if self._one_grid(parts):
                firsts = dict(zip(reversed(groups.groups), reversed(parts), strict=True))
                return [firsts[k] for k in range(groups.count)]  # type: ignore[misc]
        return []

    def _of_one(self, groups: TermGroups, firsts: list[Reference]) -> tuple[Index, ...]:
        if not firsts:
            return ()
        indices = [_index_in(self._owners[firsts[0]], cell) for cell in firsts]
        return tuple(tuple(index[dim] for dim in groups.by) for index in indices)

    def texts(
        self, groups: TermGroups, account: Account, same: dict[tuple[int, ...], tuple[Index, ...]]
    ) -> tuple[str, ...]:
        """Return a text for each group of an element's terms: ('map 0', 'map 1'), or ('part 1 of 2', 'part 2 of 2').

        'map' is a name from `add_names`. All groups are called 'part 1 of 2', … if `same` has other labels for their
        dimensions, or none. () if there is only one group.

        Args:
            groups: what `group` returns for the account.
            account: the element's terms.
            same: the labels that all elements of the tensor share, by the dimensions: {(0,): ((0,), (1,))}, as `of_all`
                returns them.
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
        grids = [self._owners.get(part) if isinstance(part, Reference) else None for part in parts]
        return grids[0] if grids and grids[0] and all(grid is grids[0] for grid in grids) else None


def _index_in(grid: Grid, cell: object) -> Index:
    index = index_of(grid, cell) if isinstance(cell, Reference) else None
    assert index is not None
    return index


def _parts(account: Account) -> tuple[list[object], list[object]]:
    return [term.cell for term in account.terms], [term.factor for term in account.terms]
