"""The page of the Explain sheet: the cells that choose, the sum with its equation, and the list of terms below."""

from excel_export.book import inputs_in_use, names
from excel_export.book.book import Book
from excel_export.book.names import EXPLAIN_NUMBER
from excel_export.book.sheet import Drawn, SheetSpec
from excel_export.formulas import ABS, HYPERLINK, IF, MAX, SUM, TEXT, Expression, Reference, equal, joined, quoted
from excel_export.graph.subgraphs import loss_is_learned
from excel_export.sheets.book_elements import elements_of, plan_of
from excel_export.sheets.explain import explain_layout as at
from excel_export.sheets.explain.chosen_number import ChosenNumber
from excel_export.sheets.explain.explain_tables import NAME as TABLES
from excel_export.sheets.explain.explain_tables import Tables
from excel_export.sheets.explain.hidden_table import FACTORS, Factors
from excel_export.sheets.explain.packed_addresses import PackedAddresses, place_of
from excel_export.sheets.explain.scratch_columns import ScratchColumns
from excel_export.sheets.explain.step_list import StepList
from excel_export.sheets.explain.term_list import TermList
from excel_export.views.plan import Plan
from excel_export.views.views import Updated, views
from excel_export.workbook import format_rules, styles
from excel_export.workbook.calibri import column_pixels, row_points
from excel_export.workbook.canvas import Canvas, Page

NAME = "Explain"
LOOKED_UP = "what Explain looks up"
TOLERANCE = 1e-9
"""The largest relative difference of a number from the sum of its terms that counts as rounding."""
MOST_PRINTED = 40
"""The most terms on the printed page."""
AND_OTHERS = " steps pass something on to it. The first of them: "


def draw(book: Book) -> Drawn[Tables] | None:
    """Draw the sheet Explain, on which a learner chooses a number and sees its terms; the result is its `Tables`.

    None for a network that takes more than 30,000 cells, or has no calls.
    """
    plan, network = plan_of(book), book.placement.sheets[0].name
    if not plan or not book.graph.calls:
        return None
    canvas = Canvas(NAME, styles.BACKWARD, freeze=f"A{at.RESULT}", page=Page(one_page=True))
    hidden, factors = Canvas(TABLES, styles.GREY), Factors()
    tables = _tables(canvas, hidden, factors, book, plan)
    addresses = tables.terms.addresses
    drawn, scratch = Drawn(canvas, result=tables), ScratchColumns(canvas, at.HIDDEN)
    choice = ChosenNumber(
        scratch, tables, names.EXPLAIN_TENSOR, [names.explain_index(k) for k in range(len(at.INDICES))],
        count=len(tables.items), example=tables.example, called="listed",
    )  # fmt: skip
    address = scratch.cell("code", choice.along("code step", choice.field("code")))
    number = scratch.cell("its number", addresses.number(address))
    steps = StepList(canvas, choice, tables, scratch, tables.end)
    terms = TermList(canvas, tables, steps, network)
    _set_up(canvas, book, tables)
    drawn.define(_draw_choice(canvas, choice, tables, terms.end + 1))
    drawn.define({names.EXPLAIN_LABEL: choice.label, EXPLAIN_NUMBER: number})
    drawn.define({names.explain_cells(k): cells for k, cells in enumerate(addresses.sheets)})
    terms.draw()
    steps.show(terms.paths.box, terms.products)
    _say_result(canvas, choice, address, steps, terms, network)
    several = choice.field("paths") > 1
    words = joined(IF(several, joined(choice.field("paths"), AND_OTHERS), ""), steps.of_first("words"))
    for row, text, style in ((at.MATH, steps.of_first("math"), "explain_math"), (at.WORDS, words, "explain_words")):
        canvas.put(row, at.NUMBER, text, style, width=at.ADDS - at.NUMBER + 1)
    for each in (hidden, factors.canvas):
        drawn.add_hidden(each, LOOKED_UP)
    return drawn


def _tables(canvas: Canvas, hidden: Canvas, factors: Factors, book: Book, plan: Plan) -> Tables:
    network = book.placement.sheets[0]
    whole = Reference(network.name, 1, 1, network.last_row, network.last_column)
    addresses = PackedAddresses([whole, factors.cells, *inputs_in_use.used_cells(book)])
    shown = views(elements_of(book), plan, Updated())
    tables = Tables(canvas, at.HIDDEN + 3, hidden, book, plan, shown, addresses, factors)
    addresses.sheets[1] = factors.cells
    if not factors.canvas.cells:
        factors.canvas.put(1, 1, 0, "fixed")
    return tables


