"""The terms as pictures: the gradients that arrive, the inputs they meet, and the products, one square for each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from excel_export.formulas.functions import AND, IF, INDEX, INT, MAX, MIN
from excel_export.formulas.grid import Grid
from excel_export.sheets.explain.explained import place_way
from excel_export.sheets.explain.layout import BASES, FIRST, PICTURES, PRODUCT, RESULT, TABLE_HEAD, G, Layout, X
from excel_export.sheets.explain.recipes import Recipes
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.rules import grad_scale, value_scale

_KINDS = (
    (G, "g, the gradients that arrive", grad_scale),
    (X, "x, the inputs met there", value_scale),
    (PRODUCT, "g · x, the terms to add", grad_scale),
)
_SIGNS = ("×", "=")
"""What stands between them."""


def draw_pictures(canvas: Canvas, layout: Layout, recipes: Recipes, firsts: Sequence[str]) -> None:
    """Draw three columns of the table as pictures, each number as large a square as there is room for."""
    shown = recipes.chosen("terms") > 1
    height, width = (recipes.chosen(f"{place_way(layout.depth - k)} size") for k in (2, 1))
    scale = canvas.at(BASES, layout.recipes + 1).fixed
    room = MIN(INT(layout.picture_height / height), INT(layout.picture_width / width))
    canvas.put(scale.row, scale.col, MAX(1, room), "fixed")
    row, column = (INT(np.arange(n) / scale) for n in (layout.picture_height, layout.picture_width))
    row = row.reshape(-1, 1)
    used = AND(shown, row < height, column < width)
    for k, (col, title, colours) in enumerate(_KINDS):
        first = layout.picture(k)
        canvas.put(TABLE_HEAD, first, IF(shown, title, ""), "map_head")
        canvas.stripe(TABLE_HEAD, first, first + layout.picture_width - 1, "map_head")
        terms = canvas.at(FIRST, col, height=layout.terms).fixed
        picture = Grid(canvas.name, FIRST, first, (layout.picture_height, layout.picture_width), (1, 0), (0, 1))
        canvas.fill(picture, IF(used, INDEX(terms, row * width + column + 1), ""), "map")
        canvas.format(picture.box, colours(picture.box))
        if k:
            sign = IF(shown, _SIGNS[k - 1], "")
            canvas.put(FIRST + layout.picture_height // 2, first - 1, sign, "map_sign")
    hint = "The same as pictures, white at zero" + "".join(f"; of the first {each}" for each in firsts)
    canvas.put(RESULT, PICTURES, IF(shown, hint, ""), "hint")
