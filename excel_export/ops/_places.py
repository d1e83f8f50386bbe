"""Where the largest or smallest element is: a search along lines of cells, which is all that MATCH knows."""

import math
from collections.abc import Sequence
from itertools import product

from excel_export.formulas import Tensor
from excel_export.formulas.idioms import MOST_LINES, Line, along


def lines_to_search(shape: Sequence[int], dim: int | None) -> int:
    """How many lines of cells hold the candidates: MATCH looks along one line only."""
    if dim is None:
        return math.prod(shape[:-1])
    return 1 if dim % max(len(shape), 1) >= len(shape) - 2 else shape[dim]


def too_many_lines(shape: Sequence[int], dim: int | None) -> str | None:
    """Refuse a search that would nest more than Excel's 64 functions."""
    lines = lines_to_search(shape, dim)
    return None if lines <= MOST_LINES else f"searching {lines} lines of cells is not supported, {MOST_LINES} are"


def search_lines(input: Tensor, dims: Sequence[int], index: Sequence[int]) -> list[Line]:
    """The candidates for a reduced element as lines of cells, in PyTorch's order."""
    if not dims:  # a single number
        return [(along(input.value, (), index).ranges[0], 1)]
    *outer, last = dims
    lines: list[Line] = []
    for place in product(*(range(input.shape[axis]) for axis in outer)):
        at = list(index)
        for axis, k in zip(outer, place, strict=True):
            at[axis] = k
        ranges = along(input.value, (last,), at).ranges
        lines += [(ranges[0], input.shape[last])] if len(ranges) == 1 else [(cell, 1) for cell in ranges]
    return lines
