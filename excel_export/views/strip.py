"""The network as a drawing of boxes: columns from left to right follow the computation, lanes are its branches."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

LANES = 3
"""How many branches stand above one another; what has no lane shares the last one's box."""
T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class Place:
    """Where a box stands."""

    column: int
    lane: int


def places(boxes: Sequence[T], reads: Mapping[T, Sequence[T]], lanes: int = LANES) -> dict[T, Place]:
    """Give every box a place of its own.

    Args:
        boxes: in the order of computation.
        reads: what each box reads, of those before it.
        lanes: how many branches have room above one another.
    """
    return _Layout(boxes, reads, lanes).place()


class _Layout(Generic[T]):
    def __init__(self, boxes: Sequence[T], reads: Mapping[T, Sequence[T]], lanes: int) -> None:
        self._boxes, self._reads, self._lanes = boxes, reads, lanes
        self._readers: dict[T, list[T]] = {box: [] for box in boxes}
        for box in boxes:
            for each in reads.get(box, ()):
                self._readers[each].append(box)

    def place(self) -> dict[T, Place]:
        columns = self._columns()
        used: set[tuple[int, int]] = set()
        found: dict[T, Place] = {}
        for box in sorted(self._boxes, key=lambda each: (columns[each], -self._behind[each])):
            column = columns[box]
            wanted = min((found[each].lane for each in self._reads.get(box, ()) if each in found), default=0)
            lane = next((k for k in [*range(wanted, self._lanes), *range(wanted)] if (column, k) not in used), None)
            while lane is None:  # more branches than lanes: the box stands further right
                column += 1
                lane = next((k for k in range(self._lanes) if (column, k) not in used), None)
            used.add((column, lane))
            found[box] = Place(column, lane)
        return found

    def _columns(self) -> dict[T, int]:
        """One more than the last of what a box reads; what reads nothing stands just before its first reader."""
        columns: dict[T, int] = {}
        for box in self._boxes:
            columns[box] = max((columns[each] + 1 for each in self._reads.get(box, ())), default=0)
        for box in self._boxes:
            if not self._reads.get(box) and self._readers[box]:
                columns[box] = max(0, min(columns[each] for each in self._readers[box]) - 1)
        return columns

    @cached_property
    def _behind(self) -> dict[T, int]:
        """How long the way from each box to the end is, so that the longest branch stands on top."""
        lengths: dict[T, int] = {}
        for box in reversed(self._boxes):
            lengths[box] = max((lengths[reader] + 1 for reader in self._readers[box]), default=0)
        return lengths


def arrow(here: Place, readers: Sequence[Place]) -> str:
    """The sign behind a box that says where its numbers go; nothing where nothing reads it."""
    if not readers:
        return ""
    nearest = min(readers, key=lambda each: (each.column, abs(each.lane - here.lane)))
    signs = {0: "→", 1: "↘", -1: "↗"}
    away = (nearest.lane > here.lane) - (nearest.lane < here.lane)
    return signs[away] if nearest.column == here.column + 1 else "⇢"
