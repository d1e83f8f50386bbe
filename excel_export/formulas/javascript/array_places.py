"""The places of cells and regions in memory: a sheet is an array, its rows one after another."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Self, TypeVar

import numpy as np

from excel_export.formulas import Region
from excel_export.formulas.grid import Dim

T = TypeVar("T", int, np.ndarray)


class Array(str):
    """The name of a sheet that is an array in memory: Array('a', 3) has 3 columns, and B2 is a[4]."""

    width: int
    """The number of its columns."""

    def __new__(cls, name: str, width: int) -> Self:
        array = super().__new__(cls, name)
        array.width = max(width, 1)
        return array


def firsts_of(regions: Sequence[Region]) -> np.ndarray:
    """Return the position of the first cell of each region in the sheet's array, from 0 on.

    With 3 columns: [0, 3] for the regions A1:A2 and A2:A3. All regions are of one sheet.
    """
    rows, cols = np.array([(region.row, region.col) for region in regions]).T
    return place_of(regions[0].sheet, rows, cols)


def strides_of(region: Region) -> tuple[int, ...]:
    """Return the distance in the array between neighbours in each direction of a region.

    Example:
        >>> strides_of(Region(Array("a", 3), 1, 1, ((2, 1, 0), (3, 0, 1))))
        (3, 1)
    """
    return _strides(width_of(region.sheet), region.dims)


@cache  # all regions of a tensor's formulas have the same directions
def _strides(width: int, dims: tuple[Dim, ...]) -> tuple[int, ...]:
    return tuple(down * width + right for _, down, right in dims)


def width_of(sheet: str) -> int:
    """Return the number of columns of a sheet that is an array: 3 of Array('a', 3)."""
    assert isinstance(sheet, Array)
    return sheet.width


def place_of(sheet: str, rows: T, cols: T) -> T:
    """Return the positions of cells in a sheet's array, from 0 on; rows and columns count from 1.

    Example:
        >>> place_of(Array("a", 3), 2, 1)
        3
    """
    return (rows - 1) * width_of(sheet) + (cols - 1)  # type: ignore[no-any-return]


def sizes_of(regions: Sequence[Region]) -> list[np.ndarray]:
    """Return for each direction the number of elements of each region: [[2, 2], [3, 3]] for two regions of 2×3."""
    return [np.array(sizes) for sizes in zip(*([n for n, _, _ in region.dims] for region in regions), strict=True)]


def joined(
    sizes: Sequence[np.ndarray], strides: Sequence[tuple[int, ...]]
) -> tuple[list[np.ndarray], list[tuple[int, ...]]]:
    """Return sizes and strides without directions of one element, and with directions joined that continue each other.

    Args:
        sizes: for each direction, the number of elements of each region.
        strides: for each tensor, the distance between neighbours in each direction.

    Example:
        Two regions of 2×3 elements that follow each other without a gap are runs of 6:

        >>> joined([np.array([2, 2]), np.array([3, 3])], [(3, 1)])
        ([array([6, 6])], [(1,)])
    """
    kept: list[tuple[np.ndarray, list[int]]] = []
    for k in reversed(range(len(sizes))):
        size, steps = sizes[k], [each[k] for each in strides]
        if (size == 1).all():
            continue
        if kept:
            inner, inner_steps = kept[-1]
            is_same = (inner == inner[0]).all()
            if is_same and all(a == int(inner[0]) * b for a, b in zip(steps, inner_steps, strict=True)):
                kept[-1] = inner * size, inner_steps
                continue
        kept.append((size, steps))
    kept.reverse()
    return [size for size, _ in kept], [tuple(steps[k] for _, steps in kept) for k in range(len(strides))]
