"""The views of a network: for each part of a step, one for each tensor that the part computes."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np

from excel_export.formulas import (
    Expression,
    Grid,
    Index,
    OperandLike,
    PlacedTensor,
    Scattered,
    as_expression,
    gradient_name,
)
from excel_export.graph.graph import Call, Graph, Value
from excel_export.views.alike import AlikeElements
from excel_export.views.elements import Elements
from excel_export.views.of_grids import OfGrids
from excel_export.views.plan import Plan
from excel_export.views.terms import Account, AccountOf, Helpers, Owners, Term


def learning_parameters(graph: Graph, tensors: Mapping[Value, PlacedTensor]) -> list[Value]:
    """Return the parameters that have cells for a gradient and are not empty, in the graph's order: [w, b].

    `tensors` has the cells of each value: {w: PlacedTensor('w', data, value, grad)}.
    """
    return [value for value in graph.of_kind("parameter") if tensors[value].has_grad and value.data.size]


def with_gradients(graph: Graph, tensors: Mapping[Value, PlacedTensor]) -> list[Value]:
    """Return the values that have cells for a gradient and are not empty: parameters, then others: [w, b, y, loss].

    `tensors` has the cells of each value; one that is not there is left out.
    """
    learning = learning_parameters(graph, tensors)
    others = (value for value in graph.values if value.kind != "parameter" and value in tensors)
    return [*learning, *(value for value in others if tensors[value].has_grad and value.data.size)]


@dataclass(frozen=True)
class Updated:
    """The one step of learning, after = before − rate · direction: Updated(0.1, {w: grid}, {w: grid})."""

    rate: OperandLike = 0.0
    """The learning rate: a number, 0.1, or a cell or a defined name that holds it."""
    after: dict[Value, Grid] = field(default_factory=dict)
    """The cells of each parameter after the step: {w: grid}."""
    directions: dict[Value, Grid] = field(default_factory=dict)
    """The cells of the direction of the step for each parameter, such as the gradient for SGD."""


SHOWN_PATHS = 8
"""The most paths of a gradient that are named."""
LEFT = 4
"""The number of slots of a screen, from the left, for the tensors that are read."""


@dataclass(frozen=True, eq=False)
class StepTensor:
    """A tensor that a step shows, its cells and its name for people: StepTensor(grid, '∂L/∂fc1.weight', True)."""

    grid: Grid
    """The cells of the tensor."""
    name: str
    """The name for people: '∂L/∂fc1.weight'."""
    is_grad: bool = False
    """True for a gradient, or for the direction of a step of learning; False for other tensors."""


@dataclass(frozen=True, kw_only=True)
class View:
    """A tensor that a step computes, as a reader sees it: what it is computed from, and each element's terms.

    For y = relu(x): View(part=3, tensor=StepTensor(grid of y, 'y'), weights=|y|, operands=(StepTensor(…, 'x'),), …).
    """

    part: int
    """The number of its `Part` in `Plan.parts`, from 1 on; 0 for a gradient from which the backward pass starts."""
    tensor: StepTensor
    """The computed tensor."""
    weights: np.ndarray
    """The importance of each element, mostly its absolute value, in the tensor's shape: the largest is shown first."""
    account: AccountOf = lambda _: Account(())
    """A function from an element's index, (0, 1), to its `Account`."""
    operands: tuple[StepTensor, ...] = ()
    """The tensors that the step may read: the call's inputs in order, then its intermediate results."""
    arriving: tuple[StepTensor, ...] = ()
    """For a gradient, the gradients of the call's results, from which it is computed; () for others."""
    companion: StepTensor | None = None
    """The tensor x if ∂L/∂x is computed, one of the operands; None if the computed tensor is no gradient."""
    index_names: tuple[str, ...] = ()
    """The names of the tensor's indices: ('map', 'row', 'column')."""
    paths: str = ""
    """The names of the results of other calls that add to the same gradient: 'fc2, sum'; '' for none."""
    value: Value | None = None
    """The value that is computed, or whose gradient is; None for a helper (an intermediate result)."""
    formulas: Expression | None = None
    """The formulas of all elements, from which `account` takes the terms; None if there are none, as for inputs."""
    shares: AlikeElements | None = None
    """For a gradient, the terms with gradients of each element, as `Elements.shares` returns them; None for others."""
    touched: range | None = None
    """The numbers, from 0 on, of the elements to which a gradient arrives, if they are few: range(4, 8); else None."""
    is_given: bool = False
    """True for inputs and parameters, which are there before anything is computed."""


