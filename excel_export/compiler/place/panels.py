"""The picture of a graph before it has cells: panels from left to right, with values above parameters.

Each gradient stands beside its tensor, or below it if the tensor is wide and low.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from excel_export.compiler.place.gradient_accumulation import CONTRIBUTIONS, contributions_of, strides_of_contributions
from excel_export.compiler.place.layout import Strides, matrix, strides_of, upright
from excel_export.formulas import Band, Grid, gradient_name
from excel_export.graph.graph import Call, Graph, Value

HEADER_ROWS = 2
# Up to this many rows stand below one another; what is taller stands to the right.
TALLEST = 95
# Above this width, what is wider than high has its gradient below it.
WIDEST_PAIR = 16
# Parameters so low stand side by side with each other, and their gradients below them.
LOW = 6
# In characters. Wide tensors are pictures first: their cells are nearly square.
CELL_WIDTH, IMAGE_CELL_WIDTH, IMAGE_WIDTH = 5.0, 3.6, 14
TITLE = 0.94
"""The width of a letter of a title, in characters of a cell."""

Role = Literal["input", "parameter", "constant", "value", "helper", "grad", "seed"]
What = tuple[Value, str]
"""A value with 'value', 'grad', 'seed' or the name of one of its helper tensors."""
Zone = Literal["forward", "parameters"]
ZONES: tuple[Zone, ...] = ("forward", "parameters")
"""The parts of a sheet that stand below one another: values with their gradients, then parameters with theirs."""


@dataclass(eq=False)
class Block:
    """The cells of a value x, of its gradient or of a helper tensor, with a title, 'x  4×3', and a note above."""

    grid: Grid
    """The cells; from row 1, column 1 of sheet '' until the block is placed."""
    title: str
    """The text above the cells: 'x  4×3'."""
    note: str
    """A remark between title and cells; '' for none."""
    role: Role
    """The kind of its numbers: 'input', 'parameter', 'constant', 'value' (a result), 'helper', 'grad' or 'seed' (a
    gradient from outside)."""
    band: Band
    """The part of the picture to which it belongs, 'forward', 'parameters', 'backward' or 'updates' (the gradients of
    parameters); it decides the colour."""
    owner: Value
    """The value whose numbers, gradient or helper tensor the block holds."""
    helper: str = ""
    """The name of the helper tensor (an intermediate result) that it holds; '' for none."""

    @property
    def what(self) -> What:
        """The key of its tensor: (x, 'value'), (x, 'grad'), (x, 'seed'), or with the helper's name (y, 'e')."""
        return self.owner, self.helper or (self.role if self.role in ("grad", "seed") else "value")

    @property
    def key(self) -> str:
        """The name of its tensor in messages: 'x' or 'grad.x'; the title of a helper tensor or a seed."""
        names = {"grad": f"grad.{self.owner.name}", "helper": self.title, "seed": self.title}
        return names.get(self.role, self.owner.name)


def _nowhere(shape: tuple[int, ...], strides: Strides, *, absolute: bool = False) -> Grid:
    return Grid("", 1, 1, shape, *strides, absolute)


