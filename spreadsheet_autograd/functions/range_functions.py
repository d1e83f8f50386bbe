"""Functions of ranges, with their slopes: sums, products of matrices, ranks, criteria and look-ups."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import torch

from spreadsheet_autograd.functions.dates import DATES
from spreadsheet_autograd.functions.dynamic_arrays import DYNAMIC_ARRAYS
from spreadsheet_autograd.functions.finance import FINANCE
from spreadsheet_autograd.functions.lines_through_points import LINES_THROUGH_POINTS
from spreadsheet_autograd.functions.scalar_functions import Function, NoDerivative, Slopes, steady
from spreadsheet_autograd.functions.values import (
    CellError,
    Scalar,
    ValueGrid,
    as_grid,
    compare,
    divide,
    finite,
    is_recorded,
    number,
    numbers,
    plain,
    transposed,
    truth,
)
from spreadsheet_autograd.functions.variances import VARIANCES, by_each
from spreadsheet_autograd.language.algebra import ONE, ZERO, call_of, product_of, written_with
from spreadsheet_autograd.language.single_cells import OF_RANGES, items_of, rows_of
from spreadsheet_autograd.language.syntax import Binary, Call, Node, Number, Range

MOST_PRODUCTS = 20_000_000
"""The most multiplications of one MMULT."""


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


def _only_number(item: Scalar, default: float | None = None) -> Any:
    """Return an element of an array if it is a number, else the default; raise #VALUE! if that is None."""
    if isinstance(item, (float, torch.Tensor)):
        return item
    if isinstance(item, CellError):
        raise item
    if default is None:
        raise CellError("#VALUE!")
    return default


def _sumproduct(*arguments: Any) -> Scalar:
    grids = [as_grid(argument) for argument in arguments]
    if len({grid.shape for grid in grids}) > 1:
        raise CellError("#VALUE!")
    columns = [[_only_number(item, 0.0) for item in grid] for grid in grids]
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


def _mmult(a: Any, b: Any) -> ValueGrid:
    left, right = as_grid(a), as_grid(b)
    (rows, inner), (other, cols) = left.shape, right.shape
    if inner != other or rows * inner * cols > MOST_PRODUCTS:
        raise CellError("#VALUE!")
    items = [[_only_number(item) for item in row] for row in left.rows]
    others = [[_only_number(item) for item in row] for row in right.rows]
    if not any(isinstance(item, torch.Tensor) for row in (*items, *others) for item in row):
        return ValueGrid((np.array(items) @ np.array(others)).tolist())
    product = torch.stack([_stacked(row) for row in items]) @ torch.stack([_stacked(row) for row in others])
    if product.requires_grad:
        return ValueGrid([[*row.unbind()] for row in product.unbind()])
    return ValueGrid(product.tolist())


