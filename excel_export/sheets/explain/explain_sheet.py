"""The page of the Explain sheet: the cells that choose, the sum with its equation, and the list of terms below them.

A term is a line with the two numbers that it multiplies; beside the list stand the steps that pass them on.
"""

import numpy as np

from excel_export.formulas import ABS, ADDRESS, Expression, Grid, Reference, equal, joined, link, quoted, total
from excel_export.formulas.functions import AND, HYPERLINK, IF, INDEX, INT, MATCH, MAX, MID, MOD, OR, SUM, SUMIF, TEXT
from excel_export.graph.subgraphs import loss_is_learned
from excel_export.sheets import names
from excel_export.sheets.book import Book
from excel_export.sheets.explain.choice import ChosenGradient
from excel_export.sheets.explain.explain_tables import AS_ON_LENS, GIVEN, Tables
from excel_export.sheets.lens import lens_sheet as lens_page
from excel_export.sheets.lens import packed_addresses
from excel_export.sheets.lens.lookup_tables import LookupTables
from excel_export.sheets.lens.scratch_columns import Columns, ScratchColumns
from excel_export.sheets.names import EXPLAIN_GRADIENT, LENS_STEP
from excel_export.sheets.sheet import Drawn, SheetSpec
from excel_export.views.plan import Plan
from excel_export.views.views import with_gradients
from excel_export.workbook import format_rules, styles
from excel_export.workbook.calibri import column_pixels, row_points
from excel_export.workbook.canvas import Canvas, Page

NAME = "Explain"

TITLE, CHOICE, HINTS, HEADS, RESULT, MATH, WORDS = range(1, 8)
FIRST = WORDS + 1
"""The first line of the terms, and of the steps beside them."""
NUMBER, STEP, FROM_G, G, FROM_X, X, PRODUCT, SO_FAR = range(2, 10)
"""The columns of a term."""
PATH, COUNT, ADDS = range(11, 14)
"""The columns of a step that passes something on."""
INDICES = (*range(G, SO_FAR + 1), PATH, ADDS)
"""The columns of the cells that choose an index; of more dimensions, the first can be chosen."""
HIDDEN = ADDS + 2
"""From this column on, the sheet works things out."""
WIDTHS = {
    1: 2, NUMBER: 6, STEP: 9, FROM_G: 24, G: 12, FROM_X: 24, X: 13, PRODUCT: 14, SO_FAR: 14, 10: 2, PATH: 21, COUNT: 6,
    ADDS: 11,
}  # fmt: skip
HEIGHTS = {TITLE: 18, CHOICE: 19, HINTS: 13.5, HEADS: 15, RESULT: 20, MATH: 18}
"""In points. What is frozen takes a fifth of a laptop's window."""


