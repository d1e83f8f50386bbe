"""Give every tensor of a graph its cells.

The picture is the network's: columns from left to right follow the computation. Four bands lie below
one another: activations, parameters, gradients of the activations, gradients of the parameters.
A gradient stands in the same columns as its value, so the backward pass reads from right to left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from excel_export.errors import ExportError
from excel_export.graph import Call, Graph, Value, map_values
from excel_export.grid import Grid
from excel_export.operator import Band

SHEET = "Network"
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
FIRST_ROW = 4
HEADER_ROWS = 2
# A column of the picture may hold several tensors of one shape, up to this many rows.
TALLEST_STACK = 95
FIRST_COLUMN = 2
# In characters. Wide tensors are pictures first: their cells are nearly square.
CELL_WIDTH, IMAGE_CELL_WIDTH, IMAGE_WIDTH = 5.0, 3.3, 14

Role = Literal["input", "parameter", "constant", "value", "work", "grad", "after"]
BANDS: tuple[Band, ...] = ("forward", "parameters", "backward", "updates")


@dataclass(eq=False)
class PlacedTensor:
    """A value that knows its cells, as operators see it."""

    name: str
    shape: tuple[int, ...]
    is_float: bool
    value: Grid
    grad: Grid | None
    work: dict[str, Grid] = field(default_factory=dict)
    """The auxiliary tensors of the call whose first result this is."""

    @property
    def refs(self) -> np.ndarray:
        """The reference to every element, an object array in the tensor's shape."""
        return self.value.refs


@dataclass(eq=False)
class Block:
    """A titled grid on the sheet."""

    grid: Grid
    title: str
    note: str
    role: Role
    owner: Value
    """The value it is, whose gradient it is, or beside which it works."""


@dataclass
class Placement:
    """Where everything lies."""

    tensors: dict[Value, PlacedTensor]
    blocks: list[Block]
    bands: dict[Band, int]
    """The row of each band's heading."""
    columns: list[Column]
    last_row: int
    last_column: int


@dataclass
class Column:
    """One step of the picture from left to right, several sheet columns wide."""

    members: dict[Band, list[list[_Item]]] = field(default_factory=lambda: {band: [] for band in BANDS})
    """For each band, lines of blocks: lines lie below one another, the blocks of a line side by side."""
    starts: dict[Band, int] = field(default_factory=dict)
    """For each band, the sheet column where it begins."""
    width: int = 0
    cell_width: float = CELL_WIDTH

    @property
    def first(self) -> int:
        """The sheet column where its activations begin."""
        return self.starts["forward"]

    def height(self, band: Band) -> int:
        """Rows that the band takes in this column."""
        return sum(max(item.height for item in line) + HEADER_ROWS + 1 for line in self.members[band])

    def extent(self, band: Band) -> int:
        """Sheet columns that the band takes, its titles included."""
        lines = self.members[band]
        cells = max((sum(item.width + 1 for item in line) - 1 for line in lines), default=0)
        titles = max((len(line[-1].title) for line in lines), default=0) / self.cell_width
        before = max((sum(item.width + 1 for item in line[:-1]) for line in lines), default=0)
        return max(cells, before + math.ceil(titles))


@dataclass(eq=False)
class _Item:
    """A block before it has a place."""

    shape: tuple[int, ...]
    row_strides: tuple[int, ...]
    col_strides: tuple[int, ...]
    title: str
    note: str
    role: Role
    owner: Value
    work: str = ""
    call: Call | None = None

    def at(self, row: int, col: int, name: str = "") -> Grid:
        return Grid(SHEET, row, col, self.shape, self.row_strides, self.col_strides, "", name)

    @property
    def height(self) -> int:
        return self.at(1, 1).height

    @property
    def width(self) -> int:
        return self.at(1, 1).width


def place(graph: Graph, names: dict[Value, str] | None = None) -> Placement:
    """Place all tensors of a graph on one sheet.

    Args:
        graph: the traced computation.
        names: values of one element that a defined name will stand for.

    Raises:
        ExportError: the sheet would be larger than Excel's.
    """
    columns = _columns(graph)
    last_column = _spread_out(columns)
    bands, end = {}, FIRST_ROW
    for band in BANDS:
        bands[band] = end
        end += 2 + max(column.height(band) for column in columns)
    if end > LAST_ROW or last_column > LAST_COLUMN:
        raise ExportError(
            f"the network needs {end:,} rows and {last_column:,} columns, but a sheet has {LAST_ROW:,} and "
            f"{LAST_COLUMN:,}: export a smaller network, a smaller input or a smaller batch"
        )
    blocks, works = [], {}
    for column in columns:
        for band in BANDS:
            row = bands[band] + 2
            for line in column.members[band]:
                col = column.starts[band]
                for item in line:
                    name = (names or {}).get(item.owner, "") if item.role == "input" else ""
                    grid = item.at(row + HEADER_ROWS, col, name)
                    blocks.append(Block(grid, item.title, item.note, item.role, item.owner))
                    if item.role == "work":
                        works[item.call, item.work] = grid
                    col += item.width + 1
                row += max(item.height for item in line) + HEADER_ROWS + 1
    return Placement(_tensors(graph, blocks, works), blocks, bands, columns, end - 2, last_column)


