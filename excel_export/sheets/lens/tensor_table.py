"""What the Lens knows of each tensor that it can show: where its elements lie, and how it becomes a picture."""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np

from excel_export.compiler.place.panels import shape_text
from excel_export.formulas import COUNTIF, IF, MAX, MIN, SMALL, Constant, Expression, Grid, Name, number
from excel_export.shared.infinity import NEVER
from excel_export.sheets.lens.packed_addresses import PackedAddresses
from excel_export.sheets.lens.table import HiddenTable
from excel_export.views import tiles, views
from excel_export.workbook.canvas import Canvas

_AREA = Name("area")
FAR = 10**9
"""A step that leads out of every tensor."""
HEADS = (
    "name", "shape", "gradient", "largest", "code", "size",
    "line height", "block width", "row size", "column size", "per line", "blocks", "first block", "is bars",
    "sampling", "down", "right", "rows", "row along", "row step", "row period",
    "columns", "column along", "column step", "column period", "step down", "step right",
)  # fmt: skip
"""The last ones say how to find the row and the column of an element in its picture from the cell where it lies."""
BLOCK = ("code", "rows", "columns", "row", "column")
"""What is known of a block of a picture: the cell of its first element, its size, and where it lies in its tensor."""
MOST_BARS = tiles.WIDTH // 3
"""So many numbers in a row are drawn as bars."""
WIDEST_BAR = 8
"""A single number has one as wide as its box."""


class Tensors:
    """The tables of tensors and of the blocks of their pictures."""

    def __init__(self, canvas: Canvas, left: int, addresses: PackedAddresses) -> None:
        self.table = HiddenTable(canvas, left, HEADS)
        self.blocks = HiddenTable(canvas, self.table.end, BLOCK)
        self.sizes: dict[int, tuple[int, int]] = {}
        """The rows and columns of each tensor's picture, by the tensor's number."""
        self.blocks_of: dict[int, int] = {}
        """The blocks of each tensor's picture."""
        self.heads: dict[int, str] = {}
        """The name and the shape of each tensor, as they stand above its picture."""
        self.any_large = False
        """Whether any tensor has more numbers than stand beside one another."""
        self._addresses = addresses
        self.operands: list[views.StepTensor] = []
        """The tensors, in the order of their numbers."""
        self._known: dict[int, int] = {}

    def is_single(self, number: int) -> bool:
        """Whether a tensor is a single number."""
        return number > 0 and math.prod(self.operands[number - 1].grid.shape) == 1

    def number(self, operand: views.StepTensor | None) -> int:
        """The number of a tensor, which is added where it is new; 0 for none."""
        if operand is None:
            return 0
        grid = operand.grid
        if id(grid) not in self._known:
            self.operands.append(operand)  # a grid that is kept keeps its id
            self._known[id(grid)] = self._add(operand)
        return self._known[id(grid)]

    def _add(self, operand: views.StepTensor) -> int:
        grid, first = operand.grid, self.blocks.count
        is_bars = are_bars(grid.shape)
        self.any_large |= math.prod(grid.shape) > MOST_BARS
        if is_bars:
            count, step, sampled = math.prod(grid.shape), 1, ""
            width = tiles.WIDTH + 1 if count == 1 else min(WIDEST_BAR, tiles.WIDTH // count)
            lies, size = (tiles.HEIGHT, width, tiles.HEIGHT, width - 1, count), (tiles.HEIGHT, width * count - 1)
            blocks = [(index, 1, 1, 0, 0) for index in np.ndindex(*grid.shape)]
        else:
            found = tiles.tiles_of(grid.shape)
            step, sampled, size = found.step, "" if found.whole else ", sampled", (found.height, found.width)
            lies = found.line_height, found.block_width, found.size, found.size, found.per_line
            blocks = [(block.first, block.rows, block.columns, *_two(block.first)) for block in found.blocks]
        for index, *block in blocks:
            self.blocks.add(self._addresses.of(grid.at(*index)), *block)
        down, right = _two(self._addresses.steps(grid))
        shape = grid.shape[next((k for k, size in enumerate(grid.shape) if size > 1), len(grid.shape)) :]
        shape_words = f"{shape_text(shape)}{sampled}"
        number = self.table.add(
            operand.name, shape_words, int(operand.is_grad), _largest(grid),
            self._addresses.of(grid.first), math.prod(grid.shape), *lies, len(blocks), first, int(is_bars),
            step, down * step, right * step, *_way(grid, -2), *_way(grid, -1), down, right,
        )  # fmt: skip
        self.sizes[number], self.blocks_of[number] = size, len(blocks)
        self.heads[number] = f"{operand.name}  {shape_words}"
        return number


def are_bars(shape: Sequence[int]) -> bool:
    """Whether the numbers of a tensor are few and lie in a row, so that they are drawn as bars."""
    return 0 < math.prod(shape) <= MOST_BARS and sum(size > 1 for size in shape) <= 1


def _way(grid: Grid, dim: int) -> tuple[int, int, int, int]:
    """How a dimension, counted from the end, runs over its sheet.

    Its size; 1 where it runs along the columns, 0 along the rows; its step; and its period, from one of its lines to
    the next one, or more than there are.
    """
    rank = len(grid.shape)
    if rank + dim < 0 or grid.shape[dim] == 1:
        return 1, 0, FAR, FAR
    strides = grid.col_strides if grid.col_strides[dim] else grid.row_strides
    outer = [strides[k] for k in range(rank + dim) if strides[k] and grid.shape[k] > 1]
    return grid.shape[dim], int(strides is grid.col_strides), strides[dim], outer[-1] if outer else FAR


def _two(numbers: Sequence[int]) -> tuple[int, int]:
    """The last two, 0 for one that there is not."""
    down, right = ([0, 0, *numbers])[-2:]
    return down, right


def _largest(grid: Grid) -> Expression:
    """The size of its largest number, of those that stand for no infinity: where its picture has the full colour."""
    return Constant(_of_area(grid.height * grid.width).replace(_AREA.text, grid.box.fixed.everywhere))


@cache
def _of_area(size: int) -> str:
    """Its formula, for any cells that nothing else has numbers in: there is one for each tensor."""
    lowest = MIN(_AREA)
    several = SMALL(_AREA, MIN(1 + COUNTIF(_AREA, f"<={number(NEVER)}"), size)) if size > 1 else _AREA
    return MAX(MAX(_AREA), -IF(lowest <= NEVER, several, lowest), 0).text("")
