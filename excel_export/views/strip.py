"""The network as a drawing of boxes: computation runs in columns from left to right, branches are lanes."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

LANES = 3
"""The most boxes above one another in a column."""
T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class Place:
    """The position of a box: its column and its lane, both from 0 on; Place(0, 0) is on the left, on top."""

    column: int
    """The column, from 0 on."""
    lane: int
    """The lane, from 0 on, from top to bottom."""


def places(boxes: Sequence[T], reads: Mapping[T, Sequence[T]], lanes: int = LANES) -> dict[T, Place]:
    """Return a position for each box, all different: one column right of the last box that it reads.

    Args:
        boxes: the boxes, in the order of computation. One that reads nothing stands left of its first reader.
        reads: the earlier boxes that each box reads.
        lanes: the number of lanes. If a column has more boxes, the surplus ones are moved to the right.

    Example:
        >>> found = places(["x", "a", "b", "sum"], {"a": ["x"], "b": ["x"], "sum": ["a", "b"]})
        >>> [(place.column, place.lane) for place in found.values()]
        [(0, 0), (1, 0), (1, 1), (2, 0)]
    """
    readers: dict[T, list[T]] = {box: [] for box in boxes}
    # One more than the last of what a box reads; what reads nothing stands just before its first reader.
    columns: dict[T, int] = {}
    for box in boxes:
        columns[box] = max((columns[each] + 1 for each in reads.get(box, ())), default=0)
        for each in reads.get(box, ()):
            readers[each].append(box)
    for box in boxes:
        if not reads.get(box) and readers[box]:
            columns[box] = max(0, min(columns[each] for each in readers[box]) - 1)
    # How long the way from each box to the end is, so that the longest branch stands on top.
    behind: dict[T, int] = {}
    for box in reversed(boxes):
        behind[box] = max((behind[reader] + 1 for reader in readers[box]), default=0)
    found: dict[T, Place] = {}
    used: set[Place] = set()
    for box in sorted(boxes, key=lambda each: (columns[each], -behind[each])):
        column = columns[box]
        wanted = min((found[each].lane for each in reads.get(box, ()) if each in found), default=0)
        in_order = [*range(wanted, lanes), *range(wanted)]
        lane = next((k for k in in_order if Place(column, k) not in used), None)
        while lane is None:  # more branches than lanes: the box stands further right
            column += 1
            lane = next((k for k in range(lanes) if Place(column, k) not in used), None)
        found[box] = Place(column, lane)
        used.add(found[box])
    return found
