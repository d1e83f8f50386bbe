"""Small functions that build formulas, all without the leading '='."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from excel_export.grid import Region, matching_ranges
from excel_export.operator import Expressions


def each(template: str, *operands: Any) -> Expressions:
    """Fill the template's {} from the operands, element by element, with PyTorch's broadcasting.

    Operands are placed tensors, grids, arrays of expressions, or plain numbers.
    """
    filled = np.frompyfunc(template.format, len(operands), 1)(*(_operand(item) for item in operands))
    return filled if isinstance(filled, np.ndarray) else _scalar(filled)


def table(shape: tuple[int, ...], formula: Callable[..., str]) -> Expressions:
    """An array of the given shape whose element (i, j, …) is `formula(i, j, …)`."""
    cells = np.empty(shape, dtype=object)
    for index in np.ndindex(shape):
        cells[index] = formula(*index)
    return cells


def number(value: float) -> str:
    """A constant, with every digit a double holds."""
    value = float(value)
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)


def operand(value: float) -> str:
    """A constant as an operand: negative numbers in brackets."""
    return f"({number(value)})" if value < 0 else number(value)


def plus(terms: Iterable[str]) -> str:
    """The sum of expressions; '0' when there are none."""
    return "+".join(terms).replace("+-", "-") or "0"


def sum_to(shape: tuple[int, ...], expressions: Expressions) -> Expressions:
    """Add up the elements that broadcasting had made from one: the gradient of a broadcast."""
    if expressions.shape == shape:
        return expressions
    padded = (1,) * (expressions.ndim - len(shape)) + shape
    added = np.empty(padded, dtype=object)
    for index in np.ndindex(padded):
        source = tuple(slice(None) if n == 1 else k for k, n in zip(index, padded, strict=True))
        added[index] = plus(expressions[source].ravel())
    return added.reshape(shape)


def dot(left: Region, right: Region) -> str:
    """Σ left·right, element by element."""
    return plus(f"SUMPRODUCT({a},{b})" if ":" in a else f"{a}*{b}" for a, b in matching_ranges(left, right))


def call(function: str, region: Region) -> str:
    """A function of a whole region: 'SUM(A1:A3,C1:C3)'."""
    return f"{function}({','.join(region.ranges)})"


def _operand(item: Any) -> Any:
    return operand(item) if isinstance(item, (int, float)) else getattr(item, "refs", item)


def _scalar(text: str) -> Expressions:
    cell = np.empty((), dtype=object)
    cell[()] = text
    return cell
