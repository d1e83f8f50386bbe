"""What the Lens can show: for each step one view, or one for each tensor that the step reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from excel_export.formulas.expression import Expression, as_expression, negated
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import Reference
from excel_export.formulas.tensor import PlacedTensor
from excel_export.formulas.writing import Index
from excel_export.graph.graph import Call, Value
from excel_export.sheets.book import Book
from excel_export.sheets.lens.terms import Account, Accounts, Term
from excel_export.sheets.names import LEARNING_RATE
from excel_export.sheets.steps import Plan

AccountOf = Callable[[Index], Account]


@dataclass(frozen=True)
class View:
    """One tensor in the making: what it is made from, and how each of its elements comes about."""

    step: int
    """The step that shows it, from 1 on."""
    name: str
    made: Grid
    default: Index
    """The element to show first."""
    account: AccountOf
    source: Grid | None = None
    """What it is made from."""
    source_name: str = ""
    met_name: str = ""
    """What the source meets: the factors."""
    index_names: tuple[str, ...] = ()
    paths: str = ""
    """The other steps that add to the same gradient."""


def views(book: Book, plan: Plan) -> list[View]:
    """Every view of a book, in the order of the steps."""
    placed = book.placement.tensors
    helpers = {grid for tensor in placed.values() for grid in tensor.helpers.values()}
    teller = _Teller(book, Accounts(book.contents, helpers))
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

    def __init__(self, book: Book, accounts: Accounts) -> None:
        self._book, self._accounts = book, accounts
        self._graph, self._tensors = book.graph, book.placement.tensors

    def given(self, step: int) -> Iterator[View]:
        """What is there before anything is computed, the largest input first."""
        inputs = sorted(self._graph.of_kind("input"), key=lambda value: -value.data.size)
        for value in [*inputs, *self._graph.of_kind("parameter")]:
            if value.data.size:
                yield self._view(step, value.name, self._tensors[value].value, _largest(value.data), value,
                                 lambda _: Account(()))  # fmt: skip

    def forward(self, step: int, call: Call, helper: str) -> Iterator[View]:
        """The results of a call, or one of its helpers, which is a step of its own."""
        operator = self._book.placement.operator(call)
        results = self._book.placement.results(call)
        inputs = _cells([self._tensors[value].value for value in dict.fromkeys(call.inputs)])
        first = self._tensors[call.inputs[0]] if call.inputs else None
        met = self._list([value for value in dict.fromkeys(call.inputs[1:]) if value.kind != "input"])
        if helper:
            made = results[0].helpers[helper]
            formulas = as_expression(operator.helpers(results[0])[helper].formula())
            yield self._made(step, helper, made, formulas, inputs, first, met, (0,) * len(made.shape))
            return
        readable = operator.readable_all(results)
        for value, result, formulas in zip(call.outputs, results, readable, strict=True):
            if value.data.size:
                yield self._made(step, value.name, result.value, as_expression(formulas), inputs, first, met,
                                 _largest(value.data), value)  # fmt: skip

    def _made(
        self,
        step: int,
        name: str,
        made: Grid,
        formulas: Expression,
        inputs: Mapping[Reference, int],
        first: PlacedTensor | None,
        met: str,
        default: Index,
        value: Value | None = None,
    ) -> View:
        def account(index: Index) -> Account:
            return self._accounts.forward(formulas, index, inputs)

        source, source_name = (first.value, first.name) if first else (None, "")
        return self._view(step, name, made, default, value, account, source, source_name, met)

    def seed(self, step: int) -> View:
        """The gradient of the loss by itself."""
        loss = self._graph.loss
        grid = self._tensors[loss].grad
        return self._view(step, f"∂L/∂ {loss.name}", grid, (0,) * len(grid.shape), loss, lambda _: Account(()))

    def backward(self, step: int, call: Call) -> Iterator[View]:
        """What the gradient of each input of a call gains through it."""
        results = [result for result in self._book.placement.results(call) if result.has_grad]
        arriving = _cells([result.grad for result in results])
        gained: dict[int, Expression] = {}
        for target, formulas in self._book.placement.operator(call).backward_all(self._book.placement.results(call)):
            share = as_expression(formulas)
            share = share if share.shape == target.shape else share.broadcast_to(target.shape)
            gained[id(target)] = gained[id(target)] + share if id(target) in gained else share
        shares = {id(value): np.abs(share) for value, share in call.shares}
        inputs = dict.fromkeys(call.inputs)
        for value in inputs:
            tensor = self._tensors[value]
            if not (tensor.has_grad and value.data.size):
                continue
            formulas = gained.get(id(tensor), as_expression(0).broadcast_to(tensor.shape))
            share = shares.get(id(value))
            default = _largest(share if share is not None and share.any() else value.gradient)
            others = [other for other in self._graph.calls if value in other.inputs and other is not call]
            yield self._view(
                step, f"∂L/∂ {value.name}", tensor.grad, default, value,
                lambda index, formulas=formulas: self._accounts.backward(formulas, index, arriving),
                results[0].grad if results else None, f"∂L/∂ {call.outputs[0].name}",
                self._list([other for other in inputs if other is not value and other.kind != "input"]) or "slope",
                ", ".join(other.outputs[0].name for other in others),
            )  # fmt: skip

    def update(self, step: int) -> Iterator[View]:
        """Each parameter after the step."""
        by = negated(LEARNING_RATE)
        for value, after in self._book.after.items():
            tensor = self._tensors[value]

            def account(index: Index, tensor: PlacedTensor = tensor) -> Account:
                before, gradient = (grid.relative.at(*index) for grid in (tensor.value, tensor.grad))
                return Account((Term(before), Term(gradient, by)))

            assert value.gradient is not None
            yield self._view(step, f"{value.name} after", after, _largest(value.gradient), value, account,
                             tensor.value, value.name, "step")  # fmt: skip

    def _view(
        self,
        step: int,
        name: str,
        made: Grid,
        default: Index,
        value: Value | None,
        account: AccountOf,
        source: Grid | None = None,
        source_name: str = "",
        met_name: str = "",
        paths: str = "",
    ) -> View:
        names = index_names(len(made.shape), value is not None and value.kind == "parameter")
        return View(step, name, made, default, account, source, source_name, met_name, names, paths)

    def _list(self, values: Sequence[Value]) -> str:
        return ", ".join(value.name for value in values)


def index_names(rank: int, is_parameter: bool) -> tuple[str, ...]:
    """What each index of a tensor counts, as far as its rank tells."""
    if is_parameter:
        known = {1: ("output",), 2: ("output", "input"), 4: ("filter", "channel", "row", "column")}
    else:
        known = {1: ("place",), 2: ("sample", "place"), 3: ("channel", "row", "column"),
                 4: ("sample", "channel", "row", "column")}  # fmt: skip
    return known.get(rank, tuple(f"index {k + 1}" for k in range(rank)))


def _cells(grids: Sequence[Grid]) -> dict[Reference, int]:
    """The cells of some grids, each with the number of its grid."""
    return {
        Reference(grid.sheet, int(row), int(col)): n
        for n, grid in enumerate(grids)
        for row, col in zip(grid.rows.ravel(), grid.cols.ravel(), strict=True)
    }


def _largest(data: np.ndarray | None) -> Index:
    """The index of the element that shows most: the largest."""
    numbers = np.abs(np.asarray(data, dtype=np.float64))
    return tuple(int(k) for k in np.unravel_index(int(np.argmax(numbers)), numbers.shape)) if numbers.size else ()
