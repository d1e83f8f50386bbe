"""The table of rows, and what a row gets: the arguments of an ATen call, with cells in place of tensors.

A row is a function with the arguments of one ATen call, as in PyTorch's native_functions.yaml. It returns the formulas
of the result, or a tuple of them for several results, None for a result that is not computed::

    @row("mm")
    def mm(a: Cells, b: Cells) -> OperandLike:
        return sum_of_products((a.shape[0], b.shape[1]), lambda i, j: (a[i, :], b[:, j]))

It needs no derivative: PyTorch's backward pass consists of such calls, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar

from excel_export.formulas import OperandLike, PlacedTensor
from excel_export.shared.errors import ExportError

Function = TypeVar("Function", bound=Callable[..., Any])


class Cells(PlacedTensor):
    """A tensor among the arguments of a call: its shape, its cells, and PyTorch's numbers in `data`."""

    is_fixed = False
    """True if no input or parameter decides its numbers: then a row may use `data`, as for an index."""


def of_vectors(function: Function) -> Function:
    """Let a row that works along a dimension take scalars, too: as vectors of one element; a decorator."""

    @wraps(function)
    def lifted(*args: Any, **kwargs: Any) -> Any:
        def vector(item: Any) -> Any:
            if not isinstance(item, Cells) or item.shape:
                return item
            made = Cells(
                item.name, item.data.reshape(1), replace(item.value, shape=(1,), row_strides=(1,), col_strides=(0,))
            )
            made.know(item)
            return made

        return function(*map(vector, args), **kwargs)

    return lifted  # type: ignore[return-value]


class NoRow(ExportError):
    """A call for which there is a row, but not for these arguments; the message says which."""


Row = Callable[..., OperandLike | tuple[OperandLike | None, ...]]
ROWS: dict[str, Row] = {}
"""The rows by the name of the ATen call, without 'aten::' and overload: {'mm': <function>, 'add': <function>}."""


READ_RESULTS: set[str] = set()
"""The calls whose rows read results, too, as a running sum does; they get them before the arguments, a `Cells` each."""


def row(*names: str, reads_results: bool = False) -> Callable[[Function], Function]:
    """Register a function as the row of calls, 'amax' or several with the same formula; a decorator.

    With `reads_results`, the function gets the cells of all results before the arguments.
    """

    def register(function: Function) -> Function:
        for name in names:
            assert name not in ROWS, f"{name} has two rows"
            ROWS[name] = function
            if reads_results:
                READ_RESULTS.add(name)
        return function

    return register
