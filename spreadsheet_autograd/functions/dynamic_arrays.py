"""Functions that give arrays of a size of their own: stacked, cut, sorted, filtered, and numbers in a row."""

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
"""How many numbers SEQUENCE may give: each is held in the formula's tree."""


def sequence(rows: float, cols: float = 1.0, start: float = 1.0, step: float = 1.0) -> list[list[float]]:
    """The rows of numbers that SEQUENCE gives, such as [[1, 2, 3], [4, 5, 6]] for two rows and three columns.

    Raises:
        CellError: there are none, or too many.
    """
    if not 1 <= rows * cols <= MOST or min(rows, cols) < 1:
        raise CellError("#VALUE!")
    across = int(cols)
    return [[start + step * (i * across + j) for j in range(across)] for i in range(int(rows))]


def _sequence(*given: Scalar) -> ValueGrid:
    return ValueGrid([[*row] for row in sequence(*(float(plain(number(each))) for each in given))])


def _vstack(*grids: Any) -> ValueGrid:
    if not grids:
        raise CellError("#VALUE!")
    rows = [row for grid in grids for row in as_grid(grid).rows]
    width = max(map(len, rows))
    return ValueGrid([[*row, *[CellError("#N/A")] * (width - len(row))] for row in rows])


def _hstack(*grids: Any) -> ValueGrid:
    return transposed(_vstack(*map(transposed, grids)))


def _part(count: Scalar, size: int, *, is_kept: bool) -> slice:
    """Which of `size` rows, or columns, TAKE keeps of a range; without `is_kept`, which DROP leaves of it.

    TAKE keeps the first ones, and DROP leaves the others; where the count is below 0, it counts from the end.
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


def _filter(grid: Any, include: Any, instead: Scalar = None) -> Any:
    are_rows = as_grid(include).shape[1] == 1
    whole, wanted = (as_grid(each) if are_rows else transposed(each) for each in (grid, include))
    if len(whole.rows) != len(wanted.rows):
        raise CellError("#VALUE!")
    found = [line for line, marks in zip(whole.rows, wanted.rows, strict=True) if truth(marks[0])]
    if not found:
        if instead is None:
            raise CellError("#VALUE!")
        return instead
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
