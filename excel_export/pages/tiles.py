"""A tensor as a small picture: its last two dimensions are rows and columns, the others repeat them as tiles.

A tensor that is too long for the picture in one direction is cut into blocks, which stand side by side as the lines of
a text do. One that has too many elements is sampled: every second, third … row and column of some of its tiles. A
small one is drawn with larger squares.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

HEIGHT = 28
"""Rows of a picture: an image of 28 × 28 fits whole."""
WIDTH = 39
"""Columns of a picture: about in the proportion of 196 × 132 pixels, for which a card has room."""
MOST_WHOLE = 1_000
"""Elements of a tensor up to which all are shown, without gaps if need be."""
LARGEST = 6
"""Rows and columns of the picture for one element, at most."""
Index = tuple[int, ...]


@dataclass(frozen=True)
class TileBlock:
    """A block of rows and columns of a tensor: TileBlock((0, 0), 2, 3) shows 2 by 3 elements from (0, 0) on."""

    first: Index
    """The index of its first element."""
    rows: int
    """The number of rows that are shown."""
    columns: int
    """The number of columns that are shown."""


@dataclass(frozen=True)
class Tiles:
    """A tensor as a picture of blocks in reading order: (8, 5, 5) as eight of 5×5 elements, `per_line` side by side.

    The picture has 28 rows and 39 columns of small squares at most; an element is a square of `size` of them.
    """

    block_rows: int
    """The number of rows of elements in a block."""
    block_columns: int
    """The number of columns of elements in a block."""
    per_line: int
    """The number of blocks side by side."""
    gap: int
    """The number of empty rows and columns of the picture between two blocks: 1, or 0 if there is no room."""
    size: int
    """The number of rows and columns of the picture for each element, from 1 to 6."""
    blocks: tuple[TileBlock, ...]
    """The blocks: (TileBlock((0, 0, 0), 5, 5), TileBlock((1, 0, 0), 5, 5), …)."""
    step: int
    """The distance in the tensor between elements that are shown: 1 for all, 2 for every second one in rows and
    columns."""
    whole: bool
    """True if every element is shown."""

    @property
    def line_height(self) -> int:
        """Rows of the picture from one line of blocks to the next: 13 for 2 rows of size 6 and a gap of 1."""
        return self.block_rows * self.size + self.gap

    @property
    def block_width(self) -> int:
        """Columns of the picture from one block to the next: 19 for 3 columns of size 6 and a gap of 1."""
        return self.block_columns * self.size + self.gap

    @property
    def height(self) -> int:
        """Rows of the picture that are used, without a gap at the end: 12 for one line of 2 rows of size 6."""
        return math.ceil(len(self.blocks) / self.per_line) * self.line_height - self.gap

    @property
    def width(self) -> int:
        """Columns of the picture that are used, without a gap at the end: 18 for one block of 3 columns of size 6."""
        return min(len(self.blocks), self.per_line) * self.block_width - self.gap

    def elements(self) -> Iterator[tuple[int, int, Index]]:
        """Yield (row, column, index) of each element that is shown, block by block: (0, 6, (0, 1)) for element (0, 1).

        Row and column, from 0 on, are those of the upper left corner of its square in the picture.
        """
        for number, block in enumerate(self.blocks):
            line, place = divmod(number, self.per_line)
            for row, column in product(range(block.rows), range(block.columns)):
                *outer, down, right = (0, 0, *block.first)
                index = (*outer, down + row * self.step, right + column * self.step)
                yield (
                    line * self.line_height + row * self.size,
                    place * self.block_width + column * self.size,
                    index[len(index) - len(block.first) :],
                )


@cache
def tiles_of(shape: tuple[int, ...]) -> Tiles:
    """Return the arrangement of a tensor's elements as a picture of 28 rows and 39 columns at most.

    If there is no room for all, every second row and column is shown, or every third, …, and fewer blocks if need be.

    Example:
        >>> tiles = tiles_of((2, 3))
        >>> tiles.size, tiles.height, tiles.width, tiles.whole
        (6, 12, 18, True)
    """
    rows, columns = ((1, *shape)[-2:]) if shape else (1, 1)
    outer = shape[:-2]
    count = math.prod(outer)
    for step in range(1, max(rows, columns) + 1):
        shown = math.ceil(rows / step), math.ceil(columns / step)
        found = _arranged(count, *shown)
        if not found and (count > HEIGHT * WIDTH // 4 or math.prod(shown) <= 4):
            count = min(count, _most(*shown))
            found = _arranged(count, *shown)
        if found:
            break
    assert found
    block_rows, block_columns, gap = found
    firsts = list(_sampled(outer, count))
    blocks = tuple(
        TileBlock(
            (*first, *((row * step, column * step)[2 - min(len(shape), 2) :])),
            min(block_rows, shown[0] - row),
            min(block_columns, shown[1] - column),
        )
        for first in firsts
        for row in range(0, shown[0], block_rows)
        for column in range(0, shown[1], block_columns)
    )
    # A line for each of the dimension before them, such as the filters of a layer, where there is room.
    wanted = outer[-1] * len(blocks) // len(firsts) if len(outer) > 1 and len(firsts) == math.prod(outer) else 0
    size, per_line = 1, _per_line(len(blocks), block_rows, block_columns, gap, wanted)
    for larger in range(2, LARGEST + 1 if gap else 2):
        wider = _per_line(len(blocks), block_rows * larger, block_columns * larger, gap, wanted)
        if wider:
            size, per_line = larger, wider
    whole = step == 1 and len(firsts) == math.prod(outer)
    return Tiles(block_rows, block_columns, per_line, gap, size, blocks, step, whole)


def _arranged(count: int, rows: int, columns: int) -> tuple[int, int, int] | None:
    """Return the rows and columns of blocks, and the gap, so that all tiles fit; None if they do not."""
    gaps = (1, 0) if count * rows * columns <= MOST_WHOLE else (1,)
    for gap, across in product(gaps, range(math.ceil(columns / WIDTH), columns + 1)):
        for down in range(math.ceil(rows / HEIGHT), rows + 1):
            block_rows, block_columns = math.ceil(rows / down), math.ceil(columns / across)
            blocks = count * math.ceil(rows / block_rows) * math.ceil(columns / block_columns)
            if _per_line(blocks, block_rows, block_columns, gap):
                return block_rows, block_columns, gap
    return None


def _per_line(blocks: int, rows: int, columns: int, gap: int, wanted: int = 0) -> int:
    widest, most_lines = (WIDTH + gap) // (columns + gap), (HEIGHT + gap) // (rows + gap)
    if not (widest and most_lines) or blocks > widest * most_lines:
        return 0
    if 1 < wanted <= widest and math.ceil(blocks / wanted) <= most_lines:
        return wanted
    square = math.ceil(math.sqrt(blocks * (rows + gap) / (columns + gap)))
    return max(math.ceil(blocks / most_lines), min(widest, blocks, square))


def _most(rows: int, columns: int) -> int:
    return max(1, ((HEIGHT + 1) // (min(rows, HEIGHT) + 1)) * ((WIDTH + 1) // (min(columns, WIDTH) + 1)))


def _sampled(outer: Sequence[int], count: int) -> Iterator[Index]:
    total = math.prod(outer)
    for k in range(count):
        number, index = k * total // count, []
        for size in reversed(outer):
            number, at = divmod(number, size)
            index.append(at)
        yield tuple(reversed(index))
