"""The functions of ranges: sums, products of matrices, and what is looked up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from spreadsheet_autograd.functions.criteria import as_grid, count_of_all, meets, of_all
from spreadsheet_autograd.functions.finance_and_statistics import TABLE
from spreadsheet_autograd.functions.scalar_functions import compare, divide
from spreadsheet_autograd.functions.values import (
    CellError,
    Grid,
    Scalar,
    finite,
    is_recorded,
    number,
    numbers,
    plain,
    truth,
)
from spreadsheet_autograd.language.elements import OF_RANGES

MOST_PRODUCTS = 20_000_000


def _sum(*arguments: Any) -> Scalar:
    found = numbers(arguments)
    if any(isinstance(item, torch.Tensor) for item in found):
        return finite(_stacked(found).sum())
    return finite(float(sum(found)))


def _stacked(items: list[Any]) -> torch.Tensor:
    tensors = [item if isinstance(item, torch.Tensor) else torch.tensor(item, dtype=torch.float64) for item in items]
    return torch.stack(tensors)


def _largest(sign: int) -> Callable[..., Scalar]:
    def function(*arguments: Any) -> Scalar:
        found = numbers(arguments)
        if is_recorded(*found):
            return _stacked(found).max() if sign > 0 else _stacked(found).min()
        return max(found, key=lambda item: sign * plain(item)) if found else 0.0

    return function


def _average(*arguments: Any) -> Scalar:
    return divide(_sum(*arguments), float(len(numbers(arguments))))


def _product(*arguments: Any) -> Scalar:
    result: Any = 1.0
    for item in numbers(arguments):
        result = result * item
    return finite(result)


def _or_zero(value: Scalar) -> Any:
    if isinstance(value, CellError):
        raise value
    return value if isinstance(value, (float, torch.Tensor)) else 0.0


def _sumproduct(*arguments: Any) -> Scalar:
    grids = [as_grid(argument) for argument in arguments]
    if len({grid.shape for grid in grids}) > 1:
        raise CellError("#VALUE!")
    columns = [[_or_zero(item) for item in grid] for grid in grids]
    if any(isinstance(item, torch.Tensor) for column in columns for item in column):
        product = _stacked(columns[0])
        for column in columns[1:]:
            product = product * _stacked(column)
        return finite(product.sum())
    total = 0.0
    for items in zip(*columns, strict=True):
        term = 1.0
        for item in items:
            term *= item
        total += term
    return finite(total)


def _pairs(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Scalar]:
    def total(a: Any, b: Any) -> Scalar:
        left, right = [*as_grid(a)], [*as_grid(b)]
        if len(left) != len(right):
            raise CellError("#N/A")
        terms = [
            function(number(x), number(y))
            for x, y in zip(left, right, strict=True)
            if isinstance(x, (float, torch.Tensor, CellError)) and isinstance(y, (float, torch.Tensor, CellError))
        ]
        return _sum(*terms) if terms else 0.0

    return total


def _mmult(a: Any, b: Any) -> Grid:
    left, right = as_grid(a), as_grid(b)
    (rows, inner), (other, cols) = left.shape, right.shape
    if inner != other or rows * inner * cols > MOST_PRODUCTS:
        raise CellError("#VALUE!")
    items = [[_number_only(item) for item in row] for row in left.rows]
    others = [[_number_only(item) for item in row] for row in right.rows]
    if not any(isinstance(item, torch.Tensor) for row in (*items, *others) for item in row):
        return Grid((np.array(items) @ np.array(others)).tolist())
    product = torch.stack([_stacked(row) for row in items]) @ torch.stack([_stacked(row) for row in others])
    if product.requires_grad:
        return Grid([[*row.unbind()] for row in product.unbind()])
    return Grid(product.tolist())


def _number_only(item: Scalar) -> Any:
    if isinstance(item, CellError):
        raise item
    if not isinstance(item, (float, torch.Tensor)):
        raise CellError("#VALUE!")
    return item


def _transpose(a: Any) -> Grid:
    return Grid([list(column) for column in zip(*as_grid(a).rows, strict=True)])


def place_in(shape: tuple[int, int], row: Scalar = None, col: Scalar = None) -> tuple[int, int]:
    """Which row and column INDEX means, counted from 1; 0 is all of them.

    Raises:
        CellError: there is no such one.
    """
    rows, cols = shape
    r, c = int(plain(row)), int(plain(col))
    if col is None and rows == 1 and cols > 1:
        r, c = 1, r
    if not (0 <= r <= rows and 0 <= c <= cols):
        raise CellError("#REF!")
    return 1 if r == 0 and rows == 1 else r, 1 if c == 0 and cols == 1 else c


def _index(grid: Any, row: Scalar = None, col: Scalar = None) -> Any:
    rows = as_grid(grid).rows
    r, c = place_in(as_grid(grid).shape, row, col)
    if r and c:
        return rows[r - 1][c - 1]
    if r:
        return Grid([rows[r - 1]])
    return Grid([[line[c - 1]] for line in rows]) if c else Grid(rows)


def _match(wanted: Scalar, grid: Any, kind: Scalar = 1.0) -> float:
    items, how = [*as_grid(grid)], plain(kind)
    if isinstance(wanted, CellError):
        raise wanted
    found = 0
    for k, item in enumerate(items, 1):
        if isinstance(item, CellError) or item is None:
            continue
        if compare("=", item, wanted) and (how == 0 or isinstance(item, str) == isinstance(wanted, str)):
            if how == 0:
                return float(k)
            found = k
        elif how and isinstance(item, str) == isinstance(wanted, str):
            if not compare("<" if how > 0 else ">", item, wanted):
                break
            found = k
    if not found:
        raise CellError("#N/A")
    return float(found)


def _vlookup(wanted: Scalar, grid: Any, col: Scalar, near: Scalar = True) -> Scalar:
    rows = as_grid(grid).rows
    at = _match(wanted, Grid([[row[0]] for row in rows]), 1.0 if truth(near) else 0.0)
    return _index(grid, at, col)


def _hlookup(wanted: Scalar, grid: Any, row: Scalar, near: Scalar = True) -> Scalar:
    return _vlookup(wanted, _transpose(grid), row, near)


def _xlookup(wanted: Scalar, keys: Any, results: Any, missing: Scalar = None, *_: Scalar) -> Any:
    try:
        at = _match(wanted, keys, 0.0)
    except CellError:
        if missing is None:
            raise
        return missing
    along_rows = as_grid(keys).shape[1] == 1
    return _index(results, at, 0.0) if along_rows else _index(results, 0.0, at)


def _all(*arguments: Any) -> bool:
    return all(_conditions(arguments))


def _any(*arguments: Any) -> bool:
    return any(_conditions(arguments))


def _conditions(arguments: tuple[Any, ...]) -> list[bool]:
    return [
        truth(item)
        for argument in arguments
        for item in as_grid(argument)
        if not (isinstance(argument, Grid) and (item is None or isinstance(item, str)))
    ]


def _variance(sample: bool, root: bool) -> Callable[..., Scalar]:
    def function(*arguments: Any) -> Scalar:
        found = numbers(arguments)
        mean = divide(_sum(*found), float(len(found)))
        total = divide(_sum(*((item - mean) ** 2 for item in found)), float(len(found) - sample))
        return total**0.5 if root else total

    return function


RANGE: dict[str, Callable[..., Any]] = {
    "SUM": _sum,
    "SUMSQ": lambda *a: _sum(*(item * item for item in numbers(a))),
    "PRODUCT": _product,
    "AVERAGE": _average,
    "MAX": _largest(1),
    "MIN": _largest(-1),
    "COUNT": lambda *a: float(
        sum(isinstance(item, (float, torch.Tensor)) for argument in a for item in as_grid(argument))
    ),
    "COUNTA": lambda *a: float(sum(item is not None for argument in a for item in as_grid(argument))),
    "COUNTIF": lambda grid, wanted: float(sum(meets(grid, wanted))),
    "SUMIF": lambda grid, wanted, items=None: _sum(*of_all(grid if items is None else items, grid, wanted)),
    "SUMIFS": lambda items, *pairs: _sum(*of_all(items, *pairs)),
    "AVERAGEIF": lambda grid, wanted, items=None: _average(*of_all(grid if items is None else items, grid, wanted)),
    "AVERAGEIFS": lambda items, *pairs: _average(*of_all(items, *pairs)),
    "COUNTIFS": count_of_all,
    **{name: row.value for name, row in TABLE.items()},
    "SUMPRODUCT": _sumproduct,
    "SUMXMY2": _pairs(lambda x, y: (x - y) * (x - y)),
    "SUMX2MY2": _pairs(lambda x, y: x * x - y * y),
    "SUMX2PY2": _pairs(lambda x, y: x * x + y * y),
    "MMULT": _mmult,
    "TRANSPOSE": _transpose,
    "INDEX": _index,
    "MATCH": _match,
    "VLOOKUP": _vlookup,
    "HLOOKUP": _hlookup,
    "XLOOKUP": _xlookup,
    "XMATCH": lambda wanted, grid, *_: _match(wanted, grid, 0.0),
    "AND": _all,
    "OR": _any,
    "XOR": lambda *a: sum(_conditions(a)) % 2 == 1,
    "ROWS": lambda grid: float(as_grid(grid).shape[0]),
    "COLUMNS": lambda grid: float(as_grid(grid).shape[1]),
    "VAR": _variance(True, False), "VAR.S": _variance(True, False),
    "VARP": _variance(False, False), "VAR.P": _variance(False, False),
    "STDEV": _variance(True, True), "STDEV.S": _variance(True, True),
    "STDEVP": _variance(False, True), "STDEV.P": _variance(False, True),
    "DEVSQ": lambda *a: _variance(False, False)(*a) * float(len(numbers(a))),
    "LARGE": lambda grid, k: sorted(numbers((grid,)), key=plain)[-int(plain(k))],
    "SMALL": lambda grid, k: sorted(numbers((grid,)), key=plain)[int(plain(k)) - 1],
    "MEDIAN": lambda *a: _median(numbers(a)),
    "SINGLE": lambda grid: as_grid(grid).rows[0][0],
    "TOCOL": lambda grid, *_: Grid([[item] for item in as_grid(grid)]),
    "TOROW": lambda grid, *_: Grid([[*as_grid(grid)]]),
}  # fmt: skip
OF_RANGES.update(RANGE)
AS_ARRAYS = {"SUMPRODUCT", "MMULT", "TRANSPOSE", "SUMXMY2", "SUMX2MY2", "SUMX2PY2", "XLOOKUP", "MATCH", "INDEX"}
"""Their arguments are computed element by element, also outside of array formulas."""


def _median(items: list[Any]) -> Scalar:
    if not items:
        raise CellError("#NUM!")
    ordered, half = sorted(items, key=plain), len(items) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
