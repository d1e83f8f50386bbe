"""The terms of the explained number, a row each: the cell, its factor, the product, and the sum so far.

For a number that is no sum of products, the list has the cells that it reads.
"""

import numpy as np

from excel_export.book.names import EXPLAIN_NUMBER
from excel_export.formulas import (
    AND,
    HYPERLINK,
    IF,
    INDEX,
    INT,
    MAX,
    MID,
    MOD,
    OR,
    SUM,
    Expression,
    Grid,
    Reference,
    equal,
    joined,
    quoted,
)  # fmt: skip
from excel_export.formulas.functions import CHOOSE
from excel_export.sheets.explain import explain_layout as at
from excel_export.sheets.explain.explain_tables import GIVEN, Tables
from excel_export.sheets.explain.packed_addresses import NONE, SHEET, place_of
from excel_export.sheets.explain.scratch_columns import Columns
from excel_export.sheets.explain.step_list import StepList
from excel_export.workbook import format_rules
from excel_export.workbook.canvas import Canvas

BEFORE = {at.G: "", at.X: "×  ", at.PRODUCT: "=  ", at.SO_FAR: ""}
"""The beginning of the number format in each column: '×  ' before the factor."""
HEADS_OF = {
    at.FROM_G: ("gradient that arrives", "what it reads", "what it reads"), at.G: ("g", "x", "x"),
    at.FROM_X: ("meets", "meets", ""), at.X: ("×  x", "×  w", ""), at.PRODUCT: ("=  g · x", "=  x · w", ""),
    at.SO_FAR: ("sum so far", "sum so far", ""),
}  # fmt: skip
"""The heads of each column for the kinds GRADIENT, SUM and SPELLED."""
NOTHING = -1
"""The code of no cell."""
SLOPE, UNCHANGED, UNREAD = "slope here", "passes as it is", "not read there"
"""The words for the factor of a gradient's term that is no tensor's: a slope, 1, and 0 for an element that an index did
not choose."""
NUMBER_HERE, ADDED = "number here", "added as it is"
"""The words in place of SLOPE and UNCHANGED for a term of a result."""
TO_STEP = "the step →"
"""The text of the link to the sheet of the step; a step without a sheet has none: its name stands beside the list."""


