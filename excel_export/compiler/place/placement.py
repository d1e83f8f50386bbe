"""The cells of each tensor of a graph, and the formulas that result there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from excel_export.compiler.place.panels import Block, Panel, What, Zone
from excel_export.formulas import Grid, Helper, OperandLike, Operator, PlacedTensor, Tensor
from excel_export.graph.graph import Call, Value

FIRST_ROW, FIRST_COLUMN = 4, 2
# A network of up to so many cells is one picture; in a larger one a layer that has more than its share
# of cells starts a new sheet.
ONE_SHEET, ONE_LAYER = 30_000, 5_000


@dataclass(eq=False)
class Sheet:
    """One sheet of the network with its panels from left to right; rows and columns are set when it is arranged."""

    name: str
    """The name of the tab: 'Network'."""
    panels: list[Panel]
    """The groups of columns of the picture, from left to right, about one for each layer."""
    zones: dict[Zone, int] = field(default_factory=dict)
    """The row, from 1 on, of the heading of each zone that has blocks: {'forward': 4, 'parameters': 20}; {} before."""
    blocks: list[Block] = field(default_factory=list)
    """The blocks of all panels, each a titled grid; [] before the sheet is arranged."""
    last_row: int = 0
    """The last row that holds a cell of the network, from 1 on; 0 before it is arranged."""
    first_column: int = FIRST_COLUMN
    """The first column of the panels, from 1 on."""
    last_column: int = 0
    """The last column of the panels, from 1 on; 0 before they are arranged."""


@dataclass
class Placement:
    """The cells of all tensors of a graph, and the formulas that result: tensors[x].value is the grid B8:E10."""

    sheets: list[Sheet]
    """The sheets on which the network lies, one for a small network."""
    tensors: dict[Value, PlacedTensor]
    """For each value its cells, and those of its gradient and its helpers: {x: tensor with .value in B8:E10}."""
    given: Collection[Value]
    """The values whose cells were there before, on other sheets."""
    _operators: dict[Call, Operator] = field(default_factory=dict)
    _forward: dict[Call, tuple[OperandLike, ...]] = field(default_factory=dict)
    _backward: dict[Call, list[tuple[Tensor, OperandLike]]] = field(default_factory=dict)

    @cached_property
    def is_one_picture(self) -> bool:
        """True if the network fits on one sheet with at most 30,000 cells, few enough to be shown more than once."""
        return len(self.sheets) == 1 and sum(panel.cells for panel in self.sheets[0].panels) <= ONE_SHEET

    def results(self, call: Call) -> tuple[PlacedTensor, ...]:
        """Return the results of a call as tensors with cells, in the order of `call.outputs`: (y,) with y in L8:O9."""
        return tuple(self.tensors[value] for value in call.outputs)

    def _operator(self, call: Call) -> Operator:
        """Return the operator of a call on tensors with cells: relu with x in L8:O9 as its field, not the value x."""

        def placed(tensor: Tensor) -> Tensor:
            assert isinstance(tensor, Value)
            return self.tensors[tensor]

        if call not in self._operators:
            self._operators[call] = call.operator.on(placed)
        return self._operators[call]

    def helpers(self, call: Call) -> dict[str, Helper]:
        """Return the helpers of a call, {'e': Helper(…)}, whose formulas read cells."""
        return self._operator(call).helpers(self.results(call)[0])

    def forward(self, call: Call) -> tuple[OperandLike, ...]:
        """Return each result's formulas, an `Expression` or a number: (MAX(0,L8) and so on,) for a ReLU of L8:O9."""
        if call not in self._forward:
            self._forward[call] = self._operator(call).forward_all(self.results(call))
        return self._forward[call]

    def readable(self, call: Call) -> tuple[OperandLike, ...]:
        """Return each result's formulas for people to read: as `forward`, or shorter ones that give the same."""
        operator = self._operator(call)
        if type(operator).readable_all is Operator.readable_all:
            return self.forward(call)
        return operator.readable_all(self.results(call))

    def backward(self, call: Call) -> list[tuple[Tensor, OperandLike]]:
        """Return each input of a call with formulas of what the call adds to its gradient: [(x, IF(L13>0,Q13,0))].

        The terms are 0 if PyTorch has no gradient for the results, as before a detach(): the usual formula, 0 times an
        infinite slope, would be an error. Calls with integer results, such as argmax, have the slope 0.
        """
        if call not in self._backward:
            gains = self._operator(call).backward_all(self.results(call))
            if all(value.is_float and not value.is_reached for value in call.outputs):
                gains = ((target, 0) for target, _ in gains)
            self._backward[call] = [*gains]
        return self._backward[call]


def tensors_at(placed: Mapping[What, Grid]) -> dict[Value, PlacedTensor]:
    """Return each value as a tensor with cells, from grids by (value, 'value'), 'grad', 'seed' or a helper's name.

    {(x, 'value'): B3:B4, (x, 'grad'): D3:D4} gives {x: tensor with its value in B3:B4, its gradient in D3:D4}.
    """
    tensors = {
        value: PlacedTensor(value.name, value.data, grid, placed.get((value, "grad")))
        for (value, kind), grid in placed.items()
        if kind == "value"
    }
    for (value, kind), grid in placed.items():
        if kind == "seed":
            tensors[value].seed = grid
        elif kind not in ("value", "grad"):
            tensors[value].helpers[kind] = grid
    for value, tensor in tensors.items():
        tensor.know(value)
    return tensors
