"""The pictures of the Lens: each tensor whole, a square for a number, with a frame around what is read.

A square holds its number as a share of the largest one, from −8 to 8; that of a gradient a hundred more, so that it
has other colours. A few numbers in a row are bars, from a line in the middle up or down. Each square is one formula: it
works out the block of the tensor that it is in, the cell that it shows, and whether the frame begins there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from excel_export.formulas import Expression, Grid, OperandLike, Reference, equal, unequal
from excel_export.formulas.functions import AND, IF, INDEX, INT, ISNUMBER, MATCH, MAX, MIN, MOD, OR
from excel_export.sheets.lens import arrangements as shows
from excel_export.sheets.lens import conditional_formats, lens_layout, tensor_table
from excel_export.sheets.lens.packed_addresses import ROW, SHEET
from excel_export.sheets.lens.screen import Screen, ShownTensor, TensorSlot
from excel_export.sheets.lens.selection import NOTHING
from excel_export.sheets.names import lens_block
from excel_export.views import tiles
from excel_export.workbook import format_rules, styles
from excel_export.workbook.canvas import Canvas

EDGE_OF_SQUARE = 1000
"""What the number of a square has more for an edge."""
MASKED = -styles.SHADES - 1
"""What stands in the square of a number that stands for −∞."""
NOWHERE = -(10**6)
"""The line or the place of a square that is in no block."""
OUTSIDE = 10**6
BAR = tiles.WIDTH // shows.SHOWN_BARS
"""The columns of a bar that is no tensor's, its gap included."""


@dataclass(frozen=True)
class Bars:
    """Numbers of scratch columns that are drawn as bars in the place of a tensor."""

    numbers: Reference
    """One below another."""
    count: Reference
    lit: Reference
    """Which of them is framed, from 0 on."""
    is_grad: Reference


class Pictures:
    """The picture of a slot, and where the frame lies in it.

    Attributes:
        anchor: the cell from which the frame is found: one that is read, or that is made; −1 where there is none.
        row, column: its place in the last two dimensions of its tensor.
    """

    def __init__(self, screen: Screen, slot: TensorSlot) -> None:
        self._screen, self._slot = screen, slot
        what, scratch, selection = slot.what, screen.scratch, screen.selection
        line = scratch.cell(f"{what}: anchor", slot.frame("anchor"))
        at = INDEX(selection.cells.box.fixed, MAX(1, MIN(line, selection.cells.shape[0])))
        factor = INDEX(selection.factors.box.fixed, MAX(1, line - shows.FACTOR))
        of = IF(AND(equal(line, shows.OF_FIRST), slot.tensor > 0), slot.framed("code"), NOTHING)
        for mark, address in (
            (shows.OF_ALONE, selection.alone_address),
            (shows.OF_COMPANION, selection.companion_address),
            (shows.OF_MADE, selection.made_address),
        ):
            of = IF(equal(line, mark), address, of)
        anchor = IF(line > shows.FACTOR, factor, IF(line > 0, at, of))
        if slot.is_followed:
            anchor = IF(equal(slot.mode, shows.FOLLOWED), screen.followed, anchor)
        self.anchor = scratch.cell(f"{what}: cell framed", anchor)
        beyond = scratch.cell(f"{what}: beyond the first", MOD(self.anchor, SHEET) - MOD(slot.framed("code"), SHEET))
        places = []
        for way in ("row", "column"):
            # How far the cell lies from the tensor's first one, down or right, says which row or column it is.
            steps = IF(equal(slot.framed(f"{way} along"), 1), MOD(beyond, ROW), INT(beyond / ROW))
            at = INT(MOD(steps, slot.framed(f"{way} period")) / slot.framed(f"{way} step"))
            places.append(scratch.cell(f"{what}: {way} of the frame", IF(self.anchor > 0, at, OUTSIDE)))
        self.row, self.column = places

    def draw(self, bars: tuple[Bars, Bars], singles: Sequence[Reference]) -> None:
        """Draw it, given the sums of groups and the losses as bars.

        Bars of tensors compare to the largest single number on the screen, or the largest single gradient.
        """
        slot, scratch, arrangements = self._slot, self._screen.scratch, self._screen.tables.arrangements
        height, width = arrangements.picture(slot.number)
        if not height:
            return
        squares = _Squares(self._screen, slot, (height + 1, width + 1), bars, singles)
        top, left = (
            scratch.cell(f"{slot.what}: first {way} framed", at + slot.frame(way))
            for way, at in (("row", self.row), ("column", self.column))
        )
        tall, wide = (scratch.cell(f"{slot.what}: {way} framed", slot.frame(way)) for way in ("height", "width"))
        most_blocks = max(2, arrangements.most_blocks[slot.number])
        squares.frame((self.row, self.column), (top, left), (tall, wide), most_blocks)
        here, above, beside = (squares.is_inside(*back) for back in ((0, 0), (1, 0), (0, 1)))
        edge = IF(unequal(here, above), 1, 0) + IF(unequal(here, beside), 2, 0)
        # LibreOffice paints a square anew where its own number is another one: it is, wherever the frame moves.
        place = MOD(top * 31 + left * 7 + self.row * 3 + self.column, 97) * 1e-10
        moved = scratch.cell(f"{slot.what}: frame moved", place)
        _paint(
            self._screen.canvas.at(lens_layout.PICTURE, slot.first_col, height + 1, width + 1), self._screen.canvas,
            squares.shade() + edge * EDGE_OF_SQUARE + moved, "lens_square", EDGE_OF_SQUARE,
        )  # fmt: skip