@dataclass(eq=False)
class Panel:
    """A group of columns of the picture, about one a layer: its values above ('forward'), its parameters below."""

    begins: str
    """The name of the layer that begins with this panel; '' if none does."""
    lines: dict[Zone, list[list[Block]]] = field(default_factory=lambda: {zone: [] for zone in ZONES})
    """For each zone its lines from top to bottom, each a list of blocks from left to right."""
    last: Block | None = None
    """The block of the last value if `add_value` may put the next one below it, else None."""
    first: int = 0
    """The first column on the sheet, from 1 on; 0 before the panel is arranged."""
    width: int = 0
    """The number of columns of its values; 0 before the panel is arranged."""
    cell_width: float = CELL_WIDTH
    """The width of its columns, in characters."""

    @property
    def items(self) -> Iterator[Block]:
        """The blocks of both zones, 'forward' first, from top to bottom and left to right."""
        return (item for lines in self.lines.values() for line in lines for item in line)

    @property
    def cells(self) -> int:
        """The number of cells of all blocks: 24 for x of 4×3 with its gradient."""
        return sum(math.prod(item.grid.shape) for item in self.items)

    def add(self, zone: Zone, *items: Block) -> None:
        """Add blocks side by side to a zone, on a new line; at the end of the last if the zone would exceed 95 rows."""
        lines = self.lines[zone]
        if lines and self.height(zone) + max(item.grid.height for item in items) + HEADER_ROWS > TALLEST:
            lines[-1].extend(items)
        else:
            lines.append([*items])

    def add_pair(self, zone: Zone, values: Sequence[Block], gradients: Sequence[Block]) -> None:
        """Add blocks side by side to a zone, and their gradients, [] if there are none, to their right, or below them.

        Below if the first block has more than 16 columns and more columns than any has rows, or for parameters if all
        have at most 6 rows.
        """
        height = max(item.grid.height for item in values)
        is_wide = values[0].grid.width > max(height, WIDEST_PAIR)
        if gradients and (is_wide or (zone == "parameters" and height <= LOW)):
            self.add(zone, *values)
            self.add(zone, *gradients)
        else:
            self.add(zone, *values, *gradients)

    def take_out(self, unwanted: Collection[What]) -> Iterator[tuple[What, Block]]:
        """Remove the blocks of `unwanted` tensors, {(x, 'grad')}, and yield them with keys: ((x, 'grad'), block)."""
        for zone, lines in self.lines.items():
            yield from ((item.what, item) for line in lines for item in line if item.what in unwanted)
            kept = ([item for item in line if item.what not in unwanted] for line in lines)
            self.lines[zone] = [line for line in kept if line]

    def height(self, zone: Zone) -> int:
        """Return the number of rows of a zone, for each line three more than its highest block; 0 if it is empty."""
        return sum(max(item.grid.height for item in line) + HEADER_ROWS + 1 for line in self.lines[zone])

    def extent(self, zone: Zone) -> int:
        """Return the number of columns of a zone: 7 for two blocks of 3, more for wide titles; 0 if it is empty."""
        return max((sum(map(self.step, line)) - 1 for line in self.lines[zone]), default=0)

    def step(self, item: Block) -> int:
        """Return the number of columns from a block to the next: 4 for a block of 3 columns, more for a long title."""
        return max(item.grid.width, math.ceil(TITLE * len(item.title) / self.cell_width)) + 1

    def add_value(self, value: Value, role: Role, note: str, contributions: int = 0) -> None:
        """Add a value, and its gradient if it has one, as blocks to the zone 'forward'.

        Args:
            value: the value; it becomes the panel's `last`.
            role: the kind of its numbers: 'input', 'constant' or 'value'.
            note: a remark below the title; '' for none.
            contributions: the number of terms of its gradient that get a block of their own; 0 if they need none.
        """
        grid = _nowhere(value.shape, upright(value.shape))
        self.last = Block(grid, titled(value), note, role, "forward", value)
        gradient = Block(grid, gradient_name(value.called), "", "grad", "backward", value)
        self.add_pair("forward", [self.last], [gradient] if value.has_grad else [])
        if contributions:
            self._add_contributions("forward", value, contributions)
            self.last = None

    def _add_contributions(self, zone: Zone, value: Value, count: int) -> None:
        title = f"{gradient_name(value.called)}: the share of each use"
        band: Band = "backward" if zone == "forward" else "updates"
        grid = _nowhere((count, *value.shape), strides_of_contributions(value.shape, count))
        self.add(zone, Block(grid, title, "their sum is the gradient", "grad", band, value, CONTRIBUTIONS))

    def add_seed(self, graph: Graph, value: Value) -> None:
        """Add a block for the gradient that arrives at a value from layers that are not shown, '∂L/∂y, from outside'.

        Nothing is added if the value is `graph.loss`, whose gradient is 1.
        """
        if value is not graph.loss:
            grid = _nowhere(value.shape, (matrix if value.kind == "parameter" else upright)(value.shape))
            title = f"{gradient_name(value.called)}, from outside"
            self.add("forward", Block(grid, title, "of the whole network", "seed", "backward", value))

    def add_parameters(
        self, values: Sequence[Value], contributions: Mapping[Value, int], states: Sequence[str] = ()
    ) -> None:
        """Add the parameters of a call, such as w and b, and their gradients as blocks to the zone 'parameters'.

        Args:
            values: the parameters or constants.
            contributions: the values whose gradient's terms get a block of their own, and their number: {w: 30}.
            states: what the learning rule stores for each parameter, such as 'momentum'; each gets a block, too.
        """
        line: list[Block] = []
        gradients: list[Block] = []
        for value in values:
            rows, cols = matrix(value.shape)
            if line and len(value.shape) == 1 and value.shape == line[0].grid.shape[:1]:
                # A bias stands beside the filters it belongs to.
                rows = (line[0].grid.row_strides[0],)
            role: Role = "parameter" if value.kind == "parameter" else "constant"
            note = "" if role == "parameter" else "given, not learned"
            grid = _nowhere(value.shape, (rows, cols))
            line.append(Block(replace(grid, absolute=True), titled(value), note, role, "parameters", value))
            if value.has_grad:
                gradients.append(Block(grid, gradient_name(value.called), "", "grad", "updates", value))
        if line:
            self.add_pair("parameters", line, gradients)
        for value in values:
            if value in contributions:
                self._add_contributions("parameters", value, contributions[value])
        for state in states if gradients else ():
            remembered = (
                Block(each.grid, f"{each.owner.called}: {state}", "", "helper", "updates", each.owner, state)
                for each in gradients
            )
            self.add("parameters", *remembered)

    def add_helpers(self, call: Call) -> None:
        """Add a block for each helper tensor of a call, an intermediate result such as e^x of a softmax."""
        owner = call.outputs[0]
        for name, helper in call.helpers.items():
            zone: Zone = "parameters" if helper.band == "parameters" else "forward"
            grid = _nowhere(helper.shape, strides_of(helper.layout, helper.shape), absolute=zone == "parameters")
            self.add(zone, Block(grid, f"{owner.called}: {name}", helper.text, "helper", helper.band, owner, name))
            if helper.band == "forward":
                self.last = None


