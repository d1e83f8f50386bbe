"""Small functions that build formulas, all without the leading '='."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import product
from typing import Any

import numpy as np

from excel_export.formulas.grid import Grid, Region, matching_ranges
from excel_export.formulas.operator import Expressions
from excel_export.shared.errors import ExportError

# Up to this many terms a sum is written out, which reads better than SUM and SUMPRODUCT.
WRITTEN_OUT = 5
MOST_ARGUMENTS = 255
# Excel nests functions 64 deep: one IF for each line but the last, and MATCH or MAX inside.
MOST_LINES = 60


def decimal_format(decimals: int) -> str:
    """Return a number format for TEXT, with the decimal sign of the reader's language.

    TEXT reads its format in that language: to a German, the point in "0.00" parts thousands.
    """
    return f'"0"&MID(1/2,2,1)&"{"0" * decimals}"'


def each(template: str, *operands: Any) -> Expressions:
    """Fill the template's {} from the operands, element by element, with PyTorch's broadcasting.

    Operands are placed tensors, grids, arrays of expressions, or plain numbers.
    """
    filled = np.frompyfunc(template.format, len(operands), 1)(*(_operand(item) for item in operands))
    return filled if isinstance(filled, np.ndarray) else _scalar(filled)


def table(shape: tuple[int, ...], formula: Callable[..., str]) -> Expressions:
    """An array of the given shape whose element (i, j, …) is `formula(i, j, …)`."""
    cells = np.empty(shape, dtype=object)
    cells.reshape(-1)[:] = [formula(*index) for index in product(*map(range, shape))]
    return cells


def number(value: float) -> str:
    """A constant, with every digit a double holds."""
    value = float(value)
    if not math.isfinite(value):
        raise ExportError(f"a formula would need the number {value}, which a spreadsheet does not have")
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value).upper()


def operand(value: float) -> str:
    """A constant as an operand: negative numbers in brackets."""
    return f"({number(value)})" if value < 0 else number(value)


def plus(terms: Iterable[str]) -> str:
    """The sum of expressions; '0' when there are none."""
    return "+".join(terms).replace("+-", "-") or "0"


def dot(left: Region, right: Region) -> str:
    """Σ left·right, element by element."""
    return "+".join(
        [f"SUMPRODUCT({a},{b})" if ":" in a else f"{a}*{b}" for a, b in matching_ranges(left, right)]
    ) or "0"  # fmt: skip


def call(function: str, region: Region) -> str:
    """A function of a whole region: 'SUM(A1:A3,C1:C3)'."""
    return over(function, region.ranges)


def over(function: str, arguments: Sequence[str]) -> str:
    """SUM, MAX or MIN of any number of arguments, nested where they are more than Excel allows."""
    while len(arguments) > MOST_ARGUMENTS:
        groups = range(0, len(arguments), MOST_ARGUMENTS)
        arguments = [f"{function}({','.join(arguments[k : k + MOST_ARGUMENTS])})" for k in groups]
    return f"{function}({','.join(arguments)})"


def whole(grid: Grid) -> Region:
    """All of a grid."""
    return grid[(slice(None),) * len(grid.shape)]


def along(grid: Grid, dims: Collection[int], index: Sequence[int]) -> Region:
    """What a reduction over `dims` sees for element `index` of its result (with the dims kept)."""
    return grid[tuple(slice(None) if axis in dims else k for axis, k in enumerate(index))]


def as_dims(dim: Any, rank: int) -> tuple[int, ...]:
    """PyTorch's `dim` argument as axes: None and () are all of them, negative ones count from the end."""
    dims = tuple(range(rank)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    return tuple(axis % rank for axis in dims) if dims else tuple(range(rank))


def kept(shape: Sequence[int], dims: Collection[int]) -> tuple[int, ...]:
    """The shape after a reduction over `dims` that keeps them."""
    return tuple(1 if axis in dims else n for axis, n in enumerate(shape))


def unbroadcast(x: Any, gradient: Grid, factor: Any = None) -> Expressions:
    """Gradient of a broadcast: Σ g, or Σ g · factor, over the elements that each element of x was spread to."""
    if not x.is_float:
        return each("0*{}", x)
    if tuple(x.shape) == gradient.shape:
        return each("{}", gradient) if factor is None else each("{}*{}", gradient, factor)

    def gained(*index: int) -> str:
        spread = [slice(None)] * (len(gradient.shape) - len(index))
        for k, n, size in zip(index, gradient.shape[len(spread) :], x.shape, strict=True):
            spread.append(slice(None) if size == 1 != n else k)  # type: ignore[arg-type]
        arriving = gradient[tuple(spread)]
        if factor is None:
            ranges = arriving.ranges
            return ranges[0] if len(ranges) == 1 and ":" not in ranges[0] else over("SUM", ranges)
        grid = getattr(factor, "value", factor)
        own = zip(spread[len(spread) - len(grid.shape) :], grid.shape, strict=True)
        return dot(arriving, grid[tuple(at if isinstance(at, slice) or n > 1 else 0 for at, n in own)])

    return table(x.shape, gained)


def add_up(grid: Grid, picks: Sequence[int]) -> str:
    """The sum of some elements of a grid, named by their places in reading order."""
    refs = grid.refs.ravel()[list(picks)].tolist()
    if len(refs) <= WRITTEN_OUT:
        return plus(refs)
    rows, cols = grid.rows.ravel()[list(picks)], grid.cols.ravel()[list(picks)]
    order = np.lexsort((rows, cols))
    ranges, last = [], None
    for k in order:
        if last is not None and cols[k] == cols[last] and rows[k] == rows[last] + 1:
            ranges[-1] = f"{ranges[-1].split(':')[0]}:{refs[k].rsplit('!', 1)[-1]}"
        else:
            ranges.append(refs[k])
        last = k
    return over("SUM", ranges)


def first_place(best: str, lines: Sequence[tuple[str, int]], function: str = "MAX") -> str:
    """The place, counted from 1 in reading order, where `best` is first found in lines of (range, length)."""
    places, before = [], 0
    for line, length in lines:
        place = f"MATCH({best},{line},0)+{before}".removesuffix("+0") if length > 1 else str(before + 1)
        places.append((line if length == 1 else f"{function}({line})", place))
        before += length
    formula = places[-1][1]
    for largest, place in places[-2::-1]:
        formula = f"IF({largest}={best},{place},{formula})"
    return formula


def pick(region: Region, place: str) -> str:
    """The element of a one-dimensional region at `place`, counted from 1."""
    ranges = region.ranges
    return f"INDEX({ranges[0]},{place})" if len(ranges) == 1 else f"CHOOSE({place},{','.join(ranges)})"


def log1p(cell: str) -> str:
    """ln(1 + x) of a cell that holds x ≥ 0; a tiny x would lose its digits in 1 + x."""
    return f"IF({cell}<0.00001,{cell}-{cell}*{cell}/2,LN(1+{cell}))"


def _operand(item: Any) -> Any:
    return operand(item) if isinstance(item, (int, float)) else getattr(item, "refs", item)


def _scalar(text: str) -> Expressions:
    cell = np.empty((), dtype=object)
    cell[()] = text
    return cell
