"""What the Lens can show: for each step one view, or one for each tensor that the step reaches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from excel_export.formulas.arrays import Scattered
from excel_export.formulas.expression import Expression, OperandLike, as_expression, negated
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import Reference
from excel_export.formulas.tensor import PlacedTensor
from excel_export.formulas.writing import Index
from excel_export.graph.graph import Call, Value
from excel_export.sheets import update
from excel_export.sheets.book import Book
from excel_export.sheets.lens.terms import Account, Accounts, Owners, Term, Variables, cells_in
from excel_export.sheets.names import RATE_IN_USE
from excel_export.sheets.plan import Plan
from excel_export.sheets.update import Updated

AccountOf = Callable[[Index], Account]
SHOWN_PATHS = 8
"""Of more paths, or of more tensors, the first are named."""


class Met:
    """Tensors that a source may meet."""

    def __init__(self, grids: Mapping[str, Grid], owners: Owners) -> None:
        """Take their places by name."""
        self._grids, self._owners = grids, owners

    def owning(self, cells: Iterable[Reference]) -> list[str]:
        """The names of those that have any of the cells."""
        found = {id(self._owners.get(cell)) for cell in cells}
        return [name for name, grid in self._grids.items() if id(grid) in found]

    def besides(self, grid: Grid | None) -> list[str]:
        """The names of the first few others."""
        return list(islice((name for name, each in self._grids.items() if each is not grid), SHOWN_PATHS))


@dataclass(frozen=True)
class View:
    """One tensor in the making: what it is made from, and how each of its elements comes about."""

    step: int
    """The step that shows it, from 1 on."""
    name: str
    made: Grid
    weights: np.ndarray
    """How much there is to see at each element, in the shape of `made`: the step shows one of the largest."""
    account: AccountOf
    source: Grid | None = None
    """What it is made from."""
    source_name: str = ""
    met: Met = field(default_factory=lambda: Met({}, {}))
    """The tensors that the source may meet."""
    beside: Grid | None = None
    """What is shown in the place of factors, where these are no cells of the network; of the shape of `made`, or a
    whole of its own."""
    beside_name: str = ""
    index_names: tuple[str, ...] = ()
    paths: str = ""
    """The other steps that add to the same gradient."""
    value: Value | None = None
    """The value that it is, or whose gradient it is."""
    touched: range | None = None
    """The elements that something goes into, by their numbers in reading order, where these are known to be few."""


def views(book: Book, plan: Plan) -> list[View]:
    """Every view of a book, in the order of the steps."""
    placed = book.placement.tensors
    helpers = {grid for tensor in placed.values() for grid in tensor.helpers.values()}
    grids = [grid for tensor in placed.values() for grid in (tensor.value, *([tensor.grad] if tensor.has_grad else []))]
    owners = {cell: grid for grid in grids for cell in cells_in(grid)}
    teller = _Teller(book, owners, Accounts(book.contents, owners, helpers))
    found = []
    for number, step in enumerate(plan.steps, start=1):
        if step.direction == "inputs":
            found += list(teller.given(number))
        elif step.direction == "forward" and step.call:
            found += list(teller.forward(number, step.call, step.helper))
        elif step.direction == "loss":
            found.append(teller.seed(number))
        elif step.direction == "backward" and step.call:
            found += list(teller.backward(number, step.call))
        elif step.direction == "update":
            found += list(teller.update(number))
    return found


class _Teller:
    """Makes the views of each kind of step."""

    def __init__(self, book: Book, owners: Owners, accounts: Accounts) -> None:
        self._book, self._owners, self._accounts = book, owners, accounts
        self._graph, self._tensors = book.graph, book.placement.tensors
        self._sequences = any(call.operator.of_sequences for call in self._graph.calls)
        self._makers = {value: call for call in self._graph.calls for value in call.outputs}
        self._readers: dict[Value, list[Call]] = {}
        for call in self._graph.calls:
            for value in dict.fromkeys(call.inputs):
                self._readers.setdefault(value, []).append(call)

    def given(self, step: int) -> Iterator[View]:
        """What is there before anything is computed, the largest input first."""
        inputs = sorted(self._graph.of_kind("input"), key=lambda value: (value.drawn, -value.data.size))
        for value in [*inputs, *self._graph.of_kind("parameter")]:
            if value.data.size:
                yield self._view(step, value.called, self._tensors[value].value, _size(value.data), value)

    def forward(self, step: int, call: Call, helper: str) -> Iterator[View]:
        """The results of a call, or one of its helpers, which is a step of its own."""
        operator, results = self._book.placement.operator(call), self._book.placement.results(call)
        names: tuple[str, ...] = ()
        read = list(dict.fromkeys(call.inputs))
        grids = [self._tensors[value].value for value in read]
        cells = [self._accounts.variables(grids), self._accounts.variables(grids[:1])]
        source = self._tensors[read[0]] if read else None
        if helper:
            wanted = operator.helpers(results[0])[helper]
            formula, names = wanted.readable or wanted.formula, wanted.index_names
            made: list[tuple[Value | None, str, Grid, OperandLike]] = [
                (None, helper, results[0].helpers[helper], formula())
            ]
        else:
            readable = self._book.placement.readable(call)
            made = [(value, value.called, result.value, formulas)
                    for value, result, formulas in zip(call.outputs, results, readable, strict=True)]  # fmt: skip
        for value, name, grid, formulas in made:
            if not math.prod(grid.shape):
                continue
            beside, beside_name = self._beside(read, results[0], grid)
            weights = _size(value.data) if value else _upward(read[0].data, grid.shape)
            yield self._view(
                step, name, grid, weights, value, self._forward_account(as_expression(formulas), cells),
                source.value if source else None, read[0].called if read else "",
                Met(self._grids(read), self._owners), beside, beside_name, names=names,
            )  # fmt: skip

    def _forward_account(self, formulas: Expression, cells: Sequence[Variables]) -> AccountOf:
        return lambda index: self._accounts.forward(formulas, index, cells)

    def _beside(self, read: Sequence[Value], y: PlacedTensor, made: Grid) -> tuple[Grid | None, str]:
        """What helps to understand a result: the last helper of the shape of the input, or the second operand."""
        shape = read[0].shape if read else ()
        helpers = [(name, grid) for name, grid in y.helpers.items() if grid.shape == shape and grid is not made]
        if helpers:
            return helpers[-1][1], helpers[-1][0]
        if len(read) > 1:
            return self._tensors[read[1]].value, read[1].called
        return None, ""

    def seed(self, step: int) -> View:
        """The gradient of the loss by itself."""
        loss = self._graph.loss
        grid = self._tensors[loss].grad
        return self._view(step, f"∂L/∂ {loss.called}", grid, np.ones(grid.shape), loss)

    def backward(self, step: int, call: Call) -> Iterator[View]:
        """What the gradient of each input of a call gains through it."""
        results = self._book.placement.results(call)
        arriving = self._accounts.variables(result.grad for result in results if result.has_grad)
        gained: dict[int, Expression] = {}
        for target, formulas in self._book.placement.backward(call):
            share = as_expression(formulas)
            share = share if share.shape == target.shape else share.broadcast_to(target.shape)
            gained[id(target)] = gained[id(target)] + share if id(target) in gained else share
        shares = {id(value): np.abs(share) for value, share in call.contributions}
        inputs = list(dict.fromkeys(call.inputs))
        met = Met(self._grids(inputs), self._owners)
        for value in inputs:
            tensor = self._tensors[value]
            if not (tensor.has_grad and value.data.size):
                continue
            gains = gained.get(id(tensor), as_expression(0).broadcast_to(tensor.shape))
            felt = shares.get(id(value))
            readers = self._readers[value]
            others = [other for other in readers[: SHOWN_PATHS + 1] if other is not call][:SHOWN_PATHS]
            paths = ", ".join(other.outputs[0].called for other in others)
            slope_of, slope_name = self._beside([value], results[0], tensor.grad)
            yield self._view(
                step, f"∂L/∂ {value.called}", tensor.grad,
                felt if felt is not None and felt.any() else _size(value.gradient), value,
                self._backward_account(gains, arriving), results[0].grad, f"∂L/∂ {call.outputs[0].called}",
                met, slope_of or tensor.value, slope_name or value.called,
                paths + ", …" * (len(readers) - 1 > SHOWN_PATHS), touched=_touched(gains),
            )  # fmt: skip

    def _backward_account(self, formulas: Expression, arriving: Variables) -> AccountOf:
        return lambda index: self._accounts.backward(formulas, index, arriving)

    def update(self, step: int) -> Iterator[View]:
        """Each parameter after the step."""
        by, updated = negated(RATE_IN_USE), self._book.result(update.SHEET) or Updated()
        for value, after in updated.after.items():
            before, direction = self._tensors[value].value, updated.directions[value]

            def account(index: Index, before: Grid = before, direction: Grid = direction) -> Account:
                return Account((Term(before.relative.at(*index)), Term(direction.relative.at(*index), by)))

            yield self._view(step, f"{value.called} after the step", after, _size(value.gradient), value, account,
                             before, value.called, None, direction, f"direction for {value.called}")  # fmt: skip

    def _view(
        self,
        step: int,
        name: str,
        made: Grid,
        weights: np.ndarray,
        value: Value | None,
        account: AccountOf = lambda _: Account(()),
        source: Grid | None = None,
        source_name: str = "",
        met: Met | None = None,
        beside: Grid | None = None,
        beside_name: str = "",
        paths: str = "",
        names: tuple[str, ...] = (),
        touched: range | None = None,
    ) -> View:
        if value in self._makers and not names:
            names = self._makers[value].operator.index_names_here(value)
        is_parameter = value is not None and value.kind == "parameter"
        names = names or index_names(len(made.shape), is_parameter, self._sequences)
        return View(
            step,
            name,
            made,
            weights,
            account,
            source,
            source_name,
            met or Met({}, {}),
            beside,
            beside_name,
            names,
            paths,
            value,
            touched,
        )

    def _grids(self, values: Sequence[Value]) -> dict[str, Grid]:
        return {value.called: self._tensors[value].value for value in values}


def index_names(rank: int, is_parameter: bool, sequences: bool = False) -> tuple[str, ...]:
    """What each index of a tensor counts, as far as its rank tells."""
    if is_parameter:
        known = {1: ("output",), 2: ("output", "input"), 4: ("filter", "channel", "row", "column")}
    elif sequences:
        known = {1: ("number",), 2: ("place", "number"), 3: ("sample", "place", "number")}
    else:
        known = {1: ("number",), 2: ("sample", "number"), 3: ("channel", "row", "column"),
                 4: ("sample", "channel", "row", "column")}  # fmt: skip
    return known.get(rank, tuple(f"index {k + 1}" for k in range(rank)))


def _touched(gains: Expression) -> range | None:
    """Where a gradient gains something, if that is but a part: each step of a loop over x reads one row of it."""
    if not (isinstance(gains, Scattered) and gains.gained):
        return None
    first, last = min(gains.gained), max(gains.gained)
    return range(first, last + 1) if last - first + 3 < math.prod(gains.shape) else None


def _size(data: np.ndarray | None) -> np.ndarray:
    return np.abs(np.asarray(data, dtype=np.float64))


def _upward(data: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The numbers that a helper is made from, so that the largest counts most; all alike where they are others."""
    return np.exp(data - data.max()) if data.shape == shape else np.ones(shape)
