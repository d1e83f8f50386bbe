"""Where every tensor of a graph lies, and its formulas there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from excel_export.compiler.place.panels import Block, Panel, What, Zone
from excel_export.formulas import Grid, OperandLike, Operator, PlacedTensor, Tensor
from excel_export.graph.graph import Call, Value

FIRST_ROW, FIRST_COLUMN = 4, 2
# A network of up to so many cells is one picture; in a larger one a layer that has more than its share
# of cells starts a new sheet.
ONE_SHEET, ONE_LAYER = 30_000, 5_000


@dataclass(eq=False)
class Sheet:
    """What lies on one sheet."""

    name: str
    panels: list[Panel]
    zones: dict[Zone, int] = field(default_factory=dict)
    """The row of each zone's heading."""
    blocks: list[Block] = field(default_factory=list)
    last_row: int = 0
    first_column: int = FIRST_COLUMN
    last_column: int = 0


@dataclass
class Placement:
    """Where everything lies."""

    sheets: list[Sheet]
    tensors: dict[Value, PlacedTensor]
    given: Collection[Value]
    """The values that lie somewhere else."""
    _operators: dict[Call, Operator] = field(default_factory=dict)
    _forward: dict[Call, tuple[OperandLike, ...]] = field(default_factory=dict)
    _backward: dict[Call, list[tuple[Tensor, OperandLike]]] = field(default_factory=dict)

    @cached_property
    def is_one_picture(self) -> bool:
        """Whether the network is small enough for one sheet, and for being shown more than once."""
        return len(self.sheets) == 1 and sum(panel.cells for panel in self.sheets[0].panels) <= ONE_SHEET

    def results(self, call: Call) -> tuple[PlacedTensor, ...]:
        """The results of a call in their places."""
        return tuple(self.tensors[value] for value in call.outputs)

    def operator(self, call: Call) -> Operator:
        """The operator of a call on tensors in their places."""

        def placed(tensor: Tensor) -> Tensor:
            assert isinstance(tensor, Value)
            return self.tensors[tensor]

        if call not in self._operators:
            self._operators[call] = call.operator.on(placed)
        return self._operators[call]

    def forward(self, call: Call) -> tuple[OperandLike, ...]:
        """The formulas of each result of a call, as they stand in the cells."""
        if call not in self._forward:
            self._forward[call] = self.operator(call).forward_all(self.results(call))
        return self._forward[call]

    def readable(self, call: Call) -> tuple[OperandLike, ...]:
        """The formulas of each result of a call, as a person reads them."""
        operator = self.operator(call)
        if type(operator).readable_all is Operator.readable_all:
            return self.forward(call)
        return operator.readable_all(self.results(call))

    def backward(self, call: Call) -> list[tuple[Tensor, OperandLike]]:
        """What the gradient of each input of a call gains through it.

        That is 0 where PyTorch has no gradient of the results, as before a detach(): its formula would be 0 times a
        slope, and an infinite one makes an error of it. What gives whole numbers, as argmax does, has a slope of 0.
        """
        if call not in self._backward:
            gains = self.operator(call).backward_all(self.results(call))
            if all(value.is_float and not value.is_reached for value in call.outputs):
                gains = ((target, 0) for target, _ in gains)
            self._backward[call] = [*gains]
        return self._backward[call]


def tensors_at(placed: Mapping[What, Grid]) -> dict[Value, PlacedTensor]:
    """Return the tensors that lie in these grids, by their values."""
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
