"""Where cells stand, seen from each other."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from excel_export.shared.a1_notation import Place
from excel_export.shared.grouped import grouped

Item = TypeVar("Item")

Line = tuple[str, str | int]
"""A row or a column: its sheet, and its number."""
Step = tuple[str, int, int]
"""Another cell as it is seen from one: its sheet, and how many rows and columns further."""


def moved(at: Place, rows: int, cols: int) -> Place:
    """The cell so many rows below and so many columns beside another."""
    return at[0], at[1] + rows, at[2] + cols


def way(one: Place, other: Place) -> tuple[int, int]:
    """How many rows and columns lead from one cell to another."""
    return other[1] - one[1], other[2] - one[2]


def step_to(one: Place, other: Place) -> Step:
    """The other cell as it is seen from one."""
    return other[0], *way(one, other)


def along(one: Place, step: Step) -> Place:
    """The cell that is seen so from one."""
    return moved((step[0], *one[1:]), *step[1:])


def rectangle(first: Place, rows: int, cols: int) -> list[Place]:
    """The cells from a first one on, row by row."""
    return [moved(first, i, j) for i in range(rows) for j in range(cols)]


def in_lines(items: Iterable[Item], axis: int, cell_of: Callable[[Item], Place]) -> dict[Line, list[Item]]:
    """Group items by the row of their cells, or by the column where `axis` is 2."""
    return grouped(items, lambda item: (cell_of(item)[0], cell_of(item)[axis]))


def nearest(cells: Iterable[Place], to: Place) -> list[Place]:
    """The cells, the nearest first."""
    return sorted(cells, key=lambda at: _distance(at, to))


def _distance(one: Place, other: Place) -> int:
    # In another row is less likely than in another column: most sheets have a step in a row.
    return (one[0] != other[0]) * 1000 + 2 * abs(one[1] - other[1]) + abs(one[2] - other[2])
