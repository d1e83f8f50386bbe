"""What the Lens shows now: the step, the view, the element, and the terms that it is made of."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from excel_export.formulas.expression import Expression, equal, joined, total
from excel_export.formulas.functions import ABS, AND, CHOOSE, IF, INT, ISNUMBER, MAX, MID, MIN, MOD, SUM
from excel_export.formulas.reference import Reference
from excel_export.sheets.lens.codes import NONE, ROW, Codes
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.recipes import Recipes
from excel_export.sheets.lens.tables import Table

TIE = 1e-10
"""How much more the first of two equal terms counts, so that each has a place of its own."""


class Selection:
    """Works it out on the desk. Rows of tables count from 1, indices from 0."""

    def __init__(
        self, desk: Desk, recipes: Recipes, codes: Codes, steps: Table, step: Reference, target: Reference,
        chosen: Mapping[int, Reference],
    ) -> None:  # fmt: skip
        self._desk, self._recipes = desk, recipes
        self.step = desk.cell("step", IF(ISNUMBER(step), MAX(1, MIN(steps.count, INT(step))), 1))
        self.updates = desk.cell("updates", steps.look_up("updates", self.step))
        self.backward = desk.cell("backward", steps.look_up("backward", self.step))
        views = recipes.views
        self.count = desk.cell("views", steps.look_up("views", self.step))
        wanted = IF(ISNUMBER(target), MAX(1, MIN(self.count, INT(target))), 1)
        self.target = desk.cell("which view", wanted)
        self.view = desk.cell("view", steps.look_up("first view", self.step) + self.target - 1)
        self.index: list[Reference] = []
        self.sizes: list[Reference] = []
        for k in range(recipes.rank):
            size = desk.cell(f"size {k}", views.look_up(f"size {k}", self.view))
            at = views.look_up(f"example {k}", self.view)
            if k in chosen:
                at = IF(ISNUMBER(chosen[k]), MAX(0, MIN(INT(chosen[k]), size - 1)), at)
            self.index.append(desk.cell(f"index {k}", at))
            self.sizes.append(size)
        self.parameter = desk.cell("parameter", self.field("parameter"))
        missing = desk.cell("missing", self.field("missing"))
        ways = range(len(self.index))
        self.own_index = [
            desk.cell(
                f"own index {k}", CHOOSE(missing + 1, *(self.index[min(k + m, ways[-1])] for m in range(len(ways) + 1)))
            )
            for k in ways
        ]
        number = desk.cell("number of the element", self._along("element step", -self.field("skipped")))
        within = MAX(0, MIN(self.field("last"), number))
        self.element = desk.cell("element", self.field("elements") + 1 + within)
        self.made_code = desk.cell("code", self._along("code step", self.field("code")))
        self.beside_code = desk.cell("code beside", self._along("beside step", self.field("beside code")))
        self.has_beside = desk.cell("has one beside", self.field("beside"))
        self.made = desk.cell("made", codes.number(self.made_code))
        self._read_terms(codes)

    def field(self, name: str) -> Expression:
        """A number of the view."""
        return self._recipes.views.look_up(name, self.view)

    def text(self, name: str) -> Expression:
        """A text of the view."""
        return self._recipes.views.text(name, self.view)

    def in_source(self, code: Expression) -> Expression:
        """A cell, if it is one of the source; else the first of the source."""
        first = self._desk.cell("source code", self.field("source code"))
        beyond = self._desk.cell("beyond its first", code - first)
        inside = AND(
            beyond >= 0, INT(beyond / ROW) < self.field("source height"), MOD(beyond, ROW) < self.field("source width")
        )
        return IF(inside, first + beyond, first)

    def _along(self, steps: str, start: Expression) -> Expression:
        return total((start, *(at * self.field(f"{steps} {k}") for k, at in enumerate(self.index))))

    def _read_terms(self, codes: Codes) -> None:
        desk, recipes, most = self._desk, self._recipes, self._recipes.most_terms
        elements, patterns, distances = recipes.elements, recipes.patterns, recipes.distances
        pattern = desk.cell("pattern", elements.look_up("pattern", self.element))
        cell = desk.cell("first cell", elements.look_up("cell", self.element))
        factor = desk.cell("first factor", elements.look_up("factor", self.element))
        alone = desk.cell("alone", elements.look_up("alone", self.element))
        first = desk.cell("first distance", patterns.look_up("first", pattern))
        self.terms = desk.cell("terms", patterns.look_up("count", pattern))
        self.spelled = desk.cell("spelled", patterns.look_up("spelled", pattern))
        lines = np.arange(most)
        used = lines < self.terms
        row = first + lines + 1
        at = cell * distances.look_up("moves", row) + distances.look_up("cell distance", row)
        self.cells = desk.column("cell", IF(used, at, 0))
        self.factors = desk.column("factor", IF(used, factor + distances.look_up("factor distance", row), NONE))
        self.numbers = desk.column("x", IF(equal(self.cells, 0), 0, codes.number(self.cells)))
        weights = IF(self.factors < NONE / 2, codes.number(self.factors), 1)
        if recipes.any_wanted:
            wanted = desk.cell("wanted", elements.look_up("wanted", self.element))
            beside = desk.column("beside", IF(used, distances.look_up("beside", row), 0))
            counts = IF(equal(beside, 0), 1, IF(equal(codes.number(beside), wanted), 1, 0))
            weights = IF(equal(desk.column("counts", counts), 1), weights, 0)
        self.weights = desk.column("w", weights)
        self.products = desk.column("w · x", self.numbers * self.weights)
        self.sizes_of_products = desk.column("size", ABS(self.products) * (1 + TIE * (most - lines)))
        self.has_alone = desk.cell("has one alone", IF(alone < NONE / 2, 1, 0))
        self.alone = desk.cell("one alone", IF(equal(self.has_alone, 1), codes.number(alone), 0))
        self.sum = desk.cell("sum", SUM(self.products.box.fixed))
        # A formula that is spelled out is no sum; of a slope that is, the gradient that arrives is the first term.
        self.share = desk.cell("share", IF(self.spelled > 0, self.products.at(0), self.sum))
        self.nonzero = desk.cell("nonzero", SUM(desk.column("nonzero", IF(equal(self.products, 0), 0, 1)).box.fixed))

    def index_text(self) -> Expression:
        """The element as people write it: (2, 0, 5), without dimensions of one element."""
        pieces = [IF(size > 1, joined(", ", at), "") for at, size in zip(self.index, self.sizes, strict=True)]
        shown = self._desk.cell("indices", joined(*pieces))
        return IF(equal(shown, ""), "", joined("(", MID(shown, 3, 99), ")"))
