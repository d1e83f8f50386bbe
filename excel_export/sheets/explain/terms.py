"""The list of terms: a line for each, with the two numbers that it multiplies, the product, and the sum so far."""

import numpy as np

from excel_export.formulas import Expression, Grid, Reference, equal, joined, quoted
from excel_export.formulas.functions import ADDRESS, AND, HYPERLINK, IF, INDEX, INT, MAX, MID, MOD, OR, SUM, link
from excel_export.sheets.explain.layout import FIRST, FROM_G, FROM_X, HEADS, NUMBER, PRODUCT, SO_FAR, STEP, G, X
from excel_export.sheets.explain.paths import Paths
from excel_export.sheets.explain.tables import GIVEN, Tables
from excel_export.sheets.lens.lookup_tables import LookupTables
from excel_export.sheets.lens.packed_addresses import NONE, ROW, SHEET
from excel_export.sheets.lens.scratch_columns import Columns
from excel_export.sheets.names import EXPLAIN_GRADIENT, LENS_STEP
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.rules import faint_rule, power_rule

BEFORE = {G: "", X: "×  ", PRODUCT: "=  ", SO_FAR: ""}
"""What the format of a column of numbers begins with."""
NOTHING = -1
"""What stands for a cell where there is none."""
SLOPE, ASKED, UNCHANGED = "slope here", "1 where it is asked for", "passes as it is"
"""What a term meets that is no tensor's: a slope, which the step's equation gives, and 1."""


