"""Give every tensor of a graph its cells.

The picture is the network's: panels from left to right follow the computation. Four bands lie below
one another: activations, parameters, gradients of the activations, gradients of the parameters.
A gradient stands in the same columns as its value, so the backward pass reads from right to left.
A small network is one sheet, a big one has a sheet for each layer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from excel_export.compiler.layout import Strides, interleaved, matrix, upright
from excel_export.formulas.grid import LAST_COLUMN, LAST_ROW, Grid
from excel_export.formulas.operator import Band, Workspace
from excel_export.graph.graph import Call, Graph, Value, map_values
from excel_export.shared.errors import ExportError

LONGEST_NAME = 31
FIRST_ROW, FIRST_COLUMN, HEADER_ROWS = 8, 2, 2
# A network of up to so many cells is one picture; in a larger one a layer that has more than its share
# of cells starts a new sheet.
ONE_SHEET, ONE_LAYER = 30_000, 5_000
# Up to this many rows stand below one another; what is taller stands to the right.
TALLEST = 95
# In characters. Wide tensors are pictures first: their cells are nearly square.
CELL_WIDTH, IMAGE_CELL_WIDTH, IMAGE_WIDTH = 5.0, 3.3, 14
TITLE = 1.2
"""The width of a title's letter."""

Role = Literal["input", "parameter", "constant", "value", "work", "grad", "seed"]
BANDS: tuple[Band, ...] = ("forward", "parameters", "backward", "updates")


@dataclass(eq=False)
class PlacedTensor:
    """A value that knows its cells, as operators see it."""

    name: str
    shape: tuple[int, ...]
    is_float: bool
    value: Grid
    grad: Grid | None
    seed: Grid | None = None
    """What arrives from outside of a part of a network."""
    work: dict[str, Grid] = field(default_factory=dict)
    """The auxiliary tensors of the call whose first result this is."""

    @property
    def refs(self) -> np.ndarray:
        """The reference to every element, an object array in the tensor's shape."""
        return self.value.refs


@dataclass(eq=False)
class Block:
    """A titled grid on a sheet."""

    grid: Grid
    band: Band
    title: str
    note: str
    role: Role
    owner: Value
    """The value it is, whose gradient it is, or beside which it works."""


@dataclass(eq=False)
class Panel:
    """One step of the picture, several sheet columns wide."""

    lines: dict[Band, list[list[_Item]]] = field(default_factory=lambda: {band: [] for band in BANDS})
    """For each band, lines of blocks: lines lie below one another, the blocks of a line side by side."""
    starts: dict[Band, int] = field(default_factory=dict)
    """For each band, the sheet column where it begins."""
    width: int = 0
    cell_width: float = CELL_WIDTH

    @property
    def first(self) -> int:
        """The sheet column where its activations begin."""
        return self.starts["forward"]

    @property
    def cells(self) -> int:
        """How many cells its tensors fill."""
        return sum(math.prod(item.shape) for lines in self.lines.values() for line in lines for item in line)

    def add(self, band: Band, item: _Item) -> None:
        """Put a block below the others where there is room, else to the right of the last."""
        lines = self.lines[band]
        if lines and self.height(band) + item.height + HEADER_ROWS > TALLEST:
            lines[-1].append(item)
        else:
            lines.append([item])

    def height(self, band: Band) -> int:
        """Rows that the band takes in this panel."""
        return sum(max(item.height for item in line) + HEADER_ROWS + 1 for line in self.lines[band])

    def extent(self, band: Band) -> int:
        """Sheet columns that the band takes, its titles included."""
        return max((sum(map(self.step, line)) - 1 for line in self.lines[band]), default=0)

    def step(self, item: _Item) -> int:
        """Sheet columns from a block to its right-hand neighbour: its cells or its title, and a gap."""
        return max(item.width, math.ceil(TITLE * len(item.title) / self.cell_width)) + 1


@dataclass(eq=False)
class Sheet:
    """What lies on one sheet."""

    name: str
    panels: list[Panel]
    bands: dict[Band, int] = field(default_factory=dict)
    """The row of each band's heading."""
    blocks: list[Block] = field(default_factory=list)
    last_row: int = 0
    last_column: int = 0


@dataclass
class Placement:
    """Where everything lies."""

    sheets: list[Sheet]
    tensors: dict[Value, PlacedTensor]
    given: Collection[Value]
    """The values that lie somewhere else."""

    @property
    def is_one_picture(self) -> bool:
        """Whether the network is small enough for one sheet, and for being shown more than once."""
        return len(self.sheets) == 1 and sum(panel.cells for panel in self.sheets[0].panels) <= ONE_SHEET


@dataclass(eq=False)
class _Item:
    """A block before it has a place."""

    shape: tuple[int, ...]
    strides: Strides
    title: str
    note: str
    role: Role
    owner: Value
    """The value it is, whose gradient it is, or beside which it works."""
    work: str = ""

    @property
    def height(self) -> int:
        return self.at("", 1, 1).height

    @property
    def width(self) -> int:
        return self.at("", 1, 1).width

    def at(self, sheet: str, row: int, col: int, prefix: str = "", name: str = "") -> Grid:
        return Grid(sheet, row, col, self.shape, *self.strides, prefix, name)


