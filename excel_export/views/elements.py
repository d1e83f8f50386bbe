"""The element that a cell holds, and the terms that make an element, looked up on demand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

from excel_export.compiler.place.emit import Contents
from excel_export.compiler.place.placement import Placement
from excel_export.formulas import Expression, Grid, Index, Reference, as_expression, total
from excel_export.formulas.analysis.pretty import PLACES
from excel_export.graph.graph import Call, Graph, Value
from excel_export.views.alike import AlikeElements, Outlines
from excel_export.views.index_names import IndexNames
from excel_export.views.of_grids import OfGrids
from excel_export.views.terms import Account, Accounts, Term, Variables

VALUE, GRADIENT = "value", "grad"


@dataclass(frozen=True)
class Element:
    """A number of the network: an element of a value, gradient or helper. Element(x, 'grad', (0, 1)) is ∂L/∂x[0, 1]."""

    value: Value
    """The tensor, or the first result of the call with the helper."""
    part: str
    """'value', 'grad', or the name of a helper (an intermediate result) of the value's call, such as 'max'."""
    index: Index
    """The index of the element, from 0 on."""


class Elements:
    """The elements of a placed graph: at(B5) is Element(x, 'value', (0, 1)); `forward` and `backward` give terms."""

    def __init__(self, graph: Graph, placement: Placement, contents: Contents) -> None:
        """Take the graph, the places of its tensors, and the contents of their cells."""
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
        self.grids = grids
        """The grids of all values, gradients and helpers."""
        # A helper belongs to no tensor: what is read of it is what it is made of.
        tensors = [grid for grid in grids if parts[id(grid)][1] in (VALUE, GRADIENT)]
        self._owners = OfGrids(tensors, lambda grid, _: grid)
        self._read_by: dict[Call, list[Variables]] = {}
        self._arriving: dict[Call, Variables] = {}
        self._shares: dict[tuple[Call, Value], AlikeElements | None] = {}
        self.makers, self.readers = graph.makers, graph.readers

    @cached_property
    def accounts(self) -> Accounts:
        """The analysis of the network's formulas, by which `forward` and `backward` find an element's terms."""
        helpers = [grid for tensor in self.tensors.values() for grid in tensor.helpers.values()]
        made = {id(grid): formulas for grid in helpers if isinstance(formulas := self._contents.get(grid), Expression)}
        of_helpers = [grid for grid in helpers if id(grid) in made]
        return Accounts(self._owners, OfGrids(of_helpers, lambda grid, index: (made[id(grid)], index)))

    @cached_property
    def outlines(self) -> Outlines:
        """The outlines of the network's formulas, by which elements with the same formula but for a shift are found."""
        return Outlines(OfGrids(self.grids, lambda grid, _: grid), self.accounts.helpers)

    @cached_property
    def index_names(self) -> IndexNames:
        """The names of the indices of the network's tensors."""
        return IndexNames(self.graph)

    def at(self, cell: object) -> Element | None:
        """Return the element that a cell holds: Element(x, 'value', (0, 1)); None for a cell of no tensor."""
        return self._cells.get(cell.plain) if isinstance(cell, Reference) else None

    def cell(self, element: Element) -> Reference:
        """Return the cell that holds an element: Reference("Network", 5, 3) for x[0, 1] of an x from B5 on."""
        tensor = self.tensors[element.value]
        grid = {VALUE: tensor.value}.get(element.part) or (
            tensor.grad if element.part == GRADIENT else tensor.helpers[element.part]
        )
        return grid.at(*element.index).plain

    def number(self, element: Element) -> float | None:
        """Return PyTorch's number for an element of a value or its gradient: 0.25; None for a helper's."""
        data = {VALUE: element.value.data, GRADIENT: element.value.gradient}.get(element.part)
        return None if data is None else float(data[element.index])

    def forward(self, value: Value, index: Index) -> Account:
        """Return the account of value[index], a call's result: terms with factors, x[0]·w[0] + x[1]·w[1] + b."""
        return self._arranged(self.accounts.forward(self.formulas(value), index, self.read_by(self.makers[value])))

    def read_by(self, call: Call) -> list[Variables]:
        """Return [the set of cells of all inputs of a call, the set of cells of its first input alone]."""
        if call not in self._read_by:
            grids = [self.tensors[each].value for each in dict.fromkeys(call.inputs)]
            self._read_by[call] = [self.accounts.variables(grids), self.accounts.variables(grids[:1])]
        return self._read_by[call]

    def _arranged(self, account: Account) -> Account:
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
        """Return the account of an element of a call's helper, such as 'max' of a softmax: its readable formula."""
        return self.accounts.spelled(self.helper_formulas(call, name), index)

    def formulas(self, value: Value) -> Expression:
        """Return the readable formulas of a call's result, one for each element, in its shape: MAX(B5,0), MAX(C5,0)."""
        call = self.makers[value]
        return as_expression(self.placement.readable(call)[call.outputs.index(value)]).in_shape(value.shape)

    def formula(self, value: Value, index: Index) -> Expression:
        """Return the formula of an element, B5*C5+D5: the readable one, or the cell's if that cannot be computed."""
        call = self.makers[value]
        readable = self.formulas(value).element(index)
        if not any(name in readable.text("") for name in PLACES):
            return readable
        return as_expression(self.placement.forward(call)[call.outputs.index(value)]).element(index)

    def helper_formulas(self, call: Call, name: str) -> Expression:
        """Return the readable formulas of a call's helper, such as 'e^x' of a softmax, in its shape: EXP(B5),
        EXP(C5).
        """
        wanted = self.placement.operator(call).helpers(self.placement.results(call)[0])[name]
        return as_expression((wanted.readable or wanted.formula)())

    def gains(self, call: Call, value: Value) -> Expression | None:
        """Return the formulas of what a call adds to an input's gradient, G5*C5, in its shape; None for nothing."""
        tensor = self.tensors[value]
        shares = [as_expression(share) for target, share in self.placement.backward(call) if target is tensor]
        if not (tensor.has_grad and shares):
            return None
        return total(shares).in_shape(value.shape)

    def spelled_backward(self, call: Call, value: Value, index: Index) -> Account | None:
        """Return what a call adds to the gradient of value[index], as the account of a readable formula, or None."""
        gains = self.gains(call, value)
        return None if gains is None else self.accounts.spelled(gains, index)

    def backward(self, call: Call, value: Value, index: Index) -> Account | None:
        """Return the account of what a call adds to the gradient of value[index], g[0]·w[0] + g[1]·w[1], or None."""
        gains = self.gains(call, value)
        return None if gains is None else self.accounts.backward(gains, index, self.arriving(call))

    def arriving(self, call: Call) -> Variables:
        """Return the set of cells of the gradients that arrive at a call's results: ∂L/∂y for y = relu(x)."""
        if call not in self._arriving:
            grids = (self.tensors[each].grad for each in call.outputs if each.has_grad)
            self._arriving[call] = self.accounts.variables(grids)
        return self._arriving[call]

    def shares(self, call: Call, value: Value) -> AlikeElements | None:
        """Return the arriving gradients that a call multiplies and adds up for the elements of `value`, an input.

        None if the call adds nothing to the gradient of `value`.
        """
        if (call, value) not in self._shares:
            gains, arriving = self.gains(call, value), self.arriving(call)
            self._shares[call, value] = None if gains is None else AlikeElements(
                self.outlines, gains, partial(self.accounts.shares, gains, arriving), arriving.grids
            )  # fmt: skip
        return self._shares[call, value]
