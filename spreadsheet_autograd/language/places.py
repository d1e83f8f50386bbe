"""Places of cells relative to each other. A place is (sheet, row, column), such as ("Sheet1", 3, 2) for Sheet1!B3."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from excel_export.shared.a1_notation import Place
from excel_export.shared.grouped import grouped

Item = TypeVar("Item")

Line = tuple[str, str | int]
"""A row or a column: its sheet's name and its number, from 1 on."""
Step = tuple[str, int, int]
"""The place of a cell relative to another one: its sheet, and the number of rows down and of columns to the right."""


def moved(at: Place, rows: int, cols: int) -> Place:
    """Return the place some rows further down and some columns further right; negative numbers lead up and left.

    Example:
        >>> moved(("Sheet1", 3, 2), 1, -1)
        ('Sheet1', 4, 1)
    """
    return at[0], at[1] + rows, at[2] + cols


def way(one: Place, other: Place) -> tuple[int, int]:
    """Return the number of rows down, and of columns to the right, from one cell to another: (1, -1) from B3 to A4.

    The sheets are not compared.
    """
    return other[1] - one[1], other[2] - one[2]


def step_to(one: Place, other: Place) -> Step:
    """Return the place of the other cell relative to the first one.

    Example:
        >>> step_to(("Sheet1", 3, 2), ("Sheet2", 3, 5))
        ('Sheet2', 0, 3)
    """
    return other[0], *way(one, other)


def along(one: Place, step: Step) -> Place:
    """Return the place to which a step leads from a cell; the inverse of `step_to`.

    Example:
        >>> along(("Sheet1", 3, 2), ("Sheet2", 0, 3))
        ('Sheet2', 3, 5)
    """
    return moved((step[0], *one[1:]), *step[1:])


def rectangle(first: Place, rows: int, cols: int) -> list[Place]:
    """Return the cells of a rectangle, row by row, from its first cell, its number of rows and its number of columns.

    Example:
        >>> rectangle(("Sheet1", 3, 2), 2, 1)
        [('Sheet1', 3, 2), ('Sheet1', 4, 2)]
    """
    return [moved(first, i, j) for i in range(rows) for j in range(cols)]


def in_lines(items: Iterable[Item], axis: int, cell_of: Callable[[Item], Place]) -> dict[Line, list[Item]]:
    """Return items by the sheet and row of their cells (`axis` 1), or the sheet and column (2): {('S', 3): [item, …]}.

    cell_of(item) returns an item's cell.
    """
    return grouped(items, lambda item: (cell_of(item)[0], cell_of(item)[axis]))


def nearest(cells: Iterable[Place], to: Place) -> list[Place]:
    """Return cells sorted by their distance to `to`: a row further counts as two columns, another sheet as 1,000.

    Example:
        >>> nearest([("S", 3, 1), ("T", 1, 1), ("S", 1, 2)], ("S", 1, 1))
        [('S', 1, 2), ('S', 3, 1), ('T', 1, 1)]
    """
    return sorted(cells, key=lambda at: _distance(at, to))


def _distance(one: Place, other: Place) -> int:
    # A row counts more than a column: most sheets have a step in a row.
    return (one[0] != other[0]) * 1000 + 2 * abs(one[1] - other[1]) + abs(one[2] - other[2])
