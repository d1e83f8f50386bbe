"""The steps that pass something on to the chosen gradient: for each, which lines of the Lens's tables are its terms."""

import numpy as np

from excel_export.formulas import IF, MATCH, MAX, SUMIF, Expression, Reference, link, total
from excel_export.sheets.explain.choice import Choice
from excel_export.sheets.explain.layout import ADDS, COUNT, FIRST, HEADS, PATH
from excel_export.sheets.explain.tables import Tables
from excel_export.sheets.lens.lookup_tables import LookupTables
from excel_export.sheets.lens.scratch_columns import Columns, ScratchColumns
from excel_export.sheets.names import LENS_STEP
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.rules import power_rule


class Paths:
    """A line for each, with what a reader sees of it at the right of the terms."""

    def __init__(
        self, canvas: Canvas, choice: Choice, tables: Tables, lens: LookupTables, scratch: ScratchColumns, left: int
    ) -> None:
        self._canvas, self._tables = canvas, tables
        views, elements, patterns, self._count = lens.views, lens.elements, lens.patterns, tables.paths_of_one
        lines, columns = np.arange(self._count), Columns(canvas, left, FIRST, HEADS)
        row = IF(lines < choice.field("paths"), choice.field("first path") + lines + 1, 0)
        self._rows = columns.column("path", row)
        used, path = self._rows > 0, MAX(1, self._rows)
        view = columns.column("view", IF(used, tables.paths.look_up("view", path), 1))
        self.steps, self.parts = (
            columns.column(what, IF(used, tables.paths.look_up(what, path), 0)) for what in ("step", "part")
        )
        beyond, highest = choice.number - views.look_up("skipped", view), views.look_up("last", view)
        within = IF(beyond > highest, highest, MAX(0, beyond))
        element = columns.column("element", views.look_up("elements", view) + 1 + within)
        pattern = columns.column("pattern", elements.look_up("pattern", element))
        self.cells, self.factors = (
            columns.column(f"first {what}", total((
                elements.look_up(what, element),
                *(at * views.look_up(f"{what} along {k}", view) for k, at in enumerate(choice.index)),
            )))
            for what in ("cell", "factor")
        )  # fmt: skip
        self.wanted = columns.column("wanted", elements.look_up("wanted", element)) if lens.any_wanted else None
        self.lines = columns.column("first line", patterns.look_up("first", pattern))
        # Of a slope that is spelled out, the gradient that arrives is the only term.
        terms = IF(patterns.look_up("spelled", pattern) > 0, 1, patterns.look_up("terms", pattern))
        self._counts = columns.column("terms", IF(used, terms, 0))
        self.offsets = columns.keep("terms before", self._count)
        canvas.put(FIRST, self.offsets.col, 0, "fixed")
        last = self._count - 1
        before, counts = (canvas.column(FIRST, each.col, last) for each in (self.offsets, self._counts))
        canvas.fill(canvas.column(FIRST + 1, self.offsets.col, last), before + counts, "fixed")
        self._keys = columns.column("key", self.offsets + lines / (2 * self._count))
        self.end = columns.end
        """The first free column."""
        self.terms = scratch.cell("terms", self.offsets.at(last) + self._counts.at(last))
        """How many terms there are."""

    def of(self, number: Reference) -> Expression:
        """The path of a term, from 1 on. The keys are never alike, and their places never half a term apart."""
        return MATCH(number + 0.5, self._keys.box.fixed, 1)

    def show(self, paths: Reference, products: Reference) -> None:
        """Write what a reader sees: the step, how many terms it has, and what they add up to, by the path of each."""
        canvas, tables = self._canvas, self._tables
        canvas.put(HEADS, PATH, "by the step", "head")
        canvas.across(HEADS, COUNT, ("terms", "add"), "head_right")
        for k in range(self._count):
            path, part, terms = (cells.at(k) for cells in (self._rows, self.parts, self._counts))
            name = tables.paths.text("name", MAX(1, path))
            is_listed = self.offsets.at(k) + terms <= tables.terms
            adds = IF(is_listed, SUMIF(paths.fixed, k + 1, products.fixed), "…")
            for col, what, style in (
                (PATH, IF(part > 0, link(LENS_STEP, name), name), "term_path"),
                (COUNT, terms, "term_count"), (ADDS, adds, "term_total"),
            ):  # fmt: skip
                canvas.put(FIRST + k, col, IF(path > 0, what, ""), style)
        first = canvas.at(FIRST, ADDS, self._count)
        canvas.format(first, power_rule(first.at(0)))