def place(
    graph: Graph,
    *,
    title: str = "Network",
    taken: Collection[str] = (),
    names: Mapping[Value, str] | None = None,
    given: Mapping[Value, PlacedTensor] | None = None,
    first_row: int = FIRST_ROW,
) -> Placement:
    """Place the tensors of a graph.

    Args:
        graph: the traced computation.
        title: the name of the sheet; where there are several, what their names end in.
        taken: names that no sheet may have.
        names: inputs of one element that a defined name will stand for.
        given: tensors that lie somewhere else already.
        first_row: where the picture begins; several may lie below one another.

    Raises:
        ExportError: a sheet would be larger than Excel's.
    """
    given = given or {}
    steps = list(_steps(graph, given))
    many = sum(panel.cells for panel, _ in steps) > ONE_SHEET
    sheets = list(_layers(steps, title, taken)) if many else [Sheet(title, [panel for panel, _ in steps])]
    tensors: dict[Value, PlacedTensor] = dict(given)
    for sheet in sheets:
        # Where formulas cross sheets, a reference always names its sheet; `emit` drops it on its own.
        _lay_out(sheet, tensors, names or {}, f"'{sheet.name}'!" if many else "", first_row)
    return Placement(sheets, tensors, given)


def placed_call(call: Call, tensors: Mapping[Value, PlacedTensor]) -> tuple[object, dict[str, object]]:
    """Return the call's result and arguments as placed tensors."""
    y = _single([tensors[value] for value in call.outputs])
    return y, {name: map_values(item, tensors.__getitem__) for name, item in call.arguments.items()}


def shape_text(shape: Sequence[int]) -> str:
    """A shape as people write it: 4×12×12."""
    return "×".join(map(str, shape)) if shape else "scalar"


def _steps(graph: Graph, given: Collection[Value]) -> Iterator[tuple[Panel, str]]:
    """Yield the panels, each with the name of the layer that it begins, or ''."""
    panel, begins = Panel(), "Inputs"
    for value in graph.of_kind("input"):
        if value not in given:
            _add_value(panel, value, "input", value.note or "given")
    if graph.loss.kind == "constant" and graph.loss not in given:
        _add_value(panel, graph.loss, "constant", graph.loss.note)
    for value in graph.seeds:
        if value.kind != "intermediate":
            _add_seed(panel, graph, value)
    seen: set[Value] = set()
    for call in graph.calls:
        new = [v for v in dict.fromkeys(call.inputs) if v.kind in ("parameter", "constant") and v not in seen]
        seen.update(new)
        if panel.lines["forward"] and not _stacks(panel, call):
            yield panel, begins
            panel, begins = Panel(), call.name if new else ""
        for value in call.outputs:
            _add_value(panel, value, "value", call.operator.forward_math)
            if value in graph.seeds:
                _add_seed(panel, graph, value)
        _add_parameters(panel, [value for value in new if value not in given])
        for name, work in call.operator.workspace(_single(call.outputs), **call.arguments).items():
            if work.band != "backward" or call.outputs[0].grad is not None:
                panel.add(work.band, _workspace(call, name, work))
    for value in graph.of_kind("parameter"):
        if value not in seen and value not in given:  # nothing reads it
            _add_parameters(panel, [value])
    yield panel, begins


def _stacks(panel: Panel, call: Call) -> bool:
    """Whether the call's result belongs under the panel's last tensor: same shape, and room for it."""
    last = panel.lines["forward"][-1][0]
    return (
        last.role == "value"
        and last.shape == call.outputs[0].shape
        and panel.height("forward") + last.height + HEADER_ROWS + 1 <= TALLEST
    )


def _add_value(panel: Panel, value: Value, role: Role, note: str) -> None:
    layout = upright(value.shape)
    panel.add("forward", _Item(value.shape, layout, _titled(value), note, role, value))
    if value.grad is not None:
        panel.add("backward", _Item(value.shape, layout, f"∂L/∂ {value.name}", "", "grad", value))


def _add_seed(panel: Panel, graph: Graph, value: Value) -> None:
    """Show the gradient that arrives from outside; the loss needs no cell for the 1 that it starts from."""
    if value is not graph.loss:
        layout = upright(value.shape) if value.kind != "parameter" else matrix(value.shape)
        title = f"∂L/∂ {value.name}, from outside"
        panel.add("backward", _Item(value.shape, layout, title, "of the whole network", "seed", value))


def _add_parameters(panel: Panel, values: list[Value]) -> None:
    """Put the parameters of a call side by side, and their gradients alike."""
    line: list[_Item] = []
    gradients: list[_Item] = []
    for value in values:
        rows, cols = matrix(value.shape)
        if line and len(value.shape) == 1 and value.shape[0] == line[0].shape[0]:
            # A bias stands beside the filters it belongs to.
            rows = (line[0].strides[0][0],)
        role: Role = "parameter" if value.kind == "parameter" else "constant"
        line.append(_Item(value.shape, (rows, cols), _titled(value), "", role, value))
        if value.grad is not None:
            gradients.append(_Item(value.shape, (rows, cols), f"∂L/∂ {value.name}", "", "grad", value))
    if line:
        panel.lines["parameters"].append(line)
    if gradients:
        panel.lines["updates"].append(gradients)


