"""The terms of a long sum in groups that a grid has room for: by channel, by row, whatever their indices suggest."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

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
