"""The table of terms: a line for each, with what it multiplies, the product, and the sum so far."""

from __future__ import annotations

import numpy as np

from excel_export.formulas.expression import Expression, OperandLike, equal, joined, rearranged, total, unequal
from excel_export.formulas.functions import AND, IF, INT, MAX, MIN, MOD, TEXT
from excel_export.formulas.grid import Grid
from excel_export.sheets.explain.explained import EDGES, LOCAL, UPSTREAM, USE, place_way
from excel_export.sheets.explain.layout import (
    FIRST,
    FROM_G,
    FROM_X,
    NUMBER,
    PLACE,
    PRODUCT,
    SO_FAR,
    TABLE_HEAD,
    G,
    Layout,
    X,
)
from excel_export.sheets.explain.lookup import Lookup
from excel_export.sheets.explain.recipes import SHIFTED, Recipes
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.rules import faint_rule, tiny_rule

HEADS = {NUMBER: "term", FROM_G: "its g in", G: "g", FROM_X: "its x in", X: "×  x", PRODUCT: "=  g · x",
         SO_FAR: "sum so far"}  # fmt: skip
BEFORE = {G: "", X: "×  ", PRODUCT: "=  ", SO_FAR: ""}
"""What the format of a column of numbers begins with."""


class Table:
    """The table on a canvas. Each column is one expression, for the terms of every line."""

    def __init__(self, canvas: Canvas, layout: Layout, recipes: Recipes, network: Lookup) -> None:
        self._canvas, self._layout, self._recipes, self._network = canvas, layout, recipes, network
        self._ways = [place_way(k) for k in range(layout.depth)]
        self._helpers = {what: layout.helpers + k for k, what in enumerate((*self._ways, *layout.helper_names))}

    def draw(self) -> None:
        """Write heads and lines, and the columns at the right in which each line finds its numbers."""
        self._write_heads()
        self._set_rules()
        self._find()
        self._list()

    def _write_heads(self) -> None:
        canvas, recipes = self._canvas, self._recipes
        for col, head in HEADS.items():
            canvas.say(TABLE_HEAD, col, head, "head_right" if col > PLACE else "head_center")
        places = IF(equal(recipes.chosen("terms"), 0), "", recipes.chosen("places"))
        canvas.put(TABLE_HEAD, PLACE, places, "head_center")
        canvas.say(TABLE_HEAD - 1, self._layout.helpers,
                   "Where each term finds its numbers: the recipe at its place", "hint")  # fmt: skip
        for what, col in self._helpers.items():
            canvas.say(TABLE_HEAD, col, what, "fixed")

    def _set_rules(self) -> None:
        canvas = self._canvas
        first, last = canvas.at(FIRST, NUMBER), canvas.at(self._layout.last, SO_FAR)
        canvas.format(first.to(last), faint_rule(equal(canvas.at(FIRST, PRODUCT).fixed_col, 0)))
        for col, before in BEFORE.items():
            cells = self._column(col).box
            canvas.format(cells, tiny_rule(cells.at(0), before))

    def _find(self) -> None:
        """Work out each term's place in the sum, and the rows and columns of its two numbers."""
        recipes = self._recipes
        lines = np.arange(self._layout.terms)
        for way in self._ways:
            steps = INT(lines / recipes.chosen(f"{way} step"))
            self._fill(self._helpers[way], MOD(steps, recipes.chosen(f"{way} size")), "fixed")
        quantities = dict(zip(("down", "right"), EDGES, strict=True))
        quantities |= dict(zip(("g row", "g column"), UPSTREAM, strict=True))
        quantities |= dict(zip(("x row", "x column"), LOCAL, strict=True))
        if self._layout.has_uses:
            use = MIN(INT(lines / MAX(1, recipes.chosen("use step"))), recipes.chosen("last use"))
            self._fill(self._helpers[USE], use, "fixed")
        for what, quantity in quantities.items():
            along = [self._helper(way) * recipes.factor(quantity, way) for way in self._ways]
            if self._layout.has_uses and quantity in SHIFTED:
                along.append(recipes.shift(quantity, self._helper(USE)))
            self._fill(self._helpers[what], total((recipes.base(quantity), *along)), "fixed")
        down, right = self._helper("down"), self._helper("right")
        inside = AND(down >= 0, down < recipes.chosen("height"), right >= 0, right < recipes.chosen("width"))
        self._fill(self._helpers["inside"], IF(inside, 1, 0), "fixed")

    def _list(self) -> None:
        """Write the lines; those that the chosen gradient has no use for stay empty."""
        numbers = np.arange(self._layout.terms)
        used = self._recipes.chosen("terms") > numbers
        slope, inside = self._recipes.chosen("alone"), equal(self._helper("inside"), 1)
        alone = unequal(slope, 0)
        of_g = self._helper("g row"), self._helper("g column")
        of_x = self._helper("x row"), self._helper("x column")
        columns: dict[int, tuple[OperandLike, str]] = {
            NUMBER: (numbers + 1, "term_place"),
            PLACE: (self._place(), "term_place"),
            FROM_G: (self._network.link(*of_g), "term_link"),
            G: (self._network.number(*of_g), "term_grad"),
            FROM_X: (IF(alone, "always", IF(inside, self._network.link(*of_x), "padding")), "term_link"),
            X: (IF(alone, slope, IF(inside, self._network.number(*of_x), 0)), "term_value"),
            PRODUCT: (self._column(G) * self._column(X), "term_product"),
            SO_FAR: (self._so_far(), "term_total"),
        }
        for col, (formulas, style) in columns.items():
            self._fill(col, IF(used, formulas, ""), style)

    def _place(self) -> Expression:
        """The letters of the sum at a line: '0, 3'; the last ways are those that it has."""
        depth, last = self._recipes.chosen("depth"), self._layout.depth - 1
        numbers = [TEXT(self._helper(way), "0") for way in self._ways]
        listed = [joined(number, ", ") for number in numbers[:-1]] + numbers[-1:]
        places = [IF(depth > last - k, number, "") for k, number in enumerate(listed)]
        if self._layout.has_uses:
            use = joined(TEXT(self._helper(USE) + 1, "0"), IF(depth > 0, ", ", ""))
            places.insert(0, IF(self._recipes.chosen("last use") > 0, use, ""))
        return joined(*places)

    def _so_far(self) -> Expression:
        """The product of the first line, and from there on the sum above plus the product."""
        product, above = self._column(PRODUCT).cells, self._column(SO_FAR).moved(self._canvas.name, FIRST - 1, SO_FAR)
        return rearranged((product, above + product), lambda alone, added: np.append(alone[:1], added[1:]))

    def _helper(self, what: str) -> Grid:
        return self._column(self._helpers[what])

    def _column(self, col: int) -> Grid:
        """The cells of a column, one for each term."""
        return Grid(self._canvas.name, FIRST, col, (self._layout.terms,), (1,), (0,))

    def _fill(self, col: int, formulas: Expression, style: str) -> None:
        self._canvas.fill(self._column(col), formulas, style)
