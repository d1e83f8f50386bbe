"""Functions that give arrays of a size of their own: stacked, cut, sorted, filtered, and numbers in a row."""

from typing import Any

from spreadsheet_autograd.functions.scalar_functions import Function, steady
from spreadsheet_autograd.functions.values import CellError, Scalar, ValueGrid, as_grid, number, plain, truth

MOST = 100_000


def sequence(rows: float, cols: float = 1.0, start: float = 1.0, step: float = 1.0) -> list[list[float]]:
    """The rows of numbers that SEQUENCE gives.

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
    rows = [row for grid in grids for row in as_grid(grid).rows]
    width = max(map(len, rows))
    return ValueGrid([[*row, *[CellError("#N/A")] * (width - len(row))] for row in rows])


def _hstack(*grids: Any) -> ValueGrid:
    columns = [list(column) for grid in grids for column in zip(*as_grid(grid).rows, strict=True)]
    height = max(map(len, columns))
    whole = [[*column, *[CellError("#N/A")] * (height - len(column))] for column in columns]
    return ValueGrid([list(row) for row in zip(*whole, strict=True)])


def _part(count: Scalar, size: int, *, is_kept: bool) -> slice:
    """The first so many of a line, or the last ones where the number is below 0; or all others."""
    k = size if count is None else int(plain(number(count)))
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
    whole, wanted = as_grid(grid), as_grid(include)
    if wanted.shape[1] == 1:
        found = [row for row, [each] in zip(whole.rows, wanted.rows, strict=True) if truth(each)]
    else:
        columns = zip(zip(*whole.rows, strict=True), wanted.rows[0], strict=True)
        kept = [column for column, each in columns if truth(each)]
        found = [list(row) for row in zip(*kept, strict=True)]
    if not found:
        if instead is None:
            raise CellError("#VALUE!")
        return instead
    return ValueGrid(found)


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