def place_in(shape: tuple[int, int], row: Scalar = None, col: Scalar = None) -> tuple[int, int]:
    """Return the row and the column that INDEX means, from 1 on; 0 means all rows, or all columns.

    Args:
        shape: the numbers of rows and columns of the range.
        row: the second argument of INDEX; in a single row of cells, without a third one, it is the column.
        col: the third argument; None if it is missing: then 0, all columns, in a range of several rows.

    Raises:
        CellError: the range has no such row or column.

    Example:
        >>> place_in((3, 4), 2.0), place_in((3, 4), None, 2.0), place_in((1, 4), 2.0), place_in((4, 1), 2.0)
        ((2, 0), (0, 2), (1, 2), (2, 1))
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
        return ValueGrid([rows[r - 1]])
    return ValueGrid([[line[c - 1]] for line in rows]) if c else ValueGrid(rows)


def _match(key: Scalar, grid: Any, kind: Scalar = 1.0) -> float:
    items, how = [*as_grid(grid)], plain(kind)
    if isinstance(key, CellError):
        raise key
    found = 0
    for k, item in enumerate(items, 1):
        if isinstance(item, CellError) or item is None:
            continue
        if compare("=", item, key) and (how == 0 or isinstance(item, str) == isinstance(key, str)):
            if how == 0:
                return float(k)
            found = k
        elif how and isinstance(item, str) == isinstance(key, str):
            if not compare("<" if how > 0 else ">", item, key):
                break
            found = k
    if not found:
        raise CellError("#N/A")
    return float(found)


def _vlookup(key: Scalar, grid: Any, col: Scalar, near: Scalar = True) -> Scalar:
    rows = as_grid(grid).rows
    at = _match(key, ValueGrid([[row[0]] for row in rows]), 1.0 if truth(near) else 0.0)
    return _index(grid, at, col)


def _hlookup(key: Scalar, grid: Any, row: Scalar, near: Scalar = True) -> Scalar:
    return _vlookup(key, transposed(grid), row, near)


def _xlookup(key: Scalar, keys: Any, results: Any, missing: Scalar = None, *_: Scalar) -> Any:
    try:
        at = _match(key, keys, 0.0)
    except CellError:
        if missing is None:
            raise
        return missing
    along_rows = as_grid(keys).shape[1] == 1
    return _index(results, at, 0.0) if along_rows else _index(results, 0.0, at)


def _conditions(arguments: tuple[Any, ...]) -> list[bool]:
    return [
        truth(item)
        for argument in arguments
        for item in as_grid(argument)
        if not (isinstance(argument, ValueGrid) and (item is None or isinstance(item, str)))
    ]


def of_all(items: Any, *pairs: Any) -> list[Any]:
    """Return the numbers in a range for which all criteria are met, as SUMIFS takes them.

    Args:
        items: the range of the numbers, a `ValueGrid`; texts and empty cells in it are left out.
        pairs: a range of the same shape, whose cells are compared, and its criterion; then the next two, and so on.

    Example:
        >>> of_all(ValueGrid([[1.0, 2.0, 3.0]]), ValueGrid([["a", "b", "b"]]), "b", ValueGrid([[7.0, 7.0, 9.0]]), ">8")
        [3.0]
    """
    found = zip(as_grid(items), _meeting_all(pairs), strict=False)
    return [item for item, keep in found if keep and isinstance(item, (float, torch.Tensor))]


def _meeting_all(pairs: tuple[Any, ...]) -> Iterable[bool]:
    return map(all, zip(*(meets(a, b) for a, b in zip(pairs[::2], pairs[1::2], strict=True)), strict=True))


def meets(grid: Any, criterion: Scalar) -> list[bool]:
    """Return for each cell of a range, row by row, whether it meets a criterion, such as 3.0, 'north' or '>2'.

    An empty cell and an error meet none; a text meets no criterion about a number.

    Example:
        >>> meets(ValueGrid([[1.0, 3.0, None]]), ">2"), meets(ValueGrid([["North", "3"]]), "north")
        ([False, True, False], [True, False])
    """
    operator, value = "=", criterion
    if isinstance(criterion, str):
        operator = next((sign for sign in ("<=", ">=", "<>", "<", ">", "=") if criterion.startswith(sign)), "")
        value = criterion[len(operator) :]
        operator = operator or "="
        with suppress(ValueError):
            value = float(value)
    return [
        item is not None
        and not isinstance(item, CellError)
        and isinstance(item, str) == isinstance(value, str)
        and compare(operator, item, value)
        for item in as_grid(grid)
    ]


def _by_pairs(first: Sequence[str], second: Sequence[str]) -> Callable[..., Slopes]:
    def slopes(arguments: tuple[Node, ...], value: Node) -> Slopes:
        for x, y in zip(*map(items_of, arguments), strict=True):
            yield x, *(written_with(text, x=x, y=y) for text in first)
            yield y, *(written_with(text, x=x, y=y) for text in second)

    return slopes


def _slopes_of_products(arguments: tuple[Node, ...], value: Node) -> Slopes:
    for items in zip(*map(items_of, arguments), strict=True):
        for k, item in enumerate(items):
            yield item, *items[:k], *items[k + 1 :]


def _slopes_of_extreme(beyond: str) -> Callable[..., Slopes]:
    """Return the slopes of MAX or MIN as in PyTorch: the first of equal numbers gets all; ReLU has slope 0 at 0."""

    def slopes(arguments: tuple[Node, ...], value: Node) -> Slopes:
        items = items_of(*arguments)
        for k, item in enumerate(items):
            if isinstance(item, Number):
                continue
            tests: list[Node] = [
                Binary(beyond if j < k or other == ZERO else f"{beyond}=", item, other)
                for j, other in enumerate(items)
                if j != k
            ]
            test = tests[0] if len(tests) == 1 else Call("AND", tuple(tests))
            yield (item, call_of("IF", test, ONE, ZERO)) if tests else (item,)

    return slopes


def _slopes_of_index(arguments: tuple[Node, ...], value: Node) -> Slopes:
    rows = rows_of(arguments[0])
    row = arguments[1]
    col: Node = arguments[2] if len(arguments) > 2 else ONE
    if len(arguments) == 2 and len(rows) == 1:
        row, col = ONE, row
    for i, line in enumerate(rows, 1):
        for j, item in enumerate(line, 1):
            tests = [Binary("=", at, Number(float(k))) for at, k in ((row, i), (col, j)) if at != Number(float(k))]
            if not any(isinstance(test.left, Number) for test in tests):
                yield item, *(call_of("IF", test, ONE, ZERO) for test in tests)


def _by_criteria(total: Callable[..., Scalar], *, several: bool) -> Function:
    def parts(arguments: Sequence[Any]) -> tuple[Any, Sequence[Any]]:
        if several:
            return arguments[0], arguments[1:]
        return arguments[2] if len(arguments) > 2 and arguments[2] is not None else arguments[0], arguments[:2]

    def value(*arguments: Any) -> Scalar:
        items, pairs = parts(arguments)
        return total(*of_all(items, *pairs))

    def slopes(arguments: tuple[Node, ...], value: Node) -> Slopes:
        summed, pairs = parts(arguments)
        share = [] if total is _sum else [Binary("/", ONE, call_of("COUNTIFS", *pairs))]
        asked = [items_of(pairs[k]) for k in range(0, len(pairs), 2)]
        for k, item in enumerate(items_of(summed)):
            meets: list[Node] = [call_of("COUNTIF", cells[k], pairs[2 * n + 1]) for n, cells in enumerate(asked)]
            yield item, product_of([*meets, *share])

    return Function(value, slopes)


def _rank(place: Callable[[int], int]) -> Function:
    return Function(
        lambda grid, k: sorted(numbers((grid,)), key=plain)[place(int(plain(k)))],
        lambda a, v: ((x, written_with("IF(x=v,1/COUNTIF(r,v),0)", x=x, v=v, r=a[0])) for x in items_of(a[0])),
    )


def _middle_of_three(arguments: tuple[Node, ...]) -> Node | None:
    """Return MEDIAN of three numbers by MAX and MIN; None for other arguments."""
    if len(arguments) != 3 or any(isinstance(each, Range) for each in arguments):
        return None
    a, b, c = arguments
    return written_with("MAX(MIN(a,b),MIN(MAX(a,b),c))", a=a, b=b, c=c)


def _slopes_of_median(arguments: tuple[Node, ...], value: Node) -> Slopes:
    if len(arguments) != 1:
        raise NoDerivative("MEDIAN of several ranges")
    [r] = arguments
    lower = written_with("SMALL(r,INT((COUNT(r)+1)/2))", r=r)
    upper = written_with("SMALL(r,INT(COUNT(r)/2)+1)", r=r)
    for x in items_of(r):
        names = {"x": x, "r": r, "a": lower, "b": upper}
        yield x, written_with("IF(x=a,0.5/COUNTIF(r,a),0)+IF(x=b,0.5/COUNTIF(r,b),0)", **names)


def _looked_up(name: str) -> Callable[[tuple[Node, ...]], Node | None]:
    """Return a function that writes a look-up as INDEX and MATCH; it returns None if the table is no range."""

    def formula(arguments: tuple[Node, ...]) -> Node | None:
        wanted, table, number, *kind = arguments
        if name == "XLOOKUP":
            return call_of("INDEX", number, call_of("MATCH", wanted, table, ZERO))
        if not isinstance(table, Range):
            return None
        rows, cols = table.shape
        near: Node = call_of("IF", kind[0], ONE, ZERO) if kind else ONE
        is_down = name == "VLOOKUP"
        keys = Range(table.first, table.first.moved(*((rows - 1, 0) if is_down else (0, cols - 1))))
        found = call_of("MATCH", wanted, keys, near)
        return call_of("INDEX", table, *((found, number) if is_down else (number, found)))

    return formula


def _one_element(arguments: tuple[Node, ...]) -> Node | None:
    rows = rows_of(Call("MMULT", arguments))
    return rows[0][0] if len(rows) == 1 == len(rows[0]) else None


def _median(*arguments: Any) -> Scalar:
    items = numbers(arguments)
    if not items:
        raise CellError("#NUM!")
    ordered, half = sorted(items, key=plain), len(items) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


RANGE: dict[str, Function] = {
    "SUM": Function(_sum, by_each()),
    "SUMSQ": Function(lambda *a: _sum(*(item * item for item in numbers(a))), by_each("2", "x")),
    "PRODUCT": Function(_product, lambda a, v: _slopes_of_products(tuple(items_of(*a)), v)),
    "AVERAGE": Function(_average, by_each("1/n")),
    "MAX": Function(_largest(1), _slopes_of_extreme(">")),
    "MIN": Function(_largest(-1), _slopes_of_extreme("<")),
    "SUMPRODUCT": Function(_sumproduct, _slopes_of_products),
    "SUMXMY2": Function(_pairs(lambda x, y: (x - y) * (x - y)), _by_pairs(["2", "x-y"], ["-1", "2", "x-y"])),
    "SUMX2MY2": Function(_pairs(lambda x, y: x * x - y * y), _by_pairs(["2", "x"], ["-1", "2", "y"])),
    "SUMX2PY2": Function(_pairs(lambda x, y: x * x + y * y), _by_pairs(["2", "x"], ["2", "y"])),
    "MMULT": Function(_mmult, formula=_one_element),
    "INDEX": Function(_index, _slopes_of_index),
    "VLOOKUP": Function(_vlookup, formula=_looked_up("VLOOKUP")),
    "HLOOKUP": Function(_hlookup, formula=_looked_up("HLOOKUP")),
    "XLOOKUP": Function(_xlookup, formula=_looked_up("XLOOKUP")),
    "SUMIF": _by_criteria(_sum, several=False),
    "AVERAGEIF": _by_criteria(_average, several=False),
    "SUMIFS": _by_criteria(_sum, several=True),
    "AVERAGEIFS": _by_criteria(_average, several=True),
    "LARGE": _rank(lambda k: -k),
    "SMALL": _rank(lambda k: k - 1),
    "MEDIAN": Function(_median, _slopes_of_median, _middle_of_three),
    "COUNT": steady(
        lambda *a: float(sum(isinstance(item, (float, torch.Tensor)) for argument in a for item in as_grid(argument)))
    ),
    "COUNTA": steady(lambda *a: float(sum(item is not None for argument in a for item in as_grid(argument)))),
    "COUNTIF": steady(lambda grid, wanted: float(sum(meets(grid, wanted)))),
    "COUNTIFS": steady(lambda *pairs: float(sum(_meeting_all(pairs)))),
    "MATCH": steady(_match),
    "XMATCH": steady(lambda wanted, grid, *_: _match(wanted, grid, 0.0)),
    "AND": steady(lambda *a: all(_conditions(a))),
    "OR": steady(lambda *a: any(_conditions(a))),
    "XOR": steady(lambda *a: sum(_conditions(a)) % 2 == 1),
    "ROWS": steady(lambda grid: float(as_grid(grid).shape[0])),
    "COLUMNS": steady(lambda grid: float(as_grid(grid).shape[1])),
    "TRANSPOSE": Function(transposed),
    "SINGLE": Function(lambda grid: as_grid(grid).rows[0][0]),
    "TOCOL": Function(lambda grid, *_: ValueGrid([[item] for item in as_grid(grid)])),
    "TOROW": Function(lambda grid, *_: ValueGrid([[*as_grid(grid)]])),
    **VARIANCES,
    **LINES_THROUGH_POINTS,
    **FINANCE,
    **DATES,
    **DYNAMIC_ARRAYS,
}
"""The functions by their names in capitals."""
OF_RANGES.update(RANGE)
AS_ARRAYS = {"SUMPRODUCT", "MMULT", "TRANSPOSE", "SUMXMY2", "SUMX2MY2", "SUMX2PY2", "XLOOKUP", "MATCH", "INDEX"}
"""The functions whose arguments are computed element by element, also outside of array formulas."""
