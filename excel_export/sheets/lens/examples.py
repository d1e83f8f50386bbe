"""The element that a step shows by itself: the largest one now, also after the picture or the label has changed."""

from __future__ import annotations

import numpy as np

from excel_export.formulas.expression import Expression, equal
from excel_export.formulas.functions import ABS, AND, IF, INDEX, INT, MATCH, MAX, MIN, MOD
from excel_export.formulas.reference import Reference
from excel_export.shared.infinity import NEVER
from excel_export.sheets.lens.codes import Codes
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.pictures import number_of, squares
from excel_export.sheets.lens.recipes import Recipes
from excel_export.sheets.lens.slot import Shown
from excel_export.xlsx.canvas import Canvas


def largest(canvas: Canvas, desk: Desk, recipes: Recipes, codes: Codes, view: Reference) -> list[Expression]:
    """Find the index of the largest number of what a view makes, of those that its picture shows."""
    made = Shown(desk, recipes, "example", recipes.views.look_up("tensor", view))
    height, width = recipes.made_picture
    shown = squares(canvas, desk, made, recipes, (height, width))
    number = desk.shared("example: of squares", height, width, number_of(shown.at(0), codes)).first
    far = IF(equal(number, ""), 0, IF(number <= NEVER, 0, ABS(number)))
    sizes = desk.shared("example: sizes", height, width, far)
    rows = [canvas.at(sizes.row + k, sizes.col, width=width).fixed for k in range(height)]
    most = desk.column("example: most of a row", *[MAX(row).reshape(1) for row in rows])
    row = desk.cell("example: row", MATCH(MAX(most.box.fixed), most.box.fixed, 0) - 1)
    line = desk.column("example: its row", INDEX(sizes.box.fixed, row + 1, np.arange(1, width + 1)))
    col = desk.cell("example: column", MATCH(MAX(line.box.fixed), line.box.fixed, 0) - 1)
    size, sampling = made.field("size"), made.field("sampling")
    lines, place = INT(row / made.field("line height")), INT(col / made.field("block width"))
    block = desk.cell("example: block", made.field("first block") + lines * made.field("per line") + place + 1)
    down = desk.cell("example: down", INT(MOD(row, made.field("line height")) / size) * sampling)
    right = desk.cell("example: right", INT(MOD(col, made.field("block width")) / size) * sampling)
    live = desk.cell("example: live", recipes.views.look_up("live", view))
    something = desk.cell("example: something", IF(AND(equal(live, 1), MAX(most.box.fixed) > 0), 1, 0))
    found = []
    for k in range(recipes.rank):
        first = recipes.tensors.blocks.look_up(f"index {k}", MAX(1, MIN(block, recipes.tensors.blocks.count)))
        beyond = down if k == recipes.rank - 2 else right if k == recipes.rank - 1 else 0
        found.append(IF(equal(something, 1), first + beyond, recipes.views.look_up(f"example {k}", view)))
    return found
