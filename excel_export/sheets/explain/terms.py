"""The list of terms: a line for each, with the two numbers that it multiplies, the product, and the sum so far."""

from __future__ import annotations

from excel_export.formulas import Expression, Reference, equal, joined, quoted
from excel_export.formulas.functions import ADDRESS, AND, HYPERLINK, IF, INDEX, INT, MAX, MID, MOD, OR, SUM, link
from excel_export.sheets.explain.columns import Columns
from excel_export.sheets.explain.layout import FIRST, FROM_G, FROM_X, HEADS, NUMBER, PRODUCT, SO_FAR, STEP, G, X
from excel_export.sheets.explain.paths import Paths
from excel_export.sheets.explain.tables import GIVEN, Tables
from excel_export.sheets.lens.codes import NONE, ROW, SHEET
from excel_export.sheets.lens.page import LookedUp
from excel_export.sheets.names import EXPLAIN_GRADIENT, LENS_STEP
from excel_export.sheets.parts.column import as_column
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.rules import faint_rule, power_rule

COLUMN_HEADS = {NUMBER: "term", STEP: "step", FROM_G: "gradient that arrives", G: "g", FROM_X: "meets", X: "×  x",
                PRODUCT: "=  g · x", SO_FAR: "sum so far"}  # fmt: skip
BEFORE = {G: "", X: "×  ", PRODUCT: "=  ", SO_FAR: ""}
"""What the format of a column of numbers begins with."""
NOTHING = -1
"""What stands for a cell where there is none."""
SLOPE, ASKED, UNCHANGED = "slope here", "1 where it is asked for", "passes as it is"
"""What a term meets that is no tensor's: a slope, which the step's equation gives, and 1."""


