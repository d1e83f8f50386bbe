"""The pictures of the Lens: each tensor whole, a square for a number, with frames around what is read.

A square holds its number as a share of the largest one, from −8 to 8; that of a gradient a hundred more, so that it
has other colours. A frame is drawn by rules for the upper and the left edge of a square, wherever one that is read
meets one that is not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from excel_export.formulas.expression import Expression, equal, unequal
from excel_export.formulas.functions import AND, IF, INDEX, INT, ISNUMBER, MATCH, MAX, MIN, MOD
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import Reference
from excel_export.shared.infinity import NEVER
from excel_export.sheets.lens.codes import Codes
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.layout import NAME, PICTURE
from excel_export.sheets.lens.recipes import Recipes
from excel_export.sheets.lens.selection import Selection
from excel_export.sheets.lens.slot import Shown, Slot
from excel_export.sheets.parts.column import as_column
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.rules import square_rules
from excel_export.xlsx.styles import SHADES

OF_GRADIENT = 100
"""What the numbers of a gradient's squares have more."""
EDGE_OF_SQUARE = 1000
"""What the number of a square has more for an edge."""
NEAR_AN_EDGE = 1e-9
"""What the number of a square has more for an edge of the next square, so little that nobody sees it."""
MASKED = 50
"""What stands in the square of a number that stands for −∞."""


def draw(
    canvas: Canvas, desk: Desk, slot: Slot, selection: Selection, recipes: Recipes, codes: Codes, size: tuple[int, int]
) -> None:
    """Draw the picture of a slot, of at most so many rows and columns."""
    height, width = size
    if not height:
        return
    cells = squares(canvas, desk, slot, recipes, size)
    edges = _edges(desk, slot, selection, cells)
    numbers = desk.shared(f"{slot.what}: of squares", height + 1, width + 1, number_of(cells.at(0), codes))
    offset = desk.cell(f"{slot.what}: offset", IF(equal(slot.is_grad, 1), OF_GRADIENT, 0))
    full = desk.cell(f"{slot.what}: full colour of squares", MAX(slot.largest, 1e-300) / SHADES)
    first = numbers.first
    share = MAX(-SHADES, MIN(SHADES, first / full)) + offset
    edge = edges.first * EDGE_OF_SQUARE
    # LibreOffice paints a cell anew where its own number is another one; a line between two cells lies in both.
    near = (edges.first.at(1, 0) + edges.first.at(0, 1)) * NEAR_AN_EDGE
    number = IF(equal(first, ""), 0, IF(first <= NEVER, MASKED, share)) + edge + near
    # A row and a column more, for the lower and the right edge of what is read.
    area = canvas.at(PICTURE, slot.first_col, height + 1, width + 1)
    canvas.share(area, number, "lens_square")
    canvas.format(area, *square_rules(OF_GRADIENT, MASKED, EDGE_OF_SQUARE))


def picture(
    canvas: Canvas, desk: Desk, shown: Shown, recipes: Recipes, codes: Codes, first_col: int, size: tuple[int, int]
) -> None:
    """Draw the picture of a tensor that is always there, without frames."""
    cells = squares(canvas, desk, shown, recipes, size)
    numbers = desk.shared(f"{shown.what}: of squares", *size, number_of(cells.at(0), codes))
    full = desk.cell(f"{shown.what}: full colour of squares", MAX(shown.field("largest"), 1e-300) / SHADES)
    first = numbers.first
    share = IF(first <= NEVER, MASKED, MAX(-SHADES, MIN(SHADES, first / full)))
    area = canvas.at(PICTURE, first_col, *size)
    canvas.share(area, IF(equal(first, ""), 0, share), "story_picture")
    canvas.format(area, *square_rules(OF_GRADIENT, MASKED, 0))


