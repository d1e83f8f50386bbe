"""What the Lens knows of each tensor that it can show: where its elements lie, and how it becomes a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from excel_export.compiler.place.panels import shape_text
from excel_export.formulas.expression import Expression
from excel_export.formulas.functions import COUNTIF, IF, MAX, MIN, SMALL
from excel_export.formulas.grid import Grid
from excel_export.formulas.numbers import number
from excel_export.shared.infinity import NEVER
from excel_export.sheets.lens.codes import Codes
from excel_export.sheets.lens.tables import Table
from excel_export.views.slots import Operand
from excel_export.views.tiles import tiles_of
from excel_export.xlsx.canvas import Canvas

FAR = 10**9
"""A step that leads out of every tensor."""
HEADS = (
    "name", "shape", "gradient", "largest", "code",
    "line height", "block width", "size", "block rows", "block columns", "per line", "blocks", "first block",
    "sampling", "down", "right", "rows", "row along", "row step", "row period",
    "columns", "column along", "column step", "column period", "step down", "step right",
)  # fmt: skip
"""The last ones say how to find the row and the column of an element in its picture from the cell where it lies."""


class Tensors:
    """The tables of tensors and of the blocks of their pictures."""

    def __init__(self, canvas: Canvas, left: int, codes: Codes, rank: int) -> None:
        self.table = Table(canvas, left, HEADS)
        self._rank = rank
        heads = ("code", "rows", "columns", *(f"index {k}" for k in range(rank)))
        self.blocks = Table(canvas, self.table.end, heads)
        self.most_blocks = 1
        self.sizes: dict[int, tuple[int, int]] = {}
        """The rows and columns of each tensor's picture, by the tensor's number."""
        self._codes = codes
        self.operands: list[Operand] = []
        """The tensors, in the order of their numbers."""
        self._known: dict[int, int] = {}

    def number(self, operand: Operand | None) -> int:
        """The number of a tensor, which is added where it is new; 0 for none."""
        if operand is None:
            return 0
        grid = operand.grid
        if id(grid) not in self._known:
            self.operands.append(operand)  # a grid that is kept keeps its id
            self._known[id(grid)] = self._add(operand)
        return self._known[id(grid)]

    def _add(self, operand: Operand) -> int:
        grid = operand.grid
        tiles = tiles_of(grid.shape)
        self.most_blocks = max(self.most_blocks, len(tiles.blocks))
        first = self.blocks.count
        for block in tiles.blocks:
            missing = self._rank - len(block.first)
            self.blocks.add(
                self._codes.of(grid.at(*block.first)), block.rows, block.columns, *[0] * missing, *block.first
            )
        down, right = _two(self._codes.steps(grid))
        sampled = "" if tiles.whole else ", sampled"
        row, column = (_Way.of(grid, dim) for dim in (-2, -1))
        number = self.table.add(
            operand.name, f"{shape_text(grid.shape)}{sampled}", int(operand.is_grad), _largest(grid),
            self._codes.of(grid.first),
            tiles.line_height, tiles.block_width, tiles.size, tiles.block_rows, tiles.block_columns, tiles.per_line,
            len(tiles.blocks), first, tiles.step, down * tiles.step, right * tiles.step,
            row.size, row.along, row.step, row.period, column.size, column.along, column.step, column.period,
            down, right,
        )  # fmt: skip
        self.sizes[number] = tiles.height, tiles.width
        return number


@dataclass(frozen=True)
class _Way:
    """How a dimension runs over its sheet."""

    size: int
    along: int
    """1 where it runs along the columns, 0 along the rows."""
    step: int
    period: int
    """From one of its lines to the next one, or more than there are."""

    @classmethod
    def of(cls, grid: Grid, dim: int) -> _Way:
        """The way of a dimension, counted from the end."""
        rank = len(grid.shape)
        if rank + dim < 0 or grid.shape[dim] == 1:
            return cls(1, 0, FAR, FAR)
        strides = grid.col_strides if grid.col_strides[dim] else grid.row_strides
        outer = [strides[k] for k in range(rank + dim) if strides[k] and grid.shape[k] > 1]
        return cls(grid.shape[dim], int(strides is grid.col_strides), strides[dim], outer[-1] if outer else FAR)


def _two(steps: Sequence[int]) -> tuple[int, int]:
    """The steps of the last two dimensions, 0 for one that there is not."""
    down, right = ([0, 0, *steps])[-2:]
    return down, right


def _largest(grid: Grid) -> Expression:
    """The size of its largest number, of those that stand for no infinity: where its picture has the full colour."""
    area = grid.box.fixed  # nothing else has numbers there
    lowest = MIN(area)
    finite = IF(lowest <= NEVER, SMALL(area, MIN(1 + COUNTIF(area, f"<={number(NEVER)}"), area.size)), lowest)
    return MAX(MAX(area), -finite, 0)
