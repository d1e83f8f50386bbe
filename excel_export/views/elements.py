"""Which element of which tensor a cell holds, and what an element is made of, looked up when somebody asks."""

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
    """A number of the network: of a value, of its gradient, or of a helper beside it."""

    value: Value
    part: str
    """'value', 'grad', or the name of a helper of the call that makes the value."""
    index: Index


class Elements:
    """The elements of a graph in its place."""

    def __init__(self, graph: Graph, placement: Placement, contents: Contents) -> None:
        """Take the graph, where its tensors lie, and the formulas in their cells."""
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
        """Where the numbers, the gradients and the helpers lie."""
        # A helper belongs to no tensor: what is read of it is what it is made of.
        tensors = [grid for grid in grids if parts[id(grid)][1] in (VALUE, GRADIENT)]
        self._owners = OfGrids(tensors, lambda grid, _: grid)
        self._read_by: dict[Call, list[Variables]] = {}
        self._arriving: dict[Call, Variables] = {}
        self._shares: dict[tuple[Call, Value], AlikeElements | None] = {}
        self.makers = {value: call for call in graph.calls for value in call.outputs}
        self.readers: dict[Value, list[Call]] = {}
        for call in graph.calls:
            for value in dict.fromkeys(call.inputs):
                self.readers.setdefault(value, []).append(call)

    @cached_property
    def accounts(self) -> Accounts:
        """What takes the formulas of the network apart."""
        helpers = [grid for tensor in self.tensors.values() for grid in tensor.helpers.values()]
        made = {id(grid): formulas for grid in helpers if isinstance(formulas := self._contents.get(grid), Expression)}
        of_helpers = [grid for grid in helpers if id(grid) in made]
        return Accounts(self._owners, OfGrids(of_helpers, lambda grid, index: (made[id(grid)], index)))

    @cached_property
    def outlines(self) -> Outlines:
        """What tells which formulas of the network are alike."""
        return Outlines(OfGrids(self.grids, lambda grid, _: grid), self.accounts.helpers)

    @cached_property
    def index_names(self) -> IndexNames:
        """What the indices of its tensors count."""
        return IndexNames(self.graph)

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
        return self._arranged(self.accounts.forward(self.formulas(value), index, self.read_by(self.makers[value])))

    def read_by(self, call: Call) -> list[Variables]:
        """The cells that a call reads: those of all inputs; then of the first, in case its result is no sum of all."""
        if call not in self._read_by:
            grids = [self.tensors[each].value for each in dict.fromkeys(call.inputs)]
            self._read_by[call] = [self.accounts.variables(grids), self.accounts.variables(grids[:1])]
        return self._read_by[call]

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
        return self.accounts.spelled(self.helper_formulas(call, name), index)

    def formulas(self, value: Value) -> Expression:
        """The formulas of a result as a person reads them, in its shape."""
        call = self.makers[value]
        return as_expression(self.placement.readable(call)[call.outputs.index(value)]).in_shape(value.shape)

    def formula(self, value: Value, index: Index) -> Expression:
        """The formula of an element as a spreadsheet computes it: as a person reads it, where that is one."""
        call = self.makers[value]
        readable = self.formulas(value).element(index)
        if not any(name in readable.text("") for name in PLACES):
            return readable
        return as_expression(self.placement.forward(call)[call.outputs.index(value)]).element(index)

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
        return total(shares).in_shape(value.shape)

    def spelled_backward(self, call: Call, value: Value, index: Index) -> Account | None:
        """A call's share of the gradient of an element as its formula; None where it passes nothing on."""
        gains = self.gains(call, value)
        return None if gains is None else self.accounts.spelled(gains, index)

    def backward(self, call: Call, value: Value, index: Index) -> Account | None:
        """How a call's share of the gradient of an element comes about; None where it passes nothing on."""
        gains = self.gains(call, value)
        return None if gains is None else self.accounts.backward(gains, index, self.arriving(call))

    def arriving(self, call: Call) -> Variables:
        """The cells of the gradients that arrive at a call."""
        if call not in self._arriving:
            grids = (self.tensors[each].grad for each in call.outputs if each.has_grad)
            self._arriving[call] = self.accounts.variables(grids)
        return self._arriving[call]

    def shares(self, call: Call, value: Value) -> AlikeElements | None:
        """The arriving gradients that a call's share of a gradient is the sum of; None where it passes nothing on."""
        if (call, value) not in self._shares:
            gains, arriving = self.gains(call, value), self.arriving(call)
            self._shares[call, value] = None if gains is None else AlikeElements(
                self.outlines, gains, partial(self.accounts.shares, gains, arriving), arriving.grids
            )  # fmt: skip
        return self._shares[call, value]