def squares(canvas: Canvas, desk: Desk, shown: Shown, recipes: Recipes, size: tuple[int, int]) -> Reference:
    """Work out which cell each square shows; 0 where it shows none. Around the picture there are zeros.

    Left of the picture its rows are counted, and stand the rows that its squares show; above it so are the columns.
    """
    height, width = size
    has = {what: shown.field(what) for what in (
        "line height", "block width", "size", "block rows", "block columns", "per line", "blocks", "first block",
        "down", "right",
    )}  # fmt: skip
    room = desk.room(f"{shown.what}: squares", height + 6, width + 6)
    first = canvas.at(room.row + 4, room.col + 4)
    at_row, at_col = canvas.at(first.row, room.col), canvas.at(room.row, first.col)
    canvas.fill(as_column(replace(at_row, height=height)), np.arange(height), "fixed")
    canvas.fill(Grid(NAME, at_col.row, at_col.col, (width,), (0,), (1,)), np.arange(width), "fixed")
    for k, formula in (
        (1, INT(at_row / has["line height"]) * has["per line"]),
        (2, _within(at_row, has["line height"], has["size"], has["block rows"])),
    ):
        canvas.share(replace(at_row.at(0, k), height=height), formula, "fixed")
    for k, formula in (
        (1, INT(at_col / has["block width"])),
        (2, _within(at_col, has["block width"], has["size"], has["block columns"])),
    ):
        canvas.share(replace(at_col.at(k), width=width), formula, "fixed")
    most = np.arange(recipes.tensors.most_blocks)
    is_block = AND(most < has["blocks"], shown.tensor > 0)
    blocks = {
        head: desk.column(
            f"{shown.what}: {head} of blocks",
            IF(is_block, recipes.tensors.blocks.look_up(head, has["first block"] + most + 1), 0),
        ).box.fixed
        for head in ("code", "rows", "columns")
    }
    line, down = (at_row.at(0, k).fixed_col for k in (1, 2))
    place, right = (replace(at_col.at(k), row_fixed=True) for k in (1, 2))
    block = line + place + 1
    is_there = AND(down >= 0, right >= 0, place < has["per line"], block <= has["blocks"])
    in_block = AND(down < INDEX(blocks["rows"], block), right < INDEX(blocks["columns"], block))
    code = INDEX(blocks["code"], block) + down * has["down"] + right * has["right"]
    canvas.share(replace(first, height=height, width=width), IF(is_there, IF(in_block, code, 0), 0), "fixed")
    for row in range(first.row - 1, first.row + height + 2):
        for col in range(first.col - 1, first.col + width + 2):
            if not (first.row <= row < first.row + height and first.col <= col < first.col + width):
                canvas.put(row, col, 0, "fixed")
    return replace(first, height=height, width=width)


def number_of(square: Reference, codes: Codes) -> Expression:
    """The number that a square shows; a text without a letter where it shows none."""
    return IF(square > 0, codes.number(square), "")


def _within(number: Reference, period: Reference, size: Reference, count: Reference) -> Expression:
    """The row or the column of a block; −1 in the gap between two."""
    at = INT(MOD(number, period) / size)
    return IF(at < count, at, -1)


def _edges(desk: Desk, slot: Slot, selection: Selection, cells: Reference) -> Grid:
    """Where one square is read and its neighbour is not: 1 for the neighbour above, 2 for the left one, 3 for both."""
    reads = selection.reads.box.fixed
    height, width = cells.height, cells.width
    first = cells.at(-1, -1)
    read = desk.shared(
        f"{slot.what}: is read", height + 3, width + 3,
        IF(first > 0, IF(ISNUMBER(MATCH(first, reads, 0)), 1, 0), 0),
    )  # fmt: skip
    here, above, left = (read.first.at(down, right) for down, right in ((1, 1), (0, 1), (1, 0)))
    return desk.shared(
        f"{slot.what}: edges", height + 2, width + 2,
        IF(unequal(here, above), 1, 0) + IF(unequal(here, left), 2, 0),
    )  # fmt: skip