class Terms:
    """The list on a canvas. Each column is one formula, the same in every line."""

    def __init__(self, canvas: Canvas, tables: Tables, lens: LookupTables, paths: Paths, network: str) -> None:
        self._canvas, self._tables, self._addresses, self._network = canvas, tables, lens.addresses, network
        self._paths, self._count, lines = paths, tables.terms, lens.lines
        columns = Columns(canvas, paths.end + 1, FIRST, HEADS)
        self._numbers = columns.column("number", np.arange(self._count))
        number = self._numbers.at(0)
        self.paths = columns.share("path", self._count, IF(number < paths.terms, paths.of(number), 0))
        """The path of each term, from 1 on; 0 where there is none."""
        path = self.paths.at(0)
        first, before = (INDEX(cells.box.fixed, path) for cells in (paths.lines, paths.offsets))
        row = columns.share("line", self._count, IF(path > 0, first + number - before + 1, 1))
        used, of = self.paths > 0, MAX(1, self.paths)
        first_cell, first_factor = (INDEX(cells.box.fixed, of) for cells in (paths.cells, paths.factors))
        cell = first_cell * lines.look_up("moves", row) + lines.look_up("cell", row)
        self._g = columns.column("cell of g", IF(used, cell, NOTHING))
        met = first_factor + lines.look_up("factor", row)
        self._x = columns.column("cell of x", IF(used, IF(met < NONE / 2, met, NOTHING), NOTHING))
        self._g_tensors = columns.column("tensor of g", lines.look_up("tensor", row))
        self._x_tensors = columns.column("tensor of x", lines.look_up("factor tensor", row))
        self._beside: Grid | None = None
        self._counted: Grid | None = None
        if paths.wanted:
            self._beside = columns.column("beside", IF(used, lines.look_up("beside", row), 0))
            is_wanted = IF(equal(self._addresses.number(self._beside), INDEX(paths.wanted.box.fixed, of)), 1, 0)
            self._counted = columns.column("counts", IF(self._beside > 0, is_wanted, 1))
        self.end = columns.end
        """The first free column."""

    @property
    def products(self) -> Reference:
        """The terms."""
        return self._canvas.at(FIRST, PRODUCT, self._count)

    @property
    def rest(self) -> Reference | None:
        """What is not listed, together; None where all is."""
        return self._canvas.at(FIRST + self._count, PRODUCT) if self._tables.has_more else None

    def draw(self) -> None:
        """Write heads and lines."""
        canvas, addresses, path, tables = self._canvas, self._addresses, self.paths.at(0), self._tables
        canvas.across(HEADS, NUMBER, ("term", "step"), "head_center")
        heads = ("gradient that arrives", "g", "meets", "×  x", "=  g · x", "sum so far")
        canvas.across(HEADS, FROM_G, heads, "head_right")
        step = INDEX(self._paths.steps.box.fixed, path)
        g, x, product = (canvas.at(FIRST, col) for col in (G, X, PRODUCT))
        slope: Expression | str = IF(self._beside.at(0) > 0, ASKED, SLOPE) if self._beside else SLOPE
        slope = IF(self._x.at(0) > 0, slope, UNCHANGED)
        shown = {
            NUMBER: (self._numbers.at(0) + 1, "term_place"),
            STEP: (IF(step > 0, link(LENS_STEP, joined("step ", step)), GIVEN), "term_path"),
            FROM_G: (self._named(self._g, self._g_tensors, GIVEN), "term_link"),
            FROM_X: (self._named(self._x, self._x_tensors, slope), "term_link"),
            PRODUCT: (g * x, "term_product"),
        }
        for col, (formula, style) in shown.items():
            canvas.share(canvas.at(FIRST, col, self._count), IF(path > 0, formula, ""), style)
        met: Expression = IF(self._x > 0, addresses.number(self._x), 1)
        if self._counted:
            met = IF(equal(self._counted, 1), met, 0)
        for col, numbers, style in ((G, addresses.number(self._g), "term_grad"), (X, met, "term_value")):
            canvas.fill(canvas.column(FIRST, col, self._count), IF(self.paths > 0, numbers, ""), style)
        so_far = canvas.at(FIRST, SO_FAR, self._count)
        canvas.put(so_far.row, so_far.col, IF(path > 0, product, ""), "term_total")
        if self._count > 1:
            below = canvas.at(FIRST + 1, SO_FAR, self._count - 1)
            canvas.share(below, IF(self.paths.at(1) > 0, so_far.at(0) + product.at(1), ""), "term_total")
        everything = canvas.at(FIRST, NUMBER).to(so_far.at(self._count - 1))
        canvas.format(everything, faint_rule(equal(canvas.at(FIRST, PRODUCT).fixed_col, 0)))
        for col, before in BEFORE.items():
            cells = canvas.at(FIRST, col, self._count)
            canvas.format(cells, power_rule(cells.at(0), before))
        if tables.has_more:
            # What is not listed is one line: what the gradient has beyond the terms above.
            row, more = FIRST + self._count, self._paths.terms - self._count
            canvas.put(row, FROM_G, IF(more > 0, joined("… ", more, " more terms, together:"), ""), "term_link")
            canvas.put(row, PRODUCT, IF(more > 0, EXPLAIN_GRADIENT - SUM(self.products), 0), "term_product")

    def _named(self, addresses: Grid, tensors: Grid, otherwise: Expression | str) -> Expression:
        """A link to a cell, by its tensor and its index."""
        address, tensor = addresses.at(0), tensors.at(0)
        known, row = self._tables.tensors, MAX(1, tensor)
        beyond = address - known.look_up("code", row)
        pieces = []
        for k in range(self._tables.ways):
            within, period, step = (known.look_up(f"{what} {k}", row) for what in ("within", "period", "step"))
            index = INT(MOD(MOD(beyond, within), period) / MAX(1, step))
            pieces.append(IF(step > 0, joined(", ", index), ""))
        index = joined(*pieces)
        name = joined(known.text("name", row), IF(equal(index, ""), "", joined(" (", MID(index, 3, 99), ")")))
        place, is_there = ADDRESS(INT(address / ROW), MOD(address, ROW), 4), AND(address > 0, address < SHEET)
        leading = HYPERLINK(joined(f"#{quoted(self._network)}!", place), IF(tensor > 0, name, place))
        return IF(OR(is_there, equal(tensor, 0)), IF(is_there, leading, otherwise), name)