@dataclass(frozen=True)
class Views:
    """All views of a network in the list `views`, one for each tensor that a step computes, in their order."""

    views: list[View]
    """The views, in the order of `Plan.parts`; the first ones are inputs and parameters."""
    elements: Elements
    """The network's elements."""
    learning: list[Grid]
    """The cells of the directions of a step of learning, then of the parameters after it."""
    seeds: list[View]
    """The views of the gradients from which the backward pass starts: that of ∂L/∂L."""

    @cached_property
    def owners(self) -> Owners:
        """The tensor of each cell: owners[Reference("Network", 5, 2)] is the grid, all cells of the tensor."""
        return OfGrids([*self.elements.grids, *self.learning], lambda grid, _: grid)

    @property
    def helpers(self) -> Helpers:
        """The formulas of helpers (intermediate results) by the cell: helpers[D3] is (formulas of a helper, index)."""
        return self.elements.accounts.helpers


def views(elements: Elements, plan: Plan, updated: Updated) -> Views:
    """Return a view for each tensor that a part of the plan computes, in its order: x, w, y, then ∂L/∂y, ….

    The last ones show the parameters after a step of learning, whose cells `updated` has.
    """
    teller = _Teller(elements)
    found: list[View] = []
    for number, part in enumerate(plan.parts, start=1):
        if part.direction == "inputs":
            found += teller.inputs(number)
        elif part.direction == "loss":
            found.append(teller.seed(number))
        elif part.direction == "update":
            found += teller.update(number, updated)
        elif part.call:
            forward = part.direction == "forward"
            found += teller.forward(number, part.call, part.helper) if forward else teller.backward(number, part.call)
    seeds = [teller.start(value) for value in elements.graph.seeds]
    return Views(found, elements, [*updated.directions.values(), *updated.after.values()], seeds)


