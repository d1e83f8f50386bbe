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
    """The tensor; for a helper the first result of its call."""
    part: str
    """'value', 'grad', or the name of a helper (an intermediate result) of the call that returns `value`: 'exp'."""
    index: Index
    """The index of the element, from 0 on."""


class Elements:
    """The elements of a placed graph: at(B5) is Element(x, 'value', (0, 1)); `forward` and `backward` give terms."""

    def __init__(self, graph: Graph, placement: Placement, contents: Contents) -> None:
        """Take the graph, the cells of its tensors, and what these hold: {grid: numbers or formulas}."""
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
        """The object that finds the terms of formulas, B3·C3 and B4·C4 of B3*C3+B4*C4; the methods here call it."""
        helpers = [grid for tensor in self.tensors.values() for grid in tensor.helpers.values()]
        made = {id(grid): formulas for grid in helpers if isinstance(formulas := self._contents.get(grid), Expression)}
        of_helpers = [grid for grid in helpers if id(grid) in made]
        return Accounts(self._owners, OfGrids(of_helpers, lambda grid, index: (made[id(grid)], index)))

    @cached_property
    def outlines(self) -> Outlines:
        """The object that finds elements with the same formula but for a shift, B3+1 and B4+1: see `Outlines`."""
        return Outlines(OfGrids(self.grids, lambda grid, _: grid), self.accounts.helpers)

    @cached_property
    def index_names(self) -> IndexNames:
        """The names of the indices of the network's tensors: index_names.of(y) is ('map', 'row', 'column')."""
        return IndexNames(self.graph)

    def at(self, cell: object) -> Element | None:
        """Return the element that a cell holds: Element(x, 'value', (0, 1)).

        None for a cell of no tensor, and for anything but a `Reference` to one cell.
        """
        return self._cells.get(cell.plain) if isinstance(cell, Reference) else None

    def cell(self, element: Element) -> Reference:
        """Return the cell that holds an element: Reference("Network", 5, 3) for x[0, 1] of an x from B5 on."""
        tensor = self.tensors[element.value]
        grid = {VALUE: tensor.value}.get(element.part) or (
            tensor.grad if element.part == GRADIENT else tensor.helpers[element.part]
        )
        return grid.at(*element.index).plain

    def number(self, element: Element) -> float | None:
        """Return PyTorch's number for an element of a value or its gradient: 0.25; None for an element of a helper."""
        data = {VALUE: element.value.data, GRADIENT: element.value.gradient}.get(element.part)
        return None if data is None else float(data[element.index])

    def forward(self, value: Value, index: Index) -> Account:
        """Return the terms of an element of a call's result: Account((Term(x0, w0), Term(x1, w1)), alone=b).

        That is x[0]·w[0] + x[1]·w[1] + b, a parameter behind what it multiplies. A formula of another form has texts:
        Account((Term(B3),), spelled=('max(', ', 0)')).
        """
        return self._arranged(self.accounts.forward(self.formulas(value), index, self.read_by(self.makers[value])))

    def read_by(self, call: Call) -> list[Variables]:
        """Return [the set of the cells of all inputs of a call, the set of those of its first input alone]."""
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
        """Return the terms and texts of an element of a helper, Account((Term(B5),), spelled=('exp(', ')')).

        A helper is an intermediate result of a call, such as 'exp' of a softmax; `name` is that name.
        """
        return self.accounts.spelled(self.helper_formulas(call, name), index)

    def formulas(self, value: Value) -> Expression:
        """Return the formulas to be shown for a call's result, in its shape: MAX(B5,0), MAX(C5,0).

        They may differ from the formulas in the cells, which are written to be computed rather than read.
        """
        call = self.makers[value]
        return as_expression(self.placement.readable(call)[call.outputs.index(value)]).in_shape(value.shape)

    def formula(self, value: Value, index: Index) -> Expression:
        """Return a formula of an element of a call's result that a cell can compute: B5*C5+D5.

        It is the element's of `formulas`, or, if that is only made to be shown, the formula that the cell holds.
        """
        call = self.makers[value]
        readable = self.formulas(value).element(index)
        if not any(name in readable.text("") for name in PLACES):
            return readable
        return as_expression(self.placement.forward(call)[call.outputs.index(value)]).element(index)

    def helper_formulas(self, call: Call, name: str) -> Expression:
        """Return the formulas to be shown for a helper of a call, such as 'exp' of a softmax, in its shape: EXP(B5)."""
        wanted = self.placement.helpers(call)[name]
        return as_expression((wanted.readable or wanted.formula)())

    def gains(self, call: Call, value: Value) -> Expression | None:
        """Return the formulas of what a call adds to the gradient of `value`, its input, in its shape: G5*C5, G6*C5.

        None if it adds nothing, or if `value` has no gradient.
        """
        tensor = self.tensors[value]
        shares = [as_expression(share) for target, share in self.placement.backward(call) if target is tensor]
        if not (tensor.has_grad and shares):
            return None
        return total(shares).in_shape(value.shape)

    def spelled_backward(self, call: Call, value: Value, index: Index) -> Account | None:
        """Return what `gains` has for an element, with texts: Account((Term(G5), Term(C5)), spelled=('', ' · ', '')).

        None if the call adds nothing.
        """
        gains = self.gains(call, value)
        return None if gains is None else self.accounts.spelled(gains, index)

    def backward(self, call: Call, value: Value, index: Index) -> Account | None:
        """Return what a call adds to the gradient of value[index], as terms: Account((Term(g0, w0), Term(g1, w1))).

        That is g[0]·w[0] + g[1]·w[1] with gradients g of the call's results. None if the call adds nothing.
        """
        gains = self.gains(call, value)
        return None if gains is None else self.accounts.backward(gains, index, self.arriving(call))

    def arriving(self, call: Call) -> Variables:
        """Return the cells of the gradients of a call's results, and of helpers computed from them, as a set.

        For y = relu(x) and a cell G5 of ∂L/∂y, `arriving(call)(G5)` is True.
        """
        if call not in self._arriving:
            grids = (self.tensors[each].grad for each in call.outputs if each.has_grad)
            self._arriving[call] = self.accounts.variables(grids)
        return self._arriving[call]

    def shares(self, call: Call, value: Value) -> AlikeElements | None:
        """Return the terms with gradients of what a call adds to the gradient of `value`, an input, by the element.

        If it adds G3·D3 + G4·D4 to ∂L/∂x[0, 1], `cells` of the result gives [G3, G4] for (0, 1). None for nothing.
        """
        if (call, value) not in self._shares:
            gains, arriving = self.gains(call, value), self.arriving(call)
            self._shares[call, value] = None if gains is None else AlikeElements(
                self.outlines, gains, partial(self.accounts.shares, gains, arriving), arriving.grids
            )  # fmt: skip
        return self._shares[call, value]