class TermList:
    """The list of the terms, a row each: number, factor, product, and the sum so far, such as 0.5, × 2, = 1, 1.

    `network` is the name of the network's sheet.
    """

    def __init__(self, canvas: Canvas, tables: Tables, steps: StepList, network: str) -> None:
        self._canvas, self._tables, self._addresses, self._network = canvas, tables, tables.terms.addresses, network
        self._steps, self._count, lines = steps, tables.most_terms, tables.terms.lines
        columns = Columns(canvas, steps.end + 1, at.FIRST, at.HEADS)
        self._numbers = columns.column("number", np.arange(self._count))
        number = self._numbers.at(0)
        self.paths = columns.share("path", self._count, IF(number < steps.terms, steps.path_of(number), 0))
        """The path of each term, from 1 on; 0 for none."""
        path = self.paths.at(0)
        first, before = (INDEX(cells.box.fixed, path) for cells in (steps.lines, steps.offsets))
        row = columns.share("line", self._count, IF(path > 0, first + number - before + 1, 1))
        used, of = self.paths > 0, MAX(1, self.paths)
        cell = self._base(lines.look_up("moves", row), of) + lines.look_up("cell", row)
        self._g = columns.column("cell of g", IF(used, cell, NOTHING))
        met = INDEX(steps.factors.box.fixed, of) + lines.look_up("factor", row)
        self._x = columns.column("cell of x", IF(used, IF(met < NONE / 2, met, NOTHING), NOTHING))
        self._g_tensors = columns.column("tensor of g", lines.look_up("tensor", row))
        self._x_tensors = columns.column("tensor of x", lines.look_up("factor_tensor", row))
        self._counted: Grid | None = None
        if steps.wanted:
            beside = columns.column("beside", IF(used, lines.look_up("beside", row), 0))
            is_wanted = IF(equal(self._addresses.number(beside), INDEX(steps.wanted.box.fixed, of)), 1, 0)
            self._counted = columns.column("counts", IF(beside > 0, is_wanted, 1))
        self.end = columns.end
        """The first free column."""

    def _base(self, moves: Expression, path: Expression) -> Expression:
        steps = self._steps
        first = INDEX(steps.cells.box.fixed, path)
        if not (steps.others or steps.alone):
            return first * moves
        found = [INDEX(cells.box.fixed, path) if cells else 0 for cells in (steps.others, steps.alone)]
        return CHOOSE(moves + 1, 0, first, *found)

    @property
    def products(self) -> Reference:
        """The cells of the terms' products, from the first row down."""
        return self._canvas.at(at.FIRST, at.PRODUCT, self._count)

    @property
    def rest(self) -> Reference | None:
        """The cell with the sum of the terms beyond 1,600, which are not listed; None if all are listed."""
        return self._canvas.at(at.FIRST + self._count, at.PRODUCT) if self._tables.has_more else None

    def draw(self) -> None:
        """Draw the heads and the terms on the sheet."""
        self._draw_heads()
        self._draw_places()
        self._draw_numbers()
        everything = self._canvas.at(at.FIRST, at.NUMBER).to(self._canvas.at(at.FIRST + self._count - 1, at.SO_FAR))
        is_nothing = equal(self._canvas.at(at.FIRST, at.PRODUCT).fixed_col, 0)
        self._canvas.format(everything, format_rules.when(is_nothing, format_rules.FAINT))
        for col, before in BEFORE.items():
            cells = self._canvas.at(at.FIRST, col, self._count)
            self._canvas.format(cells, format_rules.power_rule(cells.at(0), before))
        forward = format_rules.when(self._steps.kind > at.GRADIENT, format_rules.OF_FORWARD)
        self._canvas.format(self._canvas.at(at.FIRST, at.G, self._count), forward)
        if self._tables.has_more:
            self._draw_rest()

    def _draw_heads(self) -> None:
        self._canvas.across(at.HEADS, at.NUMBER, ("term", "step"), "head_center")
        heads = [CHOOSE(self._steps.kind + 1, *each) for each in HEADS_OF.values()]
        self._canvas.across(at.HEADS, at.FROM_G, heads, "head_right")

    def _draw_places(self) -> None:
        canvas, path, kind = self._canvas, self.paths.at(0), self._steps.kind
        step = INDEX(self._steps.steps.box.fixed, path)
        is_gradient = equal(kind, at.GRADIENT)
        slope, unchanged = IF(is_gradient, SLOPE, NUMBER_HERE), IF(is_gradient, UNCHANGED, ADDED)
        meets = IF(self._x.at(0) > 0, slope, unchanged)
        if self._counted:
            meets = IF(equal(self._counted.at(0), 1), meets, UNREAD)
        numbers = IF(path > 0, self._numbers.at(0) + 1, "")
        canvas.share(canvas.at(at.FIRST, at.NUMBER, self._count), numbers, "term_place")
        said = IF(step > 0, self._steps.linked(path, TO_STEP, ""), GIVEN)
        canvas.share(canvas.at(at.FIRST, at.STEP, self._count), IF(path > 0, said, ""), "term_path")
        places = {
            at.FROM_G: IF(path > 0, self._named(self._g, self._g_tensors, GIVEN), ""),
            at.FROM_X: IF(AND(path > 0, kind < at.SPELLED), self._named(self._x, self._x_tensors, meets), ""),
        }
        for col, formula in places.items():
            canvas.share(canvas.at(at.FIRST, col, self._count), formula, "term_link")

    def _draw_numbers(self) -> None:
        canvas, addresses, path = self._canvas, self._addresses, self.paths.at(0)
        g, x, product = (canvas.at(at.FIRST, col) for col in (at.G, at.X, at.PRODUCT))
        met: Expression = IF(self._x > 0, addresses.number(self._x), 1)
        if self._counted:
            met = IF(equal(self._counted, 1), met, 0)
        is_product = self._steps.kind < at.SPELLED
        numbers = canvas.column(at.FIRST, at.G, self._count), canvas.column(at.FIRST, at.X, self._count)
        canvas.fill(numbers[0], IF(self.paths > 0, addresses.number(self._g), ""), "term_grad")
        canvas.fill(numbers[1], IF(AND(self.paths > 0, is_product), met, ""), "term_value")
        multiplied = IF(AND(path > 0, is_product), g * x, "")
        canvas.share(canvas.at(at.FIRST, at.PRODUCT, self._count), multiplied, "term_product")
        so_far = canvas.at(at.FIRST, at.SO_FAR, self._count)
        canvas.put(so_far.row, so_far.col, IF(path > 0, product, ""), "term_total")
        if self._count > 1:
            below = canvas.at(at.FIRST + 1, at.SO_FAR, self._count - 1)
            added = IF(AND(self.paths.at(1) > 0, is_product), so_far.at(0) + product.at(1), "")
            canvas.share(below, added, "term_total")

    def _draw_rest(self) -> None:
        row, more = at.FIRST + self._count, self._steps.terms - self._count
        is_left = AND(more > 0, self._steps.kind < at.SPELLED)
        text = joined("… ", more, " more terms", IF(self._steps.kind < at.SPELLED, ", together:", ""))
        self._canvas.put(row, at.FROM_G, IF(more > 0, text, ""), "term_link")
        self._canvas.put(row, at.PRODUCT, IF(is_left, EXPLAIN_NUMBER - SUM(self.products), 0), "term_product")

    def _named(self, addresses: Grid, tensors: Grid, otherwise: Expression | str) -> Expression:
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
        place, is_there = place_of(address), AND(address > 0, address < SHEET)
        leading = HYPERLINK(joined(f"#{quoted(self._network)}!", place), IF(tensor > 0, name, place))
        return IF(OR(is_there, equal(tensor, 0)), IF(is_there, leading, otherwise), name)