def picture(screen: Screen, shown: ShownTensor, first_col: int, size: tuple[int, int]) -> None:
    """Draw the picture of a tensor that is always there, without frames."""
    squares = _Squares(screen, shown, size)
    _paint(screen.canvas.at(lens_layout.PICTURE, first_col, *size), screen.canvas, squares.shade(), "story_picture", 0)


def _paint(area: Reference, canvas: Canvas, shade: Expression, style: str, edge: int) -> None:
    canvas.share(area, shade, style)
    canvas.format(area, *format_rules.square_rules(conditional_formats.OF_GRADIENT, MASKED, edge))


class _Squares:
    """Which number each square shows. The rows of the picture are counted at its left, its columns above it.

    Of each row stands the line of blocks that it is in, and which row of a block it is; of each column the place in
    that line, and the column of a block.
    """

    def __init__(
        self, screen: Screen, shown: ShownTensor, size: tuple[int, int], bars: Sequence[Bars] = (),
        singles: Sequence[Reference] = (),
    ) -> None:  # fmt: skip
        height, width = size
        canvas, self._screen, self._what = screen.canvas, screen, shown.what
        self._bars: list[tuple[Reference, Bars]] = []
        self._mode: Reference | int = 0
        if isinstance(shown, TensorSlot):
            self._mode = shown.mode
            modes = zip(("sums", "losses"), (shows.PRODUCTS, shows.LOSSES), bars, strict=True)
            self._bars = [(self._cell(what, IF(equal(shown.mode, mode), 1, 0)), each) for what, mode, each in modes]
        own = {
            "line height": tiles.HEIGHT, "block width": BAR, "row size": tiles.HEIGHT, "column size": BAR - 1,
            "per line": shows.SHOWN_BARS, "is bars": 1,
        }  # fmt: skip
        lies = {
            what: self._cell(what, self._or([number] * len(bars), shown.pictured(what))) for what, number in own.items()
        }
        self._is_bars = lies["is bars"]
        blocks = IF(shown.has_picture, shown.pictured("blocks"), 0)
        self._blocks = self._cell("blocks", self._or([each.count for each in bars], blocks))
        self._first_block, self._sampling, self._down_address, self._right_address, first = (
            self._cell(what, shown.pictured(what)) for what in ("first block", "sampling", "down", "right", "code")
        )
        self._sheet = self._cell("sheet", INT(first / SHEET))
        self._base = self._cell("codes of the sheet", self._sheet * SHEET)
        is_grad = self._or([each.is_grad for each in bars], shown.pictured("gradient"))
        self._offset = self._cell("offset", IF(equal(is_grad, 1), conditional_formats.OF_GRADIENT, 0))
        largest = shown.pictured("largest")
        if singles:
            compared = IF(equal(shown.pictured("gradient"), 1), singles[1], singles[0])
            largest = IF(equal(shown.pictured("size"), 1), compared, largest)
        largest = self._or([MAX(MAX(each.numbers), -MIN(each.numbers)) for each in bars], largest)
        self._full = self._cell("full colour of squares", MAX(largest, 1e-300) / styles.SHADES)
        rows, columns = np.arange(height), np.arange(width)
        line, place = INT(rows / lies["line height"]) * lies["per line"], INT(columns / lies["block width"])
        place = IF(place < lies["per line"], place, NOWHERE)
        room = screen.scratch.room(f"{shown.what}: squares", height + 3, width + 5)
        at = canvas.at(room.row + 3, room.col + 5)
        middle = tiles.HEIGHT // 2
        up = np.where(rows < middle, 1, -1)
        least = (np.where(rows < middle, middle - rows, rows - middle + 1) - 0.5) / middle * styles.SHADES
        down = INT(MOD(rows, lies["line height"]) / lies["row size"])
        contents: list[Expression | np.ndarray] = [line, down, up, least]
        for k, formula in enumerate(contents):
            canvas.fill(canvas.column(at.row, room.col + k, height), formula, "fixed")
        for k, formula in enumerate((place, INT(MOD(columns, lies["block width"]) / lies["column size"]))):
            canvas.fill(Grid(canvas.name, room.row + k, at.col, (width,), (0,), (1,)), formula, "fixed")
        self._line, self._down, self._up, self._least = (canvas.at(at.row, room.col + k).fixed_col for k in range(4))
        self._place, self._right = (replace(canvas.at(room.row + k, at.col), row_fixed=True) for k in range(2))
        # Outside of the picture there is no block.
        for k, empty in ((0, NOWHERE), (1, 0)):
            canvas.put(at.row - 1, room.col + k, empty, "fixed")
            canvas.put(room.row + k, at.col - 1, empty, "fixed")

    def shade(self) -> Expression:
        """The number of a square: the share of the largest, 0 outside of all blocks."""
        block, down, right = self._block(0, 0), self._down, self._right
        address = self._of_block("code", block) - self._base + down * self._down_address + right * self._right_address
        number: Expression = self._screen.addresses.within(self._sheet, address)
        number = self._or([INDEX(bars.numbers, block) for _, bars in self._bars], number)
        # What stands for −∞ is beyond all shades. A bar goes from the middle up or down, by half the height at most.
        share = MAX(-styles.SHADES - 1, MIN(styles.SHADES, number / self._full))
        bar = IF(share * self._up >= self._least, self._up * styles.SHADES + self._offset, 0)
        own = AND(down < self._own("rows", block), right < self._own("columns", block))
        is_there = AND(block >= 1, block <= self._blocks)
        return IF(is_there, IF(own, IF(equal(self._is_bars, 1), bar, share + self._offset), 0), 0)

    def frame(
        self, anchor: tuple[Reference, Reference], first: tuple[Reference, Reference],
        size: tuple[Reference, Reference], most_blocks: int,
    ) -> None:  # fmt: skip
        """Work out where the frame begins in each block, far off where nothing is read.

        Given are the row and the column of an element that is read, those of the frame's first one, and its size.
        """
        scratch, reads = self._screen.scratch, self._screen.selection.reads.box.fixed
        blocks = np.arange(1, most_blocks + 1)
        row, column = (self._of_block(way, blocks) for way in ("row", "column"))  # type: ignore[arg-type]
        step_down, step_right = self._down_address / self._sampling, self._right_address / self._sampling
        cell = self._of_block("code", blocks)  # type: ignore[arg-type]
        counterpart = cell + (anchor[0] - row) * step_down + (anchor[1] - column) * step_right
        is_read = MATCH(IF(equal(self._is_bars, 1), cell, counterpart), reads, 0)
        # Of bars that are all listed, none is marked, nor is one that is alone.
        marked = AND(
            ISNUMBER(is_read),
            OR(equal(self._is_bars, 0), AND(self._blocks > 1, unequal(self._mode, shows.LIST))),
        )
        top: Expression = IF(marked, IF(equal(self._is_bars, 1), 0, first[0] - row), OUTSIDE)
        top = self._or([IF(equal(blocks - 1, bars.lit), 0, OUTSIDE) for _, bars in self._bars], top)
        tops = scratch.column(f"{self._what}: first rows framed", IF(blocks <= self._blocks, top, OUTSIDE))
        left = IF(equal(self._is_bars, 1), 0, first[1] - column)
        lefts = scratch.column(f"{self._what}: first columns framed", IF(blocks <= self._blocks, left, OUTSIDE))
        tall, wide = (
            self._cell(f"{what} of the frame", IF(equal(self._is_bars, 1), 1, each))
            for what, each in zip(("height", "width"), size, strict=True)
        )
        self._frame = tops.box.fixed, lefts.box.fixed, tall, wide

    def is_inside(self, up: int, left: int) -> Expression:
        """1 where the square so many rows above and so many columns before is framed, else 0."""
        block = self._block(up, left)
        down, right = self._down.at(-up, 0) * self._sampling, self._right.at(0, -left) * self._sampling
        tops, lefts, tall, wide = self._frame
        top, first = INDEX(tops, block), INDEX(lefts, block)
        within = AND(down >= top, down < top + tall, right >= first, right < first + wide)
        return IF(AND(block >= 1, block <= self._blocks), IF(within, 1, 0), 0)

    def _block(self, up: int, left: int) -> Expression:
        return self._line.at(-up, 0) + self._place.at(0, -left) + 1

    def _of_block(self, what: str, block: Expression) -> Expression:
        # By a name: a formula that many cells share may not read another sheet by its place.
        return INDEX(lens_block(tensor_table.BLOCK.index(what)), self._first_block + block)

    def _own(self, what: str, block: Expression) -> Expression:
        """How many rows or columns a block has; of bars, it is one number."""
        return IF(equal(self._is_bars, 1), 1, self._of_block(what, block))

    def _or(self, own: Sequence[OperandLike], otherwise: Expression) -> Expression:
        """What holds for the numbers of scratch columns, where these are drawn; else what holds for the tensor."""
        for (flag, _), each in zip(self._bars, own, strict=True):
            otherwise = IF(equal(flag, 1), each, otherwise)
        return otherwise

    def _cell(self, what: str, content: Expression) -> Reference:
        return self._screen.scratch.cell(f"{self._what}: {what}", content)