def panels_of(graph: Graph, given: Collection[Value], states: Sequence[str] = ()) -> Iterator[Panel]:
    """Yield the panels of a graph from left to right: Panel('Inputs'), Panel('fc'), …, about one for each layer.

    A result without parameters, such as that of a ReLU, may stand below the last one, of the same shape.

    Args:
        graph: the recorded computation.
        given: inputs, parameters and constants that have cells elsewhere.
        states: the names of what the learning rule stores for each parameter.
    """
    panel, contributions = Panel("Inputs"), contributions_of(graph)
    for value in graph.of_kind("input"):
        if value not in given:
            panel.add_value(value, "input", value.note or "given", contributions.get(value, 0))
    if graph.loss.kind == "constant" and graph.loss not in given:
        panel.add_value(graph.loss, "constant", graph.loss.note)
    for value in graph.seeds:
        if value.kind != "intermediate":
            panel.add_seed(graph, value)
    seen: set[Value] = set()
    for call in graph.calls:
        new = [v for v in dict.fromkeys(call.inputs) if v.kind in ("parameter", "constant") and v not in seen]
        seen.update(new)
        if panel.lines["forward"] and not _stacks(panel, call):
            yield panel
            panel = Panel(call.name if new else "")
        for value in call.outputs:
            panel.add_value(value, "value", call.forward_math, contributions.get(value, 0))
            if value in graph.seeds:
                panel.add_seed(graph, value)
        panel.add_parameters([value for value in new if value not in given], contributions, states)
        panel.add_helpers(call)
    for value in graph.of_kind("parameter"):
        if value not in seen and value not in given:  # nothing reads it
            panel.add_parameters([value], contributions, states)
    yield panel


def shape_text(shape: Sequence[int]) -> str:
    """Return a shape as people write it: '4×12×12' for (4, 12, 12), 'scalar' for ()."""
    return "×".join(map(str, shape)) if shape else "scalar"


def titled(value: Value) -> str:
    """Return the title of a value's cells, its name for people and its shape: 'x  4×3', 'loss  scalar'."""
    return f"{value.called}  {shape_text(value.shape)}"


def _stacks(panel: Panel, call: Call) -> bool:
    last = panel.last
    return (
        last is not None
        and last.role == "value"
        and last.grid.shape == call.outputs[0].shape
        and panel.height("forward") + last.grid.height + HEADER_ROWS + 1 <= TALLEST
    )
