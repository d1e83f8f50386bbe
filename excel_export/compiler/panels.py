"""The picture of a graph before it has cells: panels from left to right, each with blocks in four bands."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from excel_export.compiler.layout import Strides, matrix, strides_of, upright
from excel_export.formulas.grid import Grid
from excel_export.formulas.operator import Band
from excel_export.graph.graph import Call, Graph, Value

HEADER_ROWS = 2
# Up to this many rows stand below one another; what is taller stands to the right.
TALLEST = 95
# In characters. Wide tensors are pictures first: their cells are nearly square.
CELL_WIDTH, IMAGE_CELL_WIDTH, IMAGE_WIDTH = 5.0, 3.3, 14
TITLE = 1.2
"""The width of a title's letter."""

Role = Literal["input", "parameter", "constant", "value", "helper", "grad", "seed"]
What = tuple[Value, str]
"""A value with 'value', 'grad' or 'seed', or with the name of one of its helpers."""
BANDS: tuple[Band, ...] = ("forward", "parameters", "backward", "updates")


@dataclass(eq=False)
class Item:
    """A block before it has a place."""

    shape: tuple[int, ...]
    strides: Strides
    title: str
    note: str
    role: Role
    owner: Value
    """The value it is, whose gradient it is, or beside which it helps."""
    helper: str = ""
    absolute: bool = False
    """Whether formulas refer to it absolutely."""

    @property
    def what(self) -> What:
        """Which tensor it is."""
        return self.owner, self.helper or (self.role if self.role in ("grad", "seed") else "value")

    @property
    def height(self) -> int:
        """Rows from its first element to its last."""
        return self.at("", 1, 1).height

    @property
    def width(self) -> int:
        """Columns from its first element to its last."""
        return self.at("", 1, 1).width

    def at(self, sheet: str, row: int, col: int, defined_name: str = "") -> Grid:
        """Its grid, once its first cell is known."""
        return Grid(sheet, row, col, self.shape, *self.strides, self.absolute, defined_name)


@dataclass(eq=False)
class Panel:
    """One step of the picture, several sheet columns wide."""

    begins: str
    """The layer that begins here, or ''."""
    lines: dict[Band, list[list[Item]]] = field(default_factory=lambda: {band: [] for band in BANDS})
    """For each band, lines of blocks: lines lie below one another, the blocks of a line side by side."""
    first: int = 0
    """The sheet column where it begins."""
    width: int = 0
    cell_width: float = CELL_WIDTH

    @property
    def items(self) -> Iterator[Item]:
        """Every block."""
        return (item for lines in self.lines.values() for line in lines for item in line)

    @property
    def cells(self) -> int:
        """How many cells its tensors fill."""
        return sum(math.prod(item.shape) for item in self.items)

    def add(self, band: Band, item: Item) -> None:
        """Put a block below the others where there is room, else to the right of the last."""
        lines = self.lines[band]
        if lines and self.height(band) + item.height + HEADER_ROWS > TALLEST:
            lines[-1].append(item)
        else:
            lines.append([item])

    def take_out(self, unwanted: Collection[What]) -> Iterator[tuple[What, Item]]:
        """Remove some tensors, and yield their blocks."""
        for band, lines in self.lines.items():
            yield from ((item.what, item) for line in lines for item in line if item.what in unwanted)
            kept = ([item for item in line if item.what not in unwanted] for line in lines)
            self.lines[band] = [line for line in kept if line]

    def height(self, band: Band) -> int:
        """Rows that the band takes in this panel."""
        return sum(max(item.height for item in line) + HEADER_ROWS + 1 for line in self.lines[band])

    def extent(self, band: Band) -> int:
        """Sheet columns that the band takes, its titles included."""
        return max((sum(map(self.step, line)) - 1 for line in self.lines[band]), default=0)

    def step(self, item: Item) -> int:
        """Sheet columns from a block to its right-hand neighbour: its cells or its title, and a gap."""
        return max(item.width, math.ceil(TITLE * len(item.title) / self.cell_width)) + 1

    def add_value(self, value: Value, role: Role, note: str) -> None:
        """Add a value, and its gradient below it."""
        strides = upright(value.shape)
        self.add("forward", Item(value.shape, strides, titled(value), note, role, value))
        if value.has_grad:
            self.add("backward", Item(value.shape, strides, f"∂L/∂ {value.called}", "", "grad", value))

    def add_seed(self, graph: Graph, value: Value) -> None:
        """Add the gradient that arrives from outside; the loss needs no cell for the 1 that it starts from."""
        if value is not graph.loss:
            strides = upright(value.shape) if value.kind != "parameter" else matrix(value.shape)
            title = f"∂L/∂ {value.called}, from outside"
            self.add("backward", Item(value.shape, strides, title, "of the whole network", "seed", value))

    def add_parameters(self, values: Sequence[Value]) -> None:
        """Put the parameters of a call side by side, and their gradients alike."""
        line: list[Item] = []
        gradients: list[Item] = []
        for value in values:
            rows, cols = matrix(value.shape)
            if line and len(value.shape) == 1 and value.shape[0] == line[0].shape[0]:
                # A bias stands beside the filters it belongs to.
                rows = (line[0].strides[0][0],)
            role: Role = "parameter" if value.kind == "parameter" else "constant"
            note = "" if role == "parameter" else "given, not learned"
            line.append(Item(value.shape, (rows, cols), titled(value), note, role, value, absolute=True))
            if value.has_grad:
                gradients.append(Item(value.shape, (rows, cols), f"∂L/∂ {value.called}", "", "grad", value))
        if line:
            self.lines["parameters"].append(line)
        if gradients:
            self.lines["updates"].append(gradients)

    def add_helpers(self, call: Call) -> None:
        """Add the helper tensors of a call."""
        owner = call.outputs[0]
        for name, helper in call.helpers.items():
            strides = strides_of(helper.layout, helper.shape)
            title, absolute = f"{owner.called}: {name}", helper.band == "parameters"
            item = Item(helper.shape, strides, title, helper.text, "helper", owner, name, absolute)
            self.add(helper.band, item)


def panels_of(graph: Graph, given: Collection[Value]) -> Iterator[Panel]:
    """Yield the panels of a graph; `given` values lie somewhere else."""
    panel = Panel("Inputs")
    for value in graph.of_kind("input"):
        if value not in given:
            panel.add_value(value, "input", value.note or "given")
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
            panel.add_value(value, "value", call.forward_math)
            if value in graph.seeds:
                panel.add_seed(graph, value)
        panel.add_parameters([value for value in new if value not in given])
        panel.add_helpers(call)
    for value in graph.of_kind("parameter"):
        if value not in seen and value not in given:  # nothing reads it
            panel.add_parameters([value])
    yield panel


def shape_text(shape: Sequence[int]) -> str:
    """A shape as people write it: 4×12×12."""
    return "×".join(map(str, shape)) if shape else "scalar"


def titled(value: Value) -> str:
    """A value's name for people, and its shape."""
    return f"{value.called}  {shape_text(value.shape)}"


def _stacks(panel: Panel, call: Call) -> bool:
    """Whether the call's result belongs under the panel's last tensor: same shape, and room for it."""
    last = panel.lines["forward"][-1][0]
    return (
        last.role == "value"
        and last.shape == call.outputs[0].shape
        and panel.height("forward") + last.height + HEADER_ROWS + 1 <= TALLEST
    )