def _draw_choice(canvas: Canvas, choice: ChosenNumber, tables: Tables, left: int) -> dict[names.Name, Reference]:
    chosen = canvas.at(at.CHOICE, at.NUMBER)
    canvas.stripe(at.CHOICE, at.NUMBER, at.FROM_G, "choice")
    canvas.merge(chosen.to(canvas.at(at.CHOICE, at.FROM_G)))
    hint, asked = "a gradient or a result, and which element of it  →", "Choose one from the list."
    first, numbers = tables.items[tables.example - 1].label, canvas.at(at.FIRST, left, tables.longest + 2)
    return choice.draw(canvas, chosen, first, asked, hint, at.INDICES, numbers)


def _set_up(canvas: Canvas, book: Book, tables: Tables) -> None:
    canvas.widths, canvas.heights = dict(at.WIDTHS), dict(at.HEIGHTS)
    canvas.put(at.TITLE, at.NUMBER, "Where does this number come from? This is what goes into it.", "heading")
    canvas.link(at.TITLE, at.X, Reference("Start", 1, 1), "← Start", "link")
    if tables.items[0].is_parameter and loss_is_learned(book.graph) and any(s.name == "Nudge" for s in book.sheets):
        canvas.link(at.TITLE, at.SO_FAR, Reference("Nudge", 1, 1), "Nudge →", "link")
    room = sum(column_pixels(at.WIDTHS[col]) for col in range(at.NUMBER, at.ADDS + 1))
    style = styles.STYLES["explain_words"]
    before = f"{tables.most_paths}{AND_OTHERS}" if any(len(item.views) > 1 for item in tables.items) else ""
    canvas.heights[at.WORDS] = row_points(before + tables.longest_words, style.size, room, style.bold) + 2
    canvas.hide_columns(at.HIDDEN)
    last = at.FIRST + max(tables.most_paths, min(tables.most_terms + tables.has_more, MOST_PRINTED)) - 1
    canvas.printed = canvas.at(1, 1).to(canvas.at(last, at.ADDS))


def _say_result(
    canvas: Canvas, choice: ChosenNumber, address: Reference, steps: StepList, terms: TermList, network: str
) -> None:
    count, listed, is_spelled = steps.terms, terms.products.size, equal(steps.kind, at.SPELLED)
    said = joined(choice.label, _in_words(steps, listed))
    canvas.put(at.RESULT, at.NUMBER, said, "explained", width=at.X - at.NUMBER + 1)
    total = canvas.at(at.RESULT, at.PRODUCT)
    added = SUM(terms.products) + (terms.rest if terms.rest else 0)
    canvas.put(at.RESULT, at.PRODUCT, IF(is_spelled, EXPLAIN_NUMBER, added), "sum")
    canvas.format(total, format_rules.power_rule(total, "=  ", 1e4))
    canvas.format(total, format_rules.when(steps.kind > at.GRADIENT, format_rules.OF_FORWARD))
    agrees = ABS(total - EXPLAIN_NUMBER) <= TOLERANCE * MAX(1, ABS(EXPLAIN_NUMBER))
    place = place_of(address)
    # What is not added up here is known from that cell itself, which is no check.
    tick = IF(is_spelled, "", IF(count > listed, "", " ✓"))
    text = joined(IF(agrees, "= ", "≠ "), f"{network}!", place, IF(agrees, tick, ""))
    canvas.put(at.RESULT, at.SO_FAR, HYPERLINK(joined(f"#{quoted(network)}!", place), text), "link")


def _in_words(steps: StepList, listed: int) -> Expression:
    count = steps.terms
    rest = IF(count > listed, joined("; the first ", f"{listed:,}", " are listed"), "")
    many = joined(" is the sum of ", TEXT(count, "0"), " terms", rest)
    numbers = IF(equal(count, 1), " a single number", joined(" ", TEXT(count, "0"), " numbers", rest))
    nothing = IF(equal(steps.kind, at.GRADIENT), " is 0: no step passes anything on to it", " reads no other number")
    several = IF(equal(steps.kind, at.SPELLED), joined(" is worked out from", numbers),
                 IF(equal(count, 1), " is a single term", many))  # fmt: skip
    return IF(equal(count, 0), nothing, several)


SHEET = SheetSpec(
    NAME,
    "any number, forward or backward, term by term: choose one and see where it comes from",
    draw,
    order=110,
    also=(TABLES, FACTORS),
)
