"""The steps behind a number, beside its terms: those that pass a gradient on, or the one that computes it.

A path is a row of the tables: one such step, with its terms.
"""

import numpy as np

from excel_export.formulas import (
    HYPERLINK,
    IF,
    INDEX,
    MATCH,
    MAX,
    SUMIF,
    Expression,
    Grid,
    OperandLike,
    Reference,
    equal,
    total,
)
from excel_export.sheets.explain import explain_layout as at
from excel_export.sheets.explain.chosen_number import ChosenNumber
from excel_export.sheets.explain.explain_tables import Tables
from excel_export.sheets.explain.scratch_columns import Columns, ScratchColumns
from excel_export.workbook import format_rules
from excel_export.workbook.canvas import Canvas


class StepList:
    """The list of the steps behind the explained number, a row each: name, number of terms, and their sum.

    A path is a row of the tables: one such step, with its terms. `choice` is the explained number, `left` the first of
    the hidden columns for intermediate results.
    """

    def __init__(
        self, canvas: Canvas, choice: ChosenNumber, tables: Tables, scratch: ScratchColumns, left: int
    ) -> None:
        self._canvas, self._tables = canvas, tables
        elements, patterns, self._count = tables.terms.elements, tables.terms.patterns, tables.most_paths
        lines, columns = np.arange(self._count), Columns(canvas, left, at.FIRST, at.HEADS)
        row = IF(lines < choice.field("paths"), choice.field("first path") + lines + 1, 0)
        self.rows = columns.column("path", row)
        """The row of each path in the tables; 0 for none."""
        used, path = self.rows > 0, MAX(1, self.rows)
        paths = tables.terms.paths
        beyond, highest = choice.number - paths.look_up("skipped", path), paths.look_up("last", path)
        within = IF(beyond > highest, highest, MAX(0, beyond))
        element = columns.column("element", paths.look_up("elements", path) + 1 + within)
        pattern = columns.column("pattern", elements.look_up("pattern", element))

        def first(what: str) -> Grid:
            along = (at * paths.look_up(f"{what} along {k}", path) for k, at in enumerate(choice.index))
            return columns.column(f"first {what}", total((elements.look_up(what, element), *along)))

        self.cells, self.factors = first("cell"), first("factor")
        self.others = first("other") if tables.terms.any_other else None
        self.alone = first("alone") if tables.terms.any_alone else None
        self.wanted = columns.column("wanted", elements.look_up("wanted", element)) if tables.terms.any_wanted else None
        self.steps = columns.column("step", IF(used, paths.look_up("step", path), 0))
        target = IF(used, paths.text("target", path), "")
        self._targets = columns.column("target", target) if tables.any_links else None
        self.lines = columns.column("first line", patterns.look_up("first", pattern))
        self._counts = columns.column("terms", IF(used, patterns.look_up("lines", pattern), 0))
        self.offsets = columns.keep("terms before", self._count)
        canvas.put(at.FIRST, self.offsets.col, 0, "fixed")
        last = self._count - 1
        before, counts = (canvas.column(at.FIRST, each.col, last) for each in (self.offsets, self._counts))
        canvas.fill(canvas.column(at.FIRST + 1, self.offsets.col, last), before + counts, "fixed")
        self._keys = columns.column("key", self.offsets + lines / (2 * self._count))
        self.end = columns.end
        """The first free column."""
        self.terms = scratch.cell("terms", self.offsets.at(last) + self._counts.at(last))
        """The cell with the number of terms."""
        is_spelled = patterns.look_up("spelled", pattern.at(0)) > 0
        kind = IF(choice.field("gradient") > 0, at.GRADIENT, IF(is_spelled, at.SPELLED, at.SUM))
        self.kind = scratch.cell("kind", kind)
        """The cell with the kind of the number: GRADIENT, SUM or SPELLED."""

    def path_of(self, number: Reference) -> Expression:
        """Return a formula for the row in this list, from 1 on, of a term's step: MATCH(A1+0.5,$K$8:$K$11,1).

        `number` is the cell with the term's number, from 0 on. The formula searches a column with the number of terms
        before each step, plus a fraction below 0.5 that grows from step to step.
        """
        return MATCH(number + 0.5, self._keys.box.fixed, 1)

    def of_first(self, what: str) -> Expression:
        """Return a formula for a text about the first step, '' without one: 'fc1  →' for `what` = 'name', the head of a
        column of the table of steps.
        """
        path, paths = self.rows.at(0), self._tables.terms.paths
        return IF(path > 0, paths.text(what, MAX(1, path)), "")

    def linked(self, path: Reference | int, text: Expression | str, otherwise: Expression | str) -> OperandLike:
        """Return a formula for `text` as a link to a step's sheet; `otherwise` if the step has none.

        `path` is the row of the step in this list, from 1 on, or the cell with it.
        """
        if not self._targets:
            return otherwise
        target = INDEX(self._targets.box.fixed, path)
        return IF(equal(target, ""), otherwise, HYPERLINK(target, text))

    def show(self, paths: Reference, products: Reference) -> None:
        """Draw the steps: name, number of terms, and the sum of these.

        Args:
            paths: for each product the cell with the row of its step in this list, from 1 on.
            products: the cells of the products, g · x each.
        """
        canvas, tables = self._canvas, self._tables
        canvas.put(at.HEADS, at.PATH, "by the step", "head")
        canvas.across(at.HEADS, at.COUNT, ("terms", "add"), "head_right")
        for k in range(self._count):
            path, terms = self.rows.at(k), self._counts.at(k)
            plain = tables.terms.paths.text("name", MAX(1, path))
            name = self.linked(k + 1, plain, plain)
            is_listed = self.offsets.at(k) + terms <= tables.most_terms
            adds = IF(is_listed, SUMIF(paths.fixed, k + 1, products.fixed), "…")
            adds = IF(equal(self.kind, at.SPELLED), "", adds)
            for col, what, style in (
                (at.PATH, name, "term_path"), (at.COUNT, terms, "term_count"), (at.ADDS, adds, "term_total"),
            ):  # fmt: skip
                canvas.put(at.FIRST + k, col, IF(path > 0, what, ""), style)
        first = canvas.at(at.FIRST, at.ADDS, self._count)
        canvas.format(first, format_rules.power_rule(first.at(0)))
