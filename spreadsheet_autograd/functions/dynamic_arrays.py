"""Functions whose result is an array of a size of its own, such as VSTACK, TAKE, FILTER, SORT and SEQUENCE."""

from typing import Any

from spreadsheet_autograd.functions.scalar_functions import Function, steady
from spreadsheet_autograd.functions.values import (
    CellError,
    Scalar,
    ValueGrid,
    as_grid,
    number,
    plain,
    transposed,
    truth,
)

MOST = 100_000
"""The most numbers that SEQUENCE may give: each becomes a node of the formula's tree."""


def sequence(rows: float, cols: float = 1.0, start: float = 1.0, step: float = 1.0) -> list[list[float]]:
    """Return the numbers that SEQUENCE gives, row by row; of `rows` and `cols` the whole part counts.

    Raises:
        CellError: there are none, or more than 100,000.

    Example:
        >>> sequence(2, 3), sequence(1, 2, start=5.0, step=-1.0)
        ([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[5.0, 4.0]])
    """
    if not 1 <= rows * cols <= MOST or min(rows, cols) < 1:
        raise CellError("#VALUE!")
    across = int(cols)
    return [[start + step * (i * across + j) for j in range(across)] for i in range(int(rows))]


def _sequence(*arguments: Scalar) -> ValueGrid:
    return ValueGrid([[*row] for row in sequence(*(float(plain(number(each))) for each in arguments))])


def _vstack(*grids: Any) -> ValueGrid:
    if not grids:
        raise CellError("#VALUE!")
    rows = [row for grid in grids for row in as_grid(grid).rows]
    width = max(map(len, rows))
    return ValueGrid([[*row, *[CellError("#N/A")] * (width - len(row))] for row in rows])


def _hstack(*grids: Any) -> ValueGrid:
    return transposed(_vstack(*map(transposed, grids)))


def _part(count: Scalar, size: int, *, is_kept: bool) -> slice:
    """Return the slice of `size` rows, or columns, that TAKE keeps, or without `is_kept` the slice that DROP leaves.

    TAKE keeps the first `count`, and DROP leaves the others; a count below 0 counts from the end.
    """
    k = int(plain(number(count)))
    kept = slice(0, k) if k >= 0 else slice(max(0, size + k), size)
    return kept if is_kept else slice(k, size) if k >= 0 else slice(0, max(0, size + k))


def _cut(grid: Any, rows: Scalar, cols: Scalar, *, is_kept: bool) -> ValueGrid:
    whole = as_grid(grid)
    height, width = whole.shape
    down = slice(0, height) if rows is None else _part(rows, height, is_kept=is_kept)
    right = slice(0, width) if cols is None else _part(cols, width, is_kept=is_kept)
    found = [row[right] for row in whole.rows[down]]
    if not found or not found[0]:
        raise CellError("#VALUE!")
    return ValueGrid(found)


def _filter(grid: Any, include: Any, default: Scalar = None) -> Any:
    are_rows = as_grid(include).shape[1] == 1
    whole, marks = (as_grid(each) if are_rows else transposed(each) for each in (grid, include))
    if len(whole.rows) != len(marks.rows):
        raise CellError("#VALUE!")
    found = [line for line, mark in zip(whole.rows, marks.rows, strict=True) if truth(mark[0])]
    if not found:
        if default is None:
            raise CellError("#VALUE!")
        return default
    return ValueGrid(found) if are_rows else transposed(ValueGrid(found))


def _sort(grid: Any, index: Scalar = 1.0, order: Scalar = 1.0, *_: Scalar) -> ValueGrid:
    k = int(plain(number(1.0 if index is None else index))) - 1
    is_down = plain(number(1.0 if order is None else order)) < 0
    return ValueGrid(sorted(as_grid(grid).rows, key=lambda row: plain(number(row[k])), reverse=is_down))


DYNAMIC_ARRAYS: dict[str, Function] = {
    "SEQUENCE": steady(_sequence),
    "VSTACK": Function(_vstack),
    "HSTACK": Function(_hstack),
    "TAKE": Function(lambda grid, rows=None, cols=None: _cut(grid, rows, cols, is_kept=True)),
    "DROP": Function(lambda grid, rows=None, cols=None: _cut(grid, rows, cols, is_kept=False)),
    "FILTER": Function(_filter),
    "SORT": Function(_sort),
}