def _workspace(call: Call, name: str, work: Workspace) -> _Item:
    if work.interleave is not None:
        strides = interleaved(work.shape, work.interleave)
    else:
        strides = matrix(work.shape) if work.matrix else upright(work.shape)
    owner = call.outputs[0]
    return _Item(work.shape, strides, f"{owner.name}: {name}", work.text, "work", owner, name)


def _layers(steps: list[tuple[Panel, str]], title: str, taken: Collection[str]) -> Iterator[Sheet]:
    """Yield a sheet for each layer; small layers share one."""
    names = {name.lower() for name in taken}
    sheet: Sheet | None = None
    for panel, begins in steps:
        if sheet is None or (begins and sum(panel.cells for panel in sheet.panels) > ONE_LAYER):
            if sheet:
                yield sheet
            ending = "" if title == "Network" else f" {title}"
            sheet = Sheet(_sheet_name(begins or "layer", ending, names), [])
        sheet.panels.append(panel)
    if sheet:
        yield sheet


def _sheet_name(name: str, ending: str, taken: set[str]) -> str:
    """Return a legal name that no other sheet has, and take it."""
    clean = re.sub(r"[^\w .-]", "_", name).strip("' ")
    for k in range(1, 10_000):
        serial = "" if k == 1 else f" {k}"
        legal = clean[: LONGEST_NAME - len(ending) - len(serial)] + serial + ending
        if legal.lower() not in taken:
            break
    taken.add(legal.lower())
    return legal


def _lay_out(
    sheet: Sheet, tensors: dict[Value, PlacedTensor], names: Mapping[Value, str], prefix: str, row: int
) -> None:
    """Give every block of the sheet its cells, from a row on."""
    sheet.last_column = _spread_out(sheet.panels)
    for band in BANDS:
        height = max(panel.height(band) for panel in sheet.panels)
        if height:
            sheet.bands[band] = row
            row += 2 + height
    sheet.last_row = row - 2
    if sheet.last_row > LAST_ROW or sheet.last_column > LAST_COLUMN:
        items = [item for panel in sheet.panels for lines in panel.lines.values() for line in lines for item in line]
        largest = max(items, key=lambda item: max(item.height / LAST_ROW, item.width / LAST_COLUMN))
        raise ExportError(
            f"sheet '{sheet.name}' would need {sheet.last_row:,} rows and {sheet.last_column:,} columns, but Excel "
            f"has {LAST_ROW:,} and {LAST_COLUMN:,}; the largest of it is '{largest.title}', {largest.height:,} by "
            f"{largest.width:,}: export a smaller input, a smaller batch or a part of the network"
        )
    placed: dict[tuple[Value, str], Grid] = {}
    for panel in sheet.panels:
        for band in sheet.bands:
            row = sheet.bands[band] + 2
            for line in panel.lines[band]:
                col = panel.starts[band]
                for item in line:
                    name = names.get(item.owner, "") if item.role == "input" else ""
                    grid = item.at(sheet.name, row + HEADER_ROWS, col, prefix, name)
                    sheet.blocks.append(Block(grid, band, item.title, item.note, item.role, item.owner))
                    what: str = item.role if item.role in ("grad", "seed") else "value"
                    placed[item.owner, item.work or what] = grid
                    col += panel.step(item)
                row += max(item.height for item in line) + HEADER_ROWS + 1
    for (value, kind), grid in placed.items():
        if kind == "value":
            tensors[value] = PlacedTensor(value.name, value.shape, value.is_float, grid, placed.get((value, "grad")))
    for (value, kind), grid in placed.items():
        if kind == "seed":
            tensors[value].seed = grid
        elif kind not in ("value", "grad"):
            tensors[value].work[kind] = grid


def _spread_out(panels: list[Panel]) -> int:
    """Give every panel its place from left to right; return the last sheet column.

    Parameters stand below the activations they make, and may reach below the panels to the right, which
    have none.
    """
    free: dict[Band, int] = dict.fromkeys(BANDS, FIRST_COLUMN)
    for panel in panels:
        widest = max(item.width for line in panel.lines["forward"] for item in line)
        panel.cell_width = IMAGE_CELL_WIDTH if widest >= IMAGE_WIDTH else CELL_WIDTH
        panel.width = max(panel.extent("forward"), panel.extent("backward"))
        parameters = max(panel.extent("parameters"), panel.extent("updates"))
        first = max(free["forward"], free["parameters"] if parameters else 0)
        free["forward"] = free["backward"] = first + panel.width + 1
        panel.starts = dict.fromkeys(BANDS, first)
        if parameters:
            free["parameters"] = first + parameters + 1
    return max(free.values()) - 2


def _titled(value: Value) -> str:
    return f"{value.name}  {shape_text(value.shape)}"


def _single(outputs: Sequence) -> object:
    return outputs[0] if len(outputs) == 1 else tuple(outputs)