class _Teller:
    def __init__(self, elements: Elements) -> None:
        self._elements, self._accounts, self._graph = elements, elements.accounts, elements.graph
        self._placement, self._tensors = elements.placement, elements.tensors
        self._operands: dict[Value, StepTensor] = {}
        self._gradients: dict[Value, StepTensor] = {}

    def inputs(self, part: int) -> Iterator[View]:
        inputs = sorted(self._graph.of_kind("input"), key=lambda value: (value.drawn, -value.data.size))
        values = [value for value in (*inputs, *self._graph.of_kind("parameter")) if value.data.size]
        beside = tuple(map(self._operand, values[:LEFT]))
        for value in values:
            yield self._view(part, value, self._operand(value), _size(value.data), operands=beside, is_given=True)

    def forward(self, part: int, call: Call, helper: str) -> Iterator[View]:
        results, read = self._placement.results(call), list(dict.fromkeys(call.inputs))
        stopped = _stopped(read, call.outputs)
        names: tuple[str, ...] = ()
        made: list[tuple[Value | None, StepTensor, Expression]]
        if helper:
            names = call.helpers[helper].index_names
            tensor = StepTensor(results[0].helpers[helper], helper)
            made = [(None, tensor, self._elements.helper_formulas(call, helper))]
        else:
            made = [(value, self._operand(value), self._elements.formulas(value)) for value in call.outputs]
        operands = (*map(self._operand, read), *self._helpers(results[0]))
        for value, operand, formulas in made:
            shape = operand.grid.shape
            if not math.prod(shape):
                continue
            if value is None:
                # What a helper is made from, upward, so that the largest counts most; all alike where that is others.
                data = read[0].data
                weights = np.exp(data - data.max()) if data.shape == shape else np.ones(shape)
            else:
                weights = _size(value.data) if stopped is None else stopped
            yield self._view(
                part, value, operand, weights,
                account=partial(self._accounts.forward, formulas, inputs=self._elements.read_by(call)),
                formulas=formulas,
                operands=tuple(each for each in operands if each.grid is not operand.grid),
                index_names=names,
            )  # fmt: skip

    def seed(self, part: int) -> View:
        loss, maker = self._graph.loss, self._elements.makers.get(self._graph.loss)
        added = [value for value in (maker.inputs if maker else []) if value.data.size == 1]
        operands = tuple(map(self._operand, (loss, *added)))
        made, weights = self._gradient(loss), np.ones(loss.shape)
        return self._view(part, loss, made, weights, operands=operands, companion=operands[0])

    def start(self, value: Value) -> View:
        """Return a gradient from which the backward pass starts: 1 for the loss; for a part of a network, a
        pasted one.
        """
        tensor, companion = self._tensors[value], self._operand(value)
        seed = as_expression(tensor.seed or 1).broadcast_to(tensor.shape)
        account = partial(self._accounts.constant, seed)
        return self._view(
            0, value, self._gradient(value), _size(value.gradient), account=account, operands=(companion,),
            companion=companion,
        )  # fmt: skip

    def backward(self, part: int, call: Call) -> Iterator[View]:
        results = self._placement.results(call)
        reaching = [value for value in call.outputs if value.has_grad]
        shares = {id(value): np.abs(share) for value, share in call.contributions}
        inputs = list(dict.fromkeys(call.inputs))
        operands = (*map(self._operand, inputs), *self._helpers(results[0]), *map(self._operand, call.outputs))
        for value in inputs:
            tensor = self._tensors[value]
            if not (tensor.has_grad and value.data.size):
                continue
            gains = self._elements.gains(call, value)
            gains = as_expression(0).broadcast_to(tensor.shape) if gains is None else gains
            felt, size, readers = shares.get(id(value)), _size(value.gradient), self._elements.readers[value]
            others = [other for other in readers[: SHOWN_PATHS + 1] if other is not call][:SHOWN_PATHS]
            paths = ", ".join(other.outputs[0].called for other in others)
            stopped = _stopped([value], call.outputs)
            if stopped is not None and reaching:
                stopped = np.where(stopped > 0, _size(reaching[0].gradient), 0)
            lost = stopped is not None and bool(stopped.any())
            weights = felt if felt is not None and felt.any() else size
            yield self._view(
                part, value, self._gradient(value), stopped if stopped is not None and lost else weights,
                account=partial(self._accounts.backward, gains, arriving=self._elements.arriving(call)),
                formulas=gains,
                shares=self._elements.shares(call, value),
                operands=operands,
                arriving=tuple(map(self._gradient, reaching)),
                companion=self._operand(value),
                paths=paths + ", …" * (len(readers) - 1 > SHOWN_PATHS),
                touched=_touched(gains),
            )  # fmt: skip

    def update(self, part: int, updated: Updated) -> Iterator[View]:
        rate = as_expression(updated.rate)
        for value, after in updated.after.items():
            before, direction = self._tensors[value].value, updated.directions[value]

            def account(index: Index, before: Grid = before.relative, direction: Grid = direction.relative) -> Account:
                terms = Term(before.at(*index)), Term(rate), Term(direction.at(*index))
                return Account(terms, None, ("", " − ", " · ", ""), (True, False, False))

            made = StepTensor(after, f"{value.called} after the step")
            operands = self._operand(value), StepTensor(direction, f"direction for {value.called}", is_grad=True)
            yield self._view(
                part, value, made, _size(value.gradient), account=account, operands=operands,
            )  # fmt: skip

    def _view(self, part: int, value: Value | None, made: StepTensor, weights: np.ndarray, **fields: Any) -> View:
        known = self._elements.index_names
        names = fields.pop("index_names", None) or (known.of(value) if value else known.by_rank(len(made.grid.shape)))
        return View(part=part, value=value, tensor=made, weights=weights, index_names=names, **fields)

    def _operand(self, value: Value) -> StepTensor:
        if value not in self._operands:
            self._operands[value] = StepTensor(self._tensors[value].value, value.called)
        return self._operands[value]

    def _gradient(self, value: Value) -> StepTensor:
        if value not in self._gradients:
            self._gradients[value] = StepTensor(self._tensors[value].grad, gradient_name(value.called), True)
        return self._gradients[value]

    def _helpers(self, y: PlacedTensor) -> list[StepTensor]:
        return [StepTensor(grid, name) for name, grid in y.helpers.items()]


def _touched(gains: Expression) -> range | None:
    """Return the elements that get a share, if they are few: each step of a loop over x reads one row of it."""
    if not (isinstance(gains, Scattered) and gains.gained):
        return None
    first, last = min(gains.gained), max(gains.gained)
    return range(first, last + 1) if last - first + 3 < math.prod(gains.shape) else None


def _stopped(inputs: Sequence[Value], results: Sequence[Value]) -> np.ndarray | None:
    """Return the sizes of the numbers that a call such as ReLU sets to 0 and of others 0; None for other calls."""
    if len(inputs) != 1 or len(results) != 1 or inputs[0].shape != results[0].shape:
        return None
    size, passes = _size(inputs[0].data), _size(results[0].data) > 0
    stopped = np.where(passes, 0, size)
    through = np.array_equal(size[passes], _size(results[0].data)[passes])
    return stopped if through and passes.any() and stopped.any() else None


def _size(data: np.ndarray | None) -> np.ndarray:
    return np.abs(np.asarray(data, dtype=np.float64))
