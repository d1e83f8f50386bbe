"""Which element of which tensor a cell holds, and what an element is made of, looked up when somebody asks.

Nothing is listed beforehand: it serves a network of a million cells as it does a small one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple, TypeVar

import numpy as np

from excel_export.compiler.place.emit import Contents
from excel_export.compiler.place.placement import Placement
from excel_export.formulas import Expression, Grid, Index, Reference, as_expression
from excel_export.formulas.analysis.pretty import PLACES
from excel_export.graph.graph import Call, Graph, Value
from excel_export.views.terms import Account, Accounts, Term

T = TypeVar("T")
VALUE, GRADIENT = "value", "grad"


@dataclass(frozen=True)
class Element:
    """A number of the network: of a value, of its gradient, or of a helper beside it."""

    value: Value
    part: str
    """'value', 'grad', or the name of a helper of the call that makes the value."""
    index: Index


def index_of(grid: Grid, cell: Reference) -> Index | None:
    """The index of the element that lies in a cell; None where the cell is none of the grid's.

    >>> index_of(Grid("S", 3, 2, (2, 3), (1, 0), (0, 1)), Reference("S", 4, 3))
    (1, 1)
    """
    down, right = cell.row - grid.row, cell.col - grid.col
    if not (0 <= down < grid.height and 0 <= right < grid.width and cell.height == cell.width == 1):
        return None
    index = [0] * len(grid.shape)
    for k, last, row_stride, col_stride in _steps(grid.shape, grid.row_strides, grid.col_strides):
        at = down // row_stride if row_stride else right // col_stride
        index[k] = at = min(at, last)
        down, right = down - at * row_stride, right - at * col_stride
    return tuple(index) if not (down or right) else None


@cache
def _steps(shape: Index, row_strides: tuple[int, ...], col_strides: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    """The dimensions that lie apart, the widest steps first: each with its last place and its strides."""
    apart = [k for k in range(len(shape)) if row_strides[k] or col_strides[k]]
    apart.sort(key=lambda k: -max(row_strides[k], col_strides[k]))
    return [(k, shape[k] - 1, row_strides[k], col_strides[k]) for k in apart]


class _Found(NamedTuple):
    grid: Grid
    at: Index


class OfGrids(Mapping[Reference, T]):
    """What is found for each cell of some grids, of which no two overlap."""

    def __init__(self, grids: Sequence[Grid], found: Callable[[Grid, Index], T]) -> None:
        """Take the grids, and what finds something for an element of one."""
        self._grids, self._found = grids, found

    @cached_property
    def _by_column(self) -> dict[tuple[str, int], list[Grid]]:
        found: dict[tuple[str, int], list[Grid]] = {}
        for grid in self._grids:
            for col in range(grid.col, grid.col + grid.width):
                found.setdefault((grid.sheet, col), []).append(grid)
        return found

    def _look_up(self, cell: Reference) -> _Found | None:
        for grid in self._by_column.get((cell.sheet, cell.col), ()):
            if grid.row <= cell.row < grid.row + grid.height:
                index = index_of(grid, cell)
                if index is not None:
                    return _Found(grid, index)
        return None

    def __contains__(self, cell: object) -> bool:
        """Whether a cell is an element of one of the grids."""
        return isinstance(cell, Reference) and self._look_up(cell) is not None

    def __getitem__(self, cell: Reference) -> T:
        """What is found for a cell."""
        found = self._look_up(cell)
        if found is None:
            raise KeyError(cell)
        return self._found(*found)

    def __iter__(self) -> Iterator[Reference]:
        """Go through the cells."""
        for grid in self._grids:
            yield from (grid.at(*index) for index in np.ndindex(*grid.shape))

    def __len__(self) -> int:
        """How many cells there are."""
        return sum(int(np.prod(grid.shape)) for grid in self._grids)


class Elements:
    """The elements of a graph in its place."""

    def __init__(self, graph: Graph, placement: Placement, contents: Callable[[], Contents]) -> None:
        """Take the graph, where its tensors lie, and what gives the formulas in their cells."""
        self.graph, self.placement, self.tensors = graph, placement, placement.tensors
        self._contents = contents
        parts: dict[int, tuple[Value, str]] = {}
        grids: list[Grid] = []
        for value, tensor in self.tensors.items():
            own = {VALUE: tensor.value, **tensor.helpers} | ({GRADIENT: tensor.grad} if tensor.has_grad else {})
            for part, grid in own.items():
                parts.setdefault(id(grid), (value, part))
                grids.append(grid)
        self._cells = OfGrids(grids, lambda grid, index: Element(*parts[id(grid)], index))
        # A helper belongs to no tensor: what is read of it is what it is made of.
        tensors = [grid for grid in grids if parts[id(grid)][1] in (VALUE, GRADIENT)]
        self._owners = OfGrids(tensors, lambda grid, _: grid)
        self.makers = {value: call for call in graph.calls for value in call.outputs}
        self.readers: dict[Value, list[Call]] = {}
        for call in graph.calls:
            for value in dict.fromkeys(call.inputs):
                self.readers.setdefault(value, []).append(call)

    @cached_property
    def _accounts(self) -> Accounts:
        contents = self._contents()
        helpers = [grid for tensor in self.tensors.values() for grid in tensor.helpers.values()]
        made = {id(grid): contents[grid] for grid in helpers if isinstance(contents.get(grid), Expression)}
        grids = [grid for grid in helpers if id(grid) in made]
        of_helpers = OfGrids(grids, lambda grid, index: (as_expression(made[id(grid)]), index))
        return Accounts(self._owners, of_helpers)

    def at(self, cell: object) -> Element | None:
        """The element that a cell holds; None for anything else."""
        return self._cells.get(cell.plain) if isinstance(cell, Reference) else None

    def cell(self, element: Element) -> Reference:
        """The cell that holds an element."""
        tensor = self.tensors[element.value]
        grid = {VALUE: tensor.value}.get(element.part) or (
            tensor.grad if element.part == GRADIENT else tensor.helpers[element.part]
        )
        return grid.at(*element.index).plain

    def number(self, element: Element) -> float | None:
        """PyTorch's number for an element; None for a helper's."""
        data = {VALUE: element.value.data, GRADIENT: element.value.gradient}.get(element.part)
        return None if data is None else float(data[element.index])

    def forward(self, value: Value, index: Index) -> Account:
        """How an element of a result comes about."""
        call = self.makers[value]
        grids = [self.tensors[each].value for each in dict.fromkeys(call.inputs)]
        cells = [self._accounts.variables(grids), self._accounts.variables(grids[:1])]
        return self._arranged(self._accounts.forward(self.formulas(value), index, cells))

    def _arranged(self, account: Account) -> Account:
        """A sum of products, each a number and then its weight; a parameter that stands alone is added."""
        if account.spelled:
            return account
        terms, alone = list[Term](), account.alone
        for term in account.terms:
            cell, factor = self.at(term.cell), self.at(term.factor)
            is_weight = cell is not None and cell.value.kind == "parameter"
            if is_weight and term.factor is None and alone is None and len(account.terms) > 1:
                alone = term.cell  # type: ignore[assignment]
            elif is_weight and factor is not None and factor.value.kind != "parameter":
                terms.append(Term(term.factor, term.cell))  # type: ignore[arg-type]
            else:
                terms.append(term)
        return Account(tuple(terms), alone, account.spelled, account.bare)

    def helper(self, call: Call, name: str, index: Index) -> Account:
        """How an element of a helper comes about, as a person reads it."""
        return self._accounts.spelled(self.helper_formulas(call, name), index)

    def formulas(self, value: Value) -> Expression:
        """The formulas of a result as a person reads them, in its shape."""
        call = self.makers[value]
        found = as_expression(self.placement.readable(call)[call.outputs.index(value)])
        return found if found.shape == value.shape else found.broadcast_to(value.shape)

    def formula(self, value: Value, index: Index) -> Expression:
        """The formula of an element as a spreadsheet computes it: as a person reads it, where that is one."""
        call = self.makers[value]
        readable = self.formulas(value).element(index)
        if not any(name in readable.text("") for name in PLACES):
            return readable
        found = as_expression(self.placement.forward(call)[call.outputs.index(value)])
        return (found if found.shape == value.shape else found.broadcast_to(value.shape)).element(index)

    def helper_formulas(self, call: Call, name: str) -> Expression:
        """The formulas of a helper as a person reads them."""
        wanted = self.placement.operator(call).helpers(self.placement.results(call)[0])[name]
        return as_expression((wanted.readable or wanted.formula)())

    def gains(self, call: Call, value: Value) -> Expression | None:
        """What the gradient of an input gains through a call, in its shape; None where that has none."""
        tensor = self.tensors[value]
        shares = [as_expression(share) for target, share in self.placement.backward(call) if target is tensor]
        if not (tensor.has_grad and shares):
            return None
        total = sum(shares[1:], shares[0])
        return total if total.shape == value.shape else total.broadcast_to(value.shape)

    def spelled_backward(self, call: Call, value: Value, index: Index) -> Account | None:
        """A call's share of the gradient of an element as its formula; None where it passes nothing on."""
        gains = self.gains(call, value)
        return None if gains is None else self._accounts.spelled(gains, index)

    def backward(self, call: Call, value: Value, index: Index) -> Account | None:
        """How a call's share of the gradient of an element comes about; None where it passes nothing on."""
        gains = self.gains(call, value)
        if gains is None:
            return None
        arriving = self._accounts.variables(self.tensors[each].grad for each in call.outputs if each.has_grad)
        return self._accounts.backward(gains, index, arriving)