class Terms:
    """The list on a canvas. Each column is one formula, the same in every line."""

    def __init__(self, canvas: Canvas, tables: Tables, looked_up: LookedUp, paths: Paths, network: str) -> None:
        self._canvas, self._tables, self._codes, self._network = canvas, tables, looked_up.codes, network
        self._lines, self._paths = looked_up.recipes.lines, paths
        self.columns = Columns(canvas, paths.end + 1, tables.terms)
        self._find()

    @property
    def products(self) -> Reference:
        """The terms."""
        return self._canvas.at(FIRST, PRODUCT, self._tables.terms)

    def draw(self) -> None:
        """Write heads and lines."""
        canvas, codes, columns, path = self._canvas, self._codes, self.columns, self.paths.at(0)
        for col, head in COLUMN_HEADS.items():
            canvas.say(HEADS, col, head, "head_right" if col > STEP else "head_center")
        used = path > 0
        columns.show(NUMBER, IF(used, self._numbers.at(0) + 1, ""), "term_place")
        step = INDEX(self._paths.steps.fixed, path)
        columns.show(STEP, IF(used, IF(step > 0, link(LENS_STEP, joined("step ", step)), GIVEN), ""), "term_path")
        g, x, product = (canvas.at(FIRST, col) for col in (G, X, PRODUCT))
        columns.show(FROM_G, IF(used, self._named(self._g, self._g_tensors, GIVEN), ""), "term_link")
        self._show_numbers(G, codes.number(as_column(self._g)), "term_grad")
        slope: Expression | str = SLOPE
        if self._beside:
            slope = IF(self._beside.at(0) > 0, ASKED, SLOPE)
        slope = IF(self._x.at(0) > 0, slope, UNCHANGED)
        columns.show(FROM_X, IF(used, self._named(self._x, self._x_tensors, slope), ""), "term_link")
        met: Expression = IF(as_column(self._x) > 0, codes.number(as_column(self._x)), 1)
        if self._counted:
            met = IF(equal(as_column(self._counted), 1), met, 0)
        self._show_numbers(X, met, "term_value")
        columns.show(PRODUCT, IF(used, g * x, ""), "term_product")
        so_far = canvas.at(FIRST, SO_FAR, self._tables.terms)
        canvas.put(so_far.row, so_far.col, IF(used, product, ""), "term_total")
        if so_far.height > 1:
            below = canvas.at(FIRST + 1, SO_FAR, so_far.height - 1)
            canvas.share(below, IF(self.paths.at(1) > 0, so_far.at(0) + product.at(1), ""), "term_total")
        everything = canvas.at(FIRST, NUMBER).to(so_far.at(so_far.height - 1))
        canvas.format(everything, faint_rule(equal(canvas.at(FIRST, PRODUCT).fixed_col, 0)))
        for col, before in BEFORE.items():
            cells = canvas.at(FIRST, col, self._tables.terms)
            canvas.format(cells, power_rule(cells.at(0), before))
        if self._tables.has_more:
            self._say_rest()

    @property
    def rest(self) -> Reference | None:
        """What is not listed, together; None where all is."""
        return self._canvas.at(FIRST + self._tables.terms, PRODUCT) if self._tables.has_more else None

    def _find(self) -> None:
        """Work out which two cells each term multiplies, and of which tensors they are."""
        columns, lines, paths = self.columns, self._lines, self._paths
        self._numbers = columns.skip("number")
        for k in range(self._tables.terms):
            self._canvas.put(FIRST + k, self._numbers.col, k, "fixed")
        number = self._numbers.at(0)
        here = IF(number < paths.terms, paths.of(number), 0)
        self.paths = columns.share("path", here)
        """The path of each term, from 1 on; 0 where there is none."""
        path = self.paths.at(0)
        first, before = (INDEX(cells.fixed, path) for cells in (paths.lines, paths.offsets))
        row = as_column(columns.share("line", IF(path > 0, first + number - before + 1, 1)))
        used, of = as_column(self.paths) > 0, MAX(1, as_column(self.paths))
        first_cell, first_factor = (INDEX(cells.fixed, of) for cells in (paths.cells, paths.factors))
        cell = first_cell * lines.look_up("moves", row) + lines.look_up("cell", row)
        self._g = columns.fill("cell of g", IF(used, cell, NOTHING))
        met = first_factor + lines.look_up("factor", row)
        self._x = columns.fill("cell of x", IF(used, IF(met < NONE / 2, met, NOTHING), NOTHING))
        self._g_tensors = columns.fill("tensor of g", lines.look_up("tensor", row))
        self._x_tensors = columns.fill("tensor of x", lines.look_up("factor tensor", row))
        self._beside: Reference | None = None
        self._counted: Reference | None = None
        if paths.wanted:
            self._beside = columns.fill("beside", IF(used, lines.look_up("beside", row), 0))
            beside = as_column(self._beside)
            is_wanted = IF(equal(self._codes.number(beside), INDEX(paths.wanted.fixed, of)), 1, 0)
            self._counted = columns.fill("counts", IF(beside > 0, is_wanted, 1))

    def _named(self, codes: Reference, tensors: Reference, otherwise: Expression | str) -> Expression:
        """A link to a cell, by its tensor and its index."""
        code, tensor = codes.at(0), tensors.at(0)
        known, row = self._tables.tensors, MAX(1, tensor)
        beyond = code - known.look_up("code", row)
        pieces = []
        for k in range(self._tables.ways):
            within, period, step = (known.look_up(f"{what} {k}", row) for what in ("within", "period", "step"))
            index = INT(MOD(MOD(beyond, within), period) / MAX(1, step))
            pieces.append(IF(step > 0, joined(", ", index), ""))
        index = joined(*pieces)
        name = joined(known.text("name", row), IF(equal(index, ""), "", joined(" (", MID(index, 3, 99), ")")))
        place = ADDRESS(INT(code / ROW), MOD(code, ROW), 4)
        is_there = AND(code > 0, code < SHEET)
        here = IF(
            is_there, HYPERLINK(joined(f"#{quoted(self._network)}!", place), IF(tensor > 0, name, place)), otherwise
        )
        return IF(OR(is_there, equal(tensor, 0)), here, name)

    def _show_numbers(self, col: int, numbers: Expression, style: str) -> None:
        shown = as_column(self._canvas.at(FIRST, col, self._tables.terms))
        self._canvas.fill(shown, IF(as_column(self.paths) > 0, numbers, ""), style)

    def _say_rest(self) -> None:
        """Write what is not listed as one line: what the gradient has beyond the terms above."""
        canvas, row, most = self._canvas, FIRST + self._tables.terms, self._tables.terms
        more = self._paths.terms - most
        canvas.put(row, FROM_G, IF(more > 0, joined("… ", more, " more terms, together:"), ""), "term_link")
        canvas.put(row, PRODUCT, IF(more > 0, EXPLAIN_GRADIENT - SUM(self.products), 0), "term_product")
