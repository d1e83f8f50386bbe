"""The page of the Explain sheet: the cells that choose, the sum with its equation, and the list below them."""

from excel_export.formulas import ABS, ADDRESS, HYPERLINK, IF, INT, MAX, MOD, SUM, TEXT, equal, joined
from excel_export.formulas.reference import Reference, quoted
from excel_export.graph.parts import loss_is_learned
from excel_export.sheets import names
from excel_export.sheets.book import Book
from excel_export.sheets.explain import layout
from excel_export.sheets.explain.choice import Choice
from excel_export.sheets.explain.paths import Paths
from excel_export.sheets.explain.tables import Tables
from excel_export.sheets.explain.terms import Terms
from excel_export.sheets.lens import page as lens_page
from excel_export.sheets.lens.packed_addresses import ROW
from excel_export.sheets.lens.scratch_columns import ScratchColumns
from excel_export.sheets.sheet import Drawn, SheetSpec
from excel_export.views.learning import with_gradients
from excel_export.views.plan import Plan
from excel_export.workbook import rules, styles
from excel_export.workbook.calibri import column_pixels, row_points
from excel_export.workbook.canvas import Canvas, Page

TOLERANCE = 1e-9
MOST_PRINTED = 40
"""Terms that one page has room for."""
AND_OTHERS = " steps pass something on to it. The first of them: "


def draw(book: Book) -> Drawn[Tables] | None:
    """Draw the sheet, where there is a Lens whose tables it can read, and something to explain."""
    plan, lens = book.plan, book.result(lens_page.SHEET)
    if not (plan and lens and with_gradients(book.graph, book.placement.tensors)):
        return None
    canvas = Canvas(layout.NAME, styles.BACKWARD, freeze=f"A{layout.RESULT}", page=Page(one_page=True))
    tables = Tables(canvas, layout.HIDDEN + 3, book, plan, lens)
    drawn = Drawn(canvas, result=tables)
    scratch = ScratchColumns(canvas, layout.HIDDEN)
    choice = Choice(
        scratch, tables, names.EXPLAIN_TENSOR, [names.explain_index(k) for k in range(len(layout.INDICES))],
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
    chosen = canvas.at(layout.CHOICE, layout.NUMBER)
    canvas.stripe(layout.CHOICE, layout.NUMBER, layout.FROM_G, "choice")
    canvas.merge(chosen.to(canvas.at(layout.CHOICE, layout.FROM_G)))
    numbers = canvas.at(layout.FIRST, terms.end + 1, tables.longest + 2)
    hint, asked = "the gradient of …, and which element of it  →", "Choose a gradient from the list."
    cells = choice.draw(canvas, chosen, layout.AS_ON_LENS, asked, hint, layout.INDICES, numbers)
    known = {names.EXPLAIN_LABEL: choice.label, names.EXPLAIN_VALUE: value, names.EXPLAIN_GRADIENT: gradient}
    drawn.define(cells | known)
    terms.draw()
    paths.show(terms.paths.box, terms.products)
    _say_result(canvas, address, paths, terms, book.placement.sheets[0].name)
    # The equation of the first step, and its words.
    part, several = paths.parts.at(0), choice.field("paths") > 1
    math, words = (lens.parts.text(what, MAX(1, part)) for what in ("math", "words"))
    words = joined(IF(several, joined(choice.field("paths"), AND_OTHERS), ""), words)
    for row, text, style in ((layout.MATH, math, "lens_line"), (layout.WORDS, words, "lens_words")):
        canvas.put(row, layout.NUMBER, IF(part > 0, text, ""), style, width=layout.ADDS - layout.NUMBER + 1)
    return drawn


def _set_up(canvas: Canvas, book: Book, plan: Plan, tables: Tables) -> None:
    """Write the headings, and make the columns as wide as their contents."""
    canvas.widths, canvas.heights = dict(layout.WIDTHS), dict(layout.HEIGHTS)
    canvas.put(layout.TITLE, layout.NUMBER, "Where does this gradient come from? Here are all its terms.", "heading")
    canvas.link(layout.TITLE, layout.X, Reference("Start", 1, 1), "← Start", "link")
    canvas.link(layout.TITLE, layout.PRODUCT, names.LENS_STEP, "← Lens", "link")
    if loss_is_learned(book.graph) and any(sheet.name == "Nudge" for sheet in book.sheets):
        canvas.link(layout.TITLE, layout.SO_FAR, Reference("Nudge", 1, 1), "Nudge →", "link")
    room = sum(column_pixels(layout.WIDTHS[col]) for col in range(layout.NUMBER, layout.ADDS + 1))
    style = styles.STYLES["lens_words"]
    longest = max((part.words for part in plan.parts if part.direction in ("loss", "backward")), key=len)
    before = f"{tables.paths_of_one}{AND_OTHERS}" if any(len(item.views) > 1 for item in tables.items) else ""
    canvas.heights[layout.WORDS] = row_points(before + longest, style.size, room, style.bold) + 2
    canvas.hide_columns(layout.HIDDEN)
    last = layout.FIRST + max(tables.paths_of_one, min(tables.terms + tables.has_more, MOST_PRINTED)) - 1
    canvas.printed = canvas.at(1, 1).to(canvas.at(last, layout.ADDS))


def _say_result(canvas: Canvas, address: Reference, paths: Paths, terms: Terms, network: str) -> None:
    """Say the sum and the cell that it must equal."""
    count, listed = paths.terms, terms.products.size
    rest = joined("; the first ", f"{listed:,}", " are listed")
    many = joined("  is the sum of ", TEXT(count, "0"), " terms", IF(count > listed, rest, ""))
    words = IF(equal(count, 0), "  is 0: no step passes anything on to it",
               IF(equal(count, 1), "  is a single term", many))  # fmt: skip
    said = joined("∂L/∂ ", names.EXPLAIN_LABEL, words)
    canvas.put(layout.RESULT, layout.NUMBER, said, "explained", width=layout.X - layout.NUMBER + 1)
    total = canvas.at(layout.RESULT, layout.PRODUCT)
    canvas.put(layout.RESULT, layout.PRODUCT, SUM(terms.products) + (terms.rest if terms.rest else 0), "sum")
    canvas.format(total, rules.power_rule(total, "=  ", 1e4))
    agrees = ABS(total - names.EXPLAIN_GRADIENT) <= TOLERANCE * MAX(1, ABS(names.EXPLAIN_GRADIENT))
    place = ADDRESS(INT(address / ROW), MOD(address, ROW), 4)
    # What is not listed is known from that cell itself, which is no check.
    tick = IF(count > listed, "", " ✓")
    text = joined(IF(agrees, "= ", "≠ "), f"{network}!", place, IF(agrees, tick, ""))
    canvas.put(layout.RESULT, layout.SO_FAR, HYPERLINK(joined(f"#{quoted(network)}!", place), text), "link")


SHEET = SheetSpec(
    layout.NAME, "any gradient, term by term: choose one and see where its number comes from", draw, order=110
)
