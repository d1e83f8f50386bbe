"""The steps that pass something on to the chosen gradient: for each, which lines of the Lens's tables are its terms."""

from __future__ import annotations

import numpy as np

from excel_export.formulas import IF, MATCH, MAX, SUMIF, Expression, Reference, link, total
from excel_export.sheets.explain.choice import Choice
from excel_export.sheets.explain.columns import Columns
from excel_export.sheets.explain.layout import ADDS, COUNT, FIRST, HEADS, PATH
from excel_export.sheets.explain.tables import Tables
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.page import LookedUp
from excel_export.sheets.names import LENS_STEP
from excel_export.sheets.parts.column import as_column
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.rules import power_rule


class Paths:
    """A line for each, with what a reader sees of it at the right of the terms."""

    def __init__(
        self, canvas: Canvas, choice: Choice, tables: Tables, looked_up: LookedUp, desk: Desk, left: int
    ) -> None:
        self._canvas, self._tables = canvas, tables
        recipes, self._count = looked_up.recipes, tables.paths_of_one
        elements, patterns = recipes.elements, recipes.patterns
        lines, columns = np.arange(self._count), Columns(canvas, left, self._count)
        row = IF(lines < choice.field("paths"), choice.field("first path") + lines + 1, 0)
        self._rows = columns.fill("path", row)
        used, path = as_column(self._rows) > 0, MAX(1, as_column(self._rows))
        view = as_column(columns.fill("view", IF(used, tables.paths.look_up("view", path), 1)))
        self.steps = columns.fill("step", IF(used, tables.paths.look_up("step", path), 0))
        self.parts = columns.fill("part", IF(used, tables.paths.look_up("part", path), 0))
        beyond = choice.number - recipes.views.look_up("skipped", view)
        highest = recipes.views.look_up("last", view)
        within = IF(beyond > highest, highest, MAX(0, beyond))
        element = as_column(columns.fill("element", recipes.views.look_up("elements", view) + 1 + within))
        pattern = as_column(columns.fill("pattern", elements.look_up("pattern", element)))
        self.cells, self.factors = (
            columns.fill(
                f"first {what}",
                total(
                    (
                        elements.look_up(what, element),
                        *(at * recipes.views.look_up(f"{what} along {k}", view) for k, at in enumerate(choice.index)),
                    )
                ),
            )
            for what in ("cell", "factor")
        )
        self.wanted = columns.fill("wanted", elements.look_up("wanted", element)) if recipes.any_wanted else None
        self.lines = columns.fill("first line", patterns.look_up("first", pattern))
        # Of a slope that is spelled out, the gradient that arrives is the only term.
        terms = IF(patterns.look_up("spelled", pattern) > 0, 1, patterns.look_up("terms", pattern))
        self._counts = columns.fill("terms", IF(used, terms, 0))
        self.offsets = self._running(columns)
        self._keys = columns.fill("key", as_column(self.offsets) + lines / (2 * self._count))
        self.end = columns.end
        """The first free column."""
        last = self._count - 1
        self.terms = desk.cell("terms", self.offsets.at(last) + self._counts.at(last))
        """How many terms there are."""

    def of(self, number: Reference) -> Expression:
        """The path of a term, from 1 on. The keys are never alike, and their places never half a term apart."""
        return MATCH(number + 0.5, self._keys.fixed, 1)

    def show(self, paths: Reference, products: Reference) -> None:
        """Write what a reader sees: the step, how many terms it has, and what they add up to.

        Args:
            paths: the path of each term.
            products: the terms.
        """
        canvas, tables = self._canvas, self._tables
        canvas.say(HEADS, PATH, "by the step", "head")
        canvas.say(HEADS, COUNT, "terms", "head_right")
        canvas.say(HEADS, ADDS, "add", "head_right")
        for k in range(self._count):
            path, part = (cells.at(k) for cells in (self._rows, self.parts))
            name = tables.paths.text("name", MAX(1, path))
            canvas.put(FIRST + k, PATH, IF(path > 0, IF(part > 0, link(LENS_STEP, name), name), ""), "term_path")
            canvas.put(FIRST + k, COUNT, IF(path > 0, self._counts.at(k), ""), "term_count")
            is_listed = self.offsets.at(k) + self._counts.at(k) <= tables.terms
            adds = IF(is_listed, SUMIF(paths.fixed, k + 1, products.fixed), "…")
            canvas.put(FIRST + k, ADDS, IF(path > 0, adds, ""), "term_total")
        first = canvas.at(FIRST, ADDS, self._count)
        canvas.format(first, power_rule(first.at(0)))

    def _running(self, columns: Columns) -> Reference:
        """How many terms the paths before have."""
        canvas, col, height = self._canvas, columns.end, self._count - 1
        canvas.put(FIRST, col, 0, "fixed")
        before = as_column(canvas.at(FIRST, col, height)) + as_column(canvas.at(FIRST, self._counts.col, height))
        canvas.fill(as_column(canvas.at(FIRST + 1, col, height)), before, "fixed")
        return columns.skip("terms before")
