"""Cells by how near they stand."""

from __future__ import annotations

from collections.abc import Iterable

from excel_export.shared.a1_notation import Place


def nearest(cells: Iterable[Place], to: Place) -> list[Place]:
    """The cells, the nearest first."""
    return sorted(cells, key=lambda at: _distance(at, to))


def _distance(one: Place, other: Place) -> int:
    # In another row is less likely than in another column: most sheets have a step in a row.
    return (one[0] != other[0]) * 1000 + 2 * abs(one[1] - other[1]) + abs(one[2] - other[2])
