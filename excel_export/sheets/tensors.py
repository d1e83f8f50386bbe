"""The Tensors sheet: where every tensor lies. `read_tensors` finds them by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from excel_export.formulas.grid import Grid
from excel_export.xlsx.canvas import Canvas, cell, link
from excel_export.xlsx.styles import GREY

if TYPE_CHECKING:
    from excel_export.sheets.draft import Draft

NAME = "Tensors"
WHAT = "the index: where each tensor lies"
VALUE, GRADIENT, AFTER = "value", "gradient", "after one step"
HEADS = ("tensor", "what", "shape", "sheet", "first cell", "row strides", "column strides")
FIRST_ROW = 5


class Entry(NamedTuple):
    """A tensor's key, what it is (one of the three words above) and where it lies."""

    key: str
    what: str
    grid: Grid


def draw(draft: Draft) -> None:
    """List the tensors, each with its shape and place."""
    canvas = Canvas(NAME, GREY, freeze=f"A{FIRST_ROW}")
    canvas.widths = {1: 2, 2: 34, 3: 16, 4: 18, 5: 14, 6: 12, 7: 18, 8: 18, 9: 12}
    canvas.say(1, 2, "Where every tensor lies", "title")
    canvas.say(2, 2, "Element (i, j, …) is i·stride + j·stride + … rows and columns from the first cell. "
               "excel_export.read_tensors reads this table: leave it as it is.", "subtitle")  # fmt: skip
    for col, head in enumerate(HEADS, start=2):
        canvas.say(FIRST_ROW - 1, col, head, "head")
    for row, (key, what, grid) in enumerate(draft.entries, start=FIRST_ROW):
        first = cell(grid.row, grid.col)
        place = (key, what, _tuple(grid.shape), grid.sheet, first, _tuple(grid.row_strides), _tuple(grid.col_strides))
        for col, item in enumerate(place, start=2):
            canvas.say(row, col, item, "cell")
        canvas.put(row, 2 + len(HEADS), link(grid.sheet, first, "show"), "small_link")
    draft.add(canvas, WHAT)


def _tuple(numbers: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, numbers))})"