class Paths:
    """A line for each, with what a reader sees of it at the right of the terms."""

    def __init__(
        self,
        canvas: Canvas,
        choice: ChosenGradient,
        tables: Tables,
        lens: LookupTables,
        scratch: ScratchColumns,
        left: int,
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
        canvas.format(first, format_rules.power_rule(first.at(0)))


BEFORE = {G: "", X: "×  ", PRODUCT: "=  ", SO_FAR: ""}
"""What the format of a column of numbers begins with."""
NOTHING = -1
"""What stands for a cell where there is none."""
SLOPE, UNCHANGED, UNREAD = "slope here", "passes as it is", "not read there"
"""What a term meets that is no tensor's: a slope, which the step's equation gives; 1; and 0, where the element that
an index chose was another one."""


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
        self._x = columns.column("cell of x", IF(used, IF(met < packed_addresses.NONE / 2, met, NOTHING), NOTHING))
        self._g_tensors = columns.column("tensor of g", lines.look_up("tensor", row))
        self._x_tensors = columns.column("tensor of x", lines.look_up("factor tensor", row))
        self._counted: Grid | None = None
        if paths.wanted:
            beside = columns.column("beside", IF(used, lines.look_up("beside", row), 0))
            is_wanted = IF(equal(self._addresses.number(beside), INDEX(paths.wanted.box.fixed, of)), 1, 0)
            self._counted = columns.column("counts", IF(beside > 0, is_wanted, 1))
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
        slope: Expression = IF(self._x.at(0) > 0, SLOPE, UNCHANGED)
        if self._counted:
            slope = IF(equal(self._counted.at(0), 1), slope, UNREAD)
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
        canvas.format(
            everything,
            format_rules.when(equal(canvas.at(FIRST, PRODUCT).fixed_col, 0), format_rules.FAINT),
        )
        for col, before in BEFORE.items():
            cells = canvas.at(FIRST, col, self._count)
            canvas.format(cells, format_rules.power_rule(cells.at(0), before))
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
        place, is_there = _place(address), AND(address > 0, address < packed_addresses.SHEET)
        leading = HYPERLINK(joined(f"#{quoted(self._network)}!", place), IF(tensor > 0, name, place))
        return IF(OR(is_there, equal(tensor, 0)), IF(is_there, leading, otherwise), name)


TOLERANCE = 1e-9
MOST_PRINTED = 40
"""Terms that one page has room for."""
AND_OTHERS = " steps pass something on to it. The first of them: "


def draw(book: Book) -> Drawn[Tables] | None:
    """Draw the sheet, where there is a Lens whose tables it can read, and something to explain."""
    plan, lens = book.plan, book.result(lens_page.SHEET)
    if not (plan and lens and with_gradients(book.graph, book.placement.tensors)):
        return None
    canvas = Canvas(NAME, styles.BACKWARD, freeze=f"A{RESULT}", page=Page(one_page=True))
    tables = Tables(canvas, HIDDEN + 3, book, plan, lens)
    drawn = Drawn(canvas, result=tables)
    scratch = ScratchColumns(canvas, HIDDEN)
    choice = ChosenGradient(
        scratch, tables, names.EXPLAIN_TENSOR, [names.explain_index(k) for k in range(len(INDICES))],
        count=len(tables.items), example=tables.example, can_follow=True,
    )  # fmt: skip
    address = scratch.cell("code", choice.along("code step", choice.field("code")))
    gradient = scratch.cell("its number", lens.addresses.number(address))
    value = scratch.cell(
        "the number itself", lens.addresses.number(choice.along("value step", choice.field("value code")))
    )
    paths = Paths(canvas, choice, tables, lens, scratch, tables.end)
    terms = Terms(canvas, tables, lens, paths, book.placement.sheets[0].name)
    _set_up(canvas, book, plan, tables)
    chosen = canvas.at(CHOICE, NUMBER)
    canvas.stripe(CHOICE, NUMBER, FROM_G, "choice")
    canvas.merge(chosen.to(canvas.at(CHOICE, FROM_G)))
    numbers = canvas.at(FIRST, terms.end + 1, tables.longest + 2)
    hint, asked = "the gradient of …, and which element of it  →", "Choose a gradient from the list."
    cells = choice.draw(canvas, chosen, AS_ON_LENS, asked, hint, INDICES, numbers)
    known = {names.EXPLAIN_LABEL: choice.label, names.EXPLAIN_VALUE: value, names.EXPLAIN_GRADIENT: gradient}
    drawn.define(cells | known)
    terms.draw()
    paths.show(terms.paths.box, terms.products)
    _say_result(canvas, address, paths, terms, book.placement.sheets[0].name)
    # The equation of the first step, and its words.
    part, several = paths.parts.at(0), choice.field("paths") > 1
    math, words = (lens.parts.text(what, MAX(1, part)) for what in ("math", "words"))
    words = joined(IF(several, joined(choice.field("paths"), AND_OTHERS), ""), words)
    for row, text, style in ((MATH, math, "lens_line"), (WORDS, words, "lens_words")):
        canvas.put(row, NUMBER, IF(part > 0, text, ""), style, width=ADDS - NUMBER + 1)
    return drawn


def _set_up(canvas: Canvas, book: Book, plan: Plan, tables: Tables) -> None:
    """Write the headings, and make the columns as wide as their contents."""
    canvas.widths, canvas.heights = dict(WIDTHS), dict(HEIGHTS)
    canvas.put(TITLE, NUMBER, "Where does this gradient come from? Here are all its terms.", "heading")
    canvas.link(TITLE, X, Reference("Start", 1, 1), "← Start", "link")
    canvas.link(TITLE, PRODUCT, names.LENS_STEP, "← Lens", "link")
    if loss_is_learned(book.graph) and any(sheet.name == "Nudge" for sheet in book.sheets):
        canvas.link(TITLE, SO_FAR, Reference("Nudge", 1, 1), "Nudge →", "link")
    room = sum(column_pixels(WIDTHS[col]) for col in range(NUMBER, ADDS + 1))
    style = styles.STYLES["lens_words"]
    longest = max((part.words for part in plan.parts if part.direction in ("loss", "backward")), key=len)
    before = f"{tables.paths_of_one}{AND_OTHERS}" if any(len(item.views) > 1 for item in tables.items) else ""
    canvas.heights[WORDS] = row_points(before + longest, style.size, room, style.bold) + 2
    canvas.hide_columns(HIDDEN)
    last = FIRST + max(tables.paths_of_one, min(tables.terms + tables.has_more, MOST_PRINTED)) - 1
    canvas.printed = canvas.at(1, 1).to(canvas.at(last, ADDS))


def _say_result(canvas: Canvas, address: Reference, paths: Paths, terms: Terms, network: str) -> None:
    """Say the sum and the cell that it must equal."""
    count, listed = paths.terms, terms.products.size
    rest = joined("; the first ", f"{listed:,}", " are listed")
    many = joined("  is the sum of ", TEXT(count, "0"), " terms", IF(count > listed, rest, ""))
    words = IF(equal(count, 0), "  is 0: no step passes anything on to it",
               IF(equal(count, 1), "  is a single term", many))  # fmt: skip
    said = joined("∂L/∂ ", names.EXPLAIN_LABEL, words)
    canvas.put(RESULT, NUMBER, said, "explained", width=X - NUMBER + 1)
    total = canvas.at(RESULT, PRODUCT)
    canvas.put(RESULT, PRODUCT, SUM(terms.products) + (terms.rest if terms.rest else 0), "sum")
    canvas.format(total, format_rules.power_rule(total, "=  ", 1e4))
    agrees = ABS(total - names.EXPLAIN_GRADIENT) <= TOLERANCE * MAX(1, ABS(names.EXPLAIN_GRADIENT))
    place = _place(address)
    # What is not listed is known from that cell itself, which is no check.
    tick = IF(count > listed, "", " ✓")
    text = joined(IF(agrees, "= ", "≠ "), f"{network}!", place, IF(agrees, tick, ""))
    canvas.put(RESULT, SO_FAR, HYPERLINK(joined(f"#{quoted(network)}!", place), text), "link")


def _place(address: Reference) -> Expression:
    return ADDRESS(INT(address / packed_addresses.ROW), MOD(address, packed_addresses.ROW), 4)


SHEET = SheetSpec(NAME, "any gradient, term by term: choose one and see where its number comes from", draw, order=110)