def strides(shape: Sequence[int], matrix: bool = False) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the row and column strides by which a tensor of this shape is laid out.

    A vector stands upright. (N, F) puts each sample in a column of its own, unless it is a `matrix`,
    whose first dimension runs down. (N, C, H, W) puts channels below one another and samples side by
    side; a filter bank is a `matrix` of small images.
    """
    shape = tuple(shape)
    if len(shape) <= 1:
        return (1,) * len(shape), (0,) * len(shape)
    if len(shape) == 2:
        return ((1, 0), (0, 1)) if matrix else ((0, 1), (1, 0))
    *outer, height, width = shape
    rows, cols = [1, 0], [0, 1]
    # One empty line between neighbouring images, none between single cells.
    down, right = height + (height > 1), width + (width > 1)
    for axis in reversed(range(len(outer))):
        across = axis == len(outer) - 1 if matrix else axis == len(outer) - 2
        rows.insert(0, 0 if across else down)
        cols.insert(0, right if across else 0)
        if across:
            right *= shape[axis]
        else:
            down *= shape[axis]
    return tuple(rows), tuple(cols)


def _columns(graph: Graph) -> list[Column]:
    inputs = Column()
    for value in graph.of_kind("input"):
        _add_value(inputs, value, "input", "given")
    columns, seen = [inputs], set(graph.of_kind("input"))
    for call in graph.calls:
        new = [v for v in dict.fromkeys(call.inputs) if v.kind in ("parameter", "constant") and v not in seen]
        seen.update(new)
        column = columns[-1] if _stacks(columns[-1], call) else Column()
        if column is not columns[-1]:
            columns.append(column)
        for value in call.outputs:
            _add_value(column, value, "value", call.operator.forward_math)
        _add_parameters(column, new)
        _add_workspace(column, call)
    unused = [value for value in graph.values if value.kind == "parameter" and value not in seen]
    for value in unused:
        _add_parameters(columns[-1], [value])
    return columns


def _stacks(column: Column, call: Call) -> bool:
    """Whether the call's result fits under the column's last tensor."""
    last = column.members["forward"][-1][0]
    height = call.outputs[0].shape == last.shape and last.role == "value" and last.height
    return bool(height) and column.height("forward") + height + HEADER_ROWS + 1 <= TALLEST_STACK


def _add_value(column: Column, value: Value, role: Role, note: str) -> None:
    layout = strides(value.shape)
    title = f"{value.name}  {shape_text(value.shape)}"
    column.members["forward"].append([_Item(value.shape, *layout, title, note, role, value)])
    if value.grad is not None:
        title = f"∂L/∂ {value.name}"
        column.members["backward"].append([_Item(value.shape, *layout, title, "", "grad", value)])


def _add_parameters(column: Column, values: list[Value]) -> None:
    line: list[_Item] = []
    gradients: list[_Item] = []
    for value in values:
        rows, cols = strides(value.shape, matrix=True)
        if line and len(value.shape) == 1 and value.shape[0] == line[0].shape[0]:
            # A bias stands beside the filters it belongs to.
            rows = (line[0].row_strides[0],)
        role: Role = "parameter" if value.kind == "parameter" else "constant"
        line.append(_Item(value.shape, rows, cols, f"{value.name}  {shape_text(value.shape)}", "", role, value))
        if value.grad is not None:
            gradients.append(_Item(value.shape, rows, cols, f"∂L/∂ {value.name}", "", "grad", value))
    if line:
        column.members["parameters"].append(line)
    if gradients:
        column.members["updates"].append(gradients)


def _add_workspace(column: Column, call: Call) -> None:
    wanted = call.operator.workspace(_single(call.outputs), **call.arguments)
    for name, work in wanted.items():
        layout = strides(work.shape, work.matrix)
        owner = call.outputs[0]
        title = f"{owner.name}: {name}"
        item = _Item(work.shape, *layout, title, work.text, "work", owner, name, call)
        column.members[work.band].append([item])


def _spread_out(columns: list[Column]) -> int:
    """Give every column its place from left to right; return the last sheet column.

    Parameters, often wider than the activations they make, move right where they need to.
    """
    free: dict[Band, int] = dict.fromkeys(BANDS, FIRST_COLUMN)
    for column in columns:
        widest = max(item.width for line in column.members["forward"] for item in line)
        column.cell_width = IMAGE_CELL_WIDTH if widest >= IMAGE_WIDTH else CELL_WIDTH
        column.width = max(column.extent("forward"), column.extent("backward"))
        first = free["forward"]
        free["forward"] = free["backward"] = first + column.width + 1
        column.starts = dict.fromkeys(BANDS, first)
        parameters = max(column.extent("parameters"), column.extent("updates"))
        if parameters:
            column.starts["parameters"] = column.starts["updates"] = max(first, free["parameters"])
            free["parameters"] = column.starts["parameters"] + parameters + 1
    return max(free.values()) - 2


def _tensors(
    graph: Graph, blocks: list[Block], works: dict[tuple[Call | None, str], Grid]
) -> dict[Value, PlacedTensor]:
    values = {block.owner: block.grid for block in blocks if block.role not in ("grad", "work")}
    grads = {block.owner: block.grid for block in blocks if block.role == "grad"}
    tensors = {
        value: PlacedTensor(value.name, value.shape, value.is_float, grid, grads.get(value))
        for value, grid in values.items()
    }
    for (call, name), grid in works.items():
        assert call is not None
        tensors[call.outputs[0]].work[name] = grid
    return tensors


def _single(outputs: Sequence) -> object:
    return outputs[0] if len(outputs) == 1 else tuple(outputs)


def placed_call(call: Call, tensors: dict[Value, PlacedTensor]) -> tuple[object, dict[str, object]]:
    """Return the call's result and arguments as placed tensors."""
    y = _single([tensors[value] for value in call.outputs])
    return y, {name: map_values(item, tensors.__getitem__) for name, item in call.arguments.items()}


def shape_text(shape: Sequence[int]) -> str:
    """A shape as people write it: 4×12×12."""
    return "×".join(map(str, shape)) if shape else "scalar"
