"""The page of the Lens: one step of the network on one screen."""

from excel_export.formulas import AND, IF, ISNUMBER, MAX, OR, ROUND, Expression, Reference, as_expression
from excel_export.formulas.expression import equal, joined
from excel_export.graph.subgraphs import loss_is_learned
from excel_export.sheets import names, update
from excel_export.sheets.book import Book
from excel_export.sheets.inputs import input_cell, inputs_in_use
from excel_export.sheets.lens import arithmetic, before_and_after, lens_layout, network_map, panel
from excel_export.sheets.lens import arrangements as shows
from excel_export.sheets.lens.choices import BEHIND
from excel_export.sheets.lens.lookup_tables import NAME as TABLES
from excel_export.sheets.lens.lookup_tables import LookupTables
from excel_export.sheets.lens.numbers import Beside, Numbers
from excel_export.sheets.lens.packed_addresses import PackedAddresses
from excel_export.sheets.lens.pictures import Bars, Pictures
from excel_export.sheets.lens.screen import Screen, TensorSlot
from excel_export.sheets.lens.table import FACTORS, Factors
from excel_export.sheets.lens.tensor_table import BLOCK
from excel_export.sheets.sheet import Drawn, SheetSpec
from excel_export.views.story import hero_of, story
from excel_export.views.views import StepTensor, Updated, views, with_gradients
from excel_export.workbook import format_rules, styles
from excel_export.workbook.canvas import Canvas

LOOKED_UP = "what the Lens looks up"
UNSEEN = 200
"""A row that no screen shows."""
LINK = 15
"""The columns of a link."""


def draw(book: Book) -> Drawn[LookupTables] | None:
    """Draw the Lens and the hidden sheets that it looks into, where the network is one picture."""
    plan = book.plan
    if not plan:
        return None
    updated = book.result(update.SHEET) or Updated()
    shown = views(book.graph, book.placement, book.contents, plan, updated)
    hidden, factors, network = Canvas(TABLES, styles.GREY), Factors(), book.placement.sheets[0]
    sheets = [Reference(network.name, 1, 1, network.last_row, network.last_column), factors.cells]
    drawn_update = next((each for each in book.canvases if each.name == update.NAME), None)
    if drawn_update:
        last = max(max(row) for row in drawn_update.cells.values())
        sheets.append(drawn_update.at(1, 1, max(drawn_update.cells), last))
    addresses = PackedAddresses(sheets + inputs_in_use.used_cells(book))
    rank = max((len(view.made.grid.shape) for view in shown.views), default=0) or 1
    gradients = with_gradients(book.graph, book.placement.tensors)
    tables = LookupTables(hidden, addresses, factors, shown, rank, gradients)
    for view in (*shown.views, *shown.seeds):
        tables.add(view)
    addresses.sheets[1] = factors.cells
    hero = hero_of(plan)
    tables.add_plan(plan, story(plan, shown.views, hero))
    screen = Screen(book, plan, tables, hero)
    rate = _draw(screen)
    drawn, mode, selection = Drawn(screen.canvas, result=tables), screen.mode, screen.selection
    drawn.define(
        {
            names.STEPS: mode.steps, names.STEP: screen.step_cell, names.STORY: screen.story_cell,
            names.STEP_SHOWN: selection.step, names.STEP_NUMBER: mode.shown, names.AUTO_STEP: mode.auto_step,
            names.SHOWN_UP_TO: mode.shown_up_to, names.PART_SHOWN: selection.part,
            names.LENS_GRADIENT: selection.gradient, names.LENS_RATE: rate.cell,
            names.LENS_FORMATS: screen.formats.area, names.RATE_IN_USE: rate.used,
        }
        | {names.lens_index(k): cell for k, cell in enumerate(selection.own_index)}
        | {names.lens_sheet(k): cells for k, cells in enumerate(addresses.sheets)}
        | {names.lens_block(k): tables.tensors.blocks.column(head) for k, head in enumerate(BLOCK)}
    )  # fmt: skip
    if not factors.canvas.cells:
        factors.canvas.put(1, 1, 0, "fixed")
    drawn.add_hidden(hidden, LOOKED_UP)
    drawn.add_hidden(factors.canvas, LOOKED_UP)
    return drawn


def _draw(screen: Screen) -> input_cell.InputCell:
    """Draw the page from top to bottom; return the cell of the learning rate."""
    canvas, scratch, selection, tables = screen.canvas, screen.scratch, screen.selection, screen.tables
    canvas.widths = dict.fromkeys(range(1, lens_layout.HIDDEN), lens_layout.WIDTH)
    canvas.heights = dict(lens_layout.HEIGHTS)
    canvas.headings = False
    canvas.hide_columns(lens_layout.HIDDEN)
    canvas.cursor = screen.step_cell
    _head(screen)
    network_map.draw(screen)
    words = tables.parts.text("words", selection.part)
    canvas.put(lens_layout.WORDS, lens_layout.MAIN, words, "lens_words", width=lens_layout.LAST - lens_layout.MAIN + 1)
    screen.spell()
    followed, last = 0, lens_layout.SLOTS - 1
    if screen.hero:
        value = screen.hero.value
        followed = tables.tensors.number(StepTensor(screen.book.placement.tensors[value].value, value.called))
        tables.arrangements.make_room(last, followed)
    slots = [TensorSlot(screen, number, followed if number == last else 0) for number in range(lens_layout.SLOTS)]
    learned = before_and_after.before_and_after(scratch, screen.book)
    singles = [
        scratch.cell(f"largest single {what}", MAX(*(slot.single_of(is_grad) for slot in slots)))
        for is_grad, what in enumerate(("number", "gradient"))
    ]
    # What stands between boxes: a difference before it is squared, or the slope.
    above: Expression = as_expression("")
    if tables.spellings:
        inner = tables.spelled.look_up("inner 1", MAX(1, selection.spelled))
        above = IF(AND(selection.spelled > 0, equal(selection.backward, 0)), inner, "")
    slope = IF(AND(equal(selection.backward, 1), selection.terms > 0), selection.weights.at(0).fixed, "")
    between = scratch.cell("between, above", above), scratch.cell("between, below", slope)
    numbers = Numbers(screen, Beside(*between, learned.shown, singles))
    of_sums = scratch.cell("bars of sums", IF(selection.groups > 1, selection.shown_groups, 0))
    lit = scratch.cell("bar of the open group", selection.open - selection.first_group)
    bars = (
        Bars(selection.shown_sums.box.fixed, of_sums, lit, selection.backward),
        Bars(learned.losses, scratch.cell("bars of losses", learned.losses.height), scratch.cell("no bar", -1),
             scratch.cell("their colour", 0)),
    )  # fmt: skip
    for slot in slots:
        _say_operand(screen, slot, learned.head)
        pictures = Pictures(screen, slot)
        pictures.draw(bars, singles)
        numbers.draw(slot, pictures)
    numbers.draw_signs(slots)
    arithmetic.draw(screen)
    screen.choices.draw(screen)
    _links(screen)
    rate = panel.draw(screen)
    screen.formats.draw()
    _paint_anew(screen)
    return rate


def _paint_anew(screen: Screen) -> None:
    """Let LibreOffice paint the lines above and below the pictures after a change, where edges of old squares stay.

    It does so for a rule that reads a cell by its place.
    """
    selection, canvas = screen.selection, screen.canvas
    # As a text, a number has its last digits by the program.
    made = IF(ISNUMBER(selection.made), ROUND(selection.made, 9), "")
    parts = (selection.part, selection.view, selection.element, selection.open, made)
    shown = screen.scratch.cell("what is shown", joined(*(joined(part, "; ") for part in parts)))
    for row in (lens_layout.ABOVE, lens_layout.EDGE):
        line = canvas.at(row, lens_layout.MAIN, width=lens_layout.LAST - lens_layout.MAIN + 1)
        canvas.format(line, format_rules.fill_rule(equal(shown, ""), styles.PAPER))


def _head(screen: Screen) -> None:
    canvas, scratch, selection, mode = screen.canvas, screen.scratch, screen.selection, screen.mode
    tables, step, last, told = screen.tables, screen.step_cell, len(screen.plan.steps), screen.tables.told.count
    row = lens_layout.HEAD
    canvas.put(row, lens_layout.MAIN, "Step", "lens_label", width=7)
    canvas.put(row, step.col, 1, "lens_step", width=8)
    number = IF(equal(mode.shown, step), "", joined(mode.shown, " "))
    canvas.put(row, step.col + 13, joined(number, "of ", names.STEPS), "lens_count", width=15)
    if last > 1:
        canvas.spin(canvas.at(UNSEEN, 1), screen.unclicked, 0, 1)
        canvas.spin(canvas.at(row, step.col + 8, width=5), step, 1, last, alt=names.STEP_BY_STEP)
    asked = f"A whole number from 1 to {last}, please."
    canvas.allow_numbers(step, 1, 30_000, "Step", asked, whole=True, prompt="Type a step.")
    mode_label = lens_layout.MODE_COL - lens_layout.MODE_LABEL
    heading = tables.parts.text("heading", selection.part)
    # It begins behind the prompt of the step's cell.
    canvas.put(row, mode_label - lens_layout.HEADING_WIDTH, heading, "lens_title", width=lens_layout.HEADING_WIDTH)
    skipped = scratch.cell("steps left out", mode.told("left out", 0))
    words = IF(skipped > 0, joined(skipped, f" left out before; 0: all {last}"),
               f"1: the story, {told} steps; 0: all {last}")  # fmt: skip
    canvas.put(row, mode_label, words, "lens_name", width=lens_layout.MODE_LABEL)
    canvas.put(row, lens_layout.MODE_COL, 1, "lens_choice", width=lens_layout.MODE_WIDTH)
    canvas.allow_list(screen.story_cell, [1, 0], "1 for the story, 0 for every step.")
    way = scratch.cell("way", tables.parts.text("way", selection.part))
    canvas.put(row, lens_layout.LAST - 39, way, "lens_way", width=40)
    screen.formats.say("coloured", canvas.at(row, lens_layout.LAST - 39), IF(equal(selection.backward, 1), 1, 0))


def _say_operand(screen: Screen, slot: TensorSlot, learned: Expression) -> None:
    """Name the tensor of a slot, with the sign of what happens to it."""
    canvas, selection = screen.canvas, screen.selection
    slopes = IF(selection.spelled > 0, "also read", shows.SLOPES)
    name = IF(equal(slot.tensor, shows.SLOPES_NUMBER), slopes, slot.text("name"))
    name = IF(AND(equal(selection.updates, 1), equal(slot.is_grad, 1)), "direction: rate × it is taken off", name)
    folded = IF(slot.frame("folded") > 0, shows.FOLDED, "")
    shape = IF(AND(slot.tensor > 0, slot.look_up("size") > 1), joined("  ", slot.text("shape"), folded), "")
    comes_out = AND(equal(slot.is_made, 1), selection.terms + selection.has_alone + selection.spelled > 0)
    sign = IF(comes_out, "= ", IF(equal(selection.alone_slot, slot.number + 1), "+ ", ""))
    both = IF(slot.below > 0, ", ∂L/∂ below", "")
    head = IF(equal(slot.mode, shows.EMPTY), "", joined(sign, name, both, shape))
    for mode, text in (
        (shows.FOLLOWED, joined("we follow: ", slot.text("name"))),
        (shows.PRODUCTS, IF(selection.groups > 1, "= products, by group", "= products, added up")),
        (shows.BETWEEN, IF(equal(selection.backward, 1), "× the slope", "in brackets")),
        (shows.LOSSES, learned),
    ):
        head = IF(equal(slot.mode, mode), text, head)
    canvas.put(lens_layout.HEADS, slot.first_col, head, "lens_head", width=lens_layout.SLOT_WIDTH)
    is_grad = OR(equal(slot.is_grad, 1), slot.below > 0)
    screen.formats.say("coloured", canvas.at(lens_layout.HEADS, slot.first_col), IF(is_grad, 1, 0))


def _links(screen: Screen) -> None:
    """Lead to other sheets, among them those that are drawn next, from the tables of the Lens."""
    book = screen.book
    next_ones = {"Explain"} if with_gradients(book.graph, book.placement.tensors) else set[str]()
    next_ones |= {"Nudge"} if loss_is_learned(book.graph) else set()
    drawn = {"Start", *(canvas.name for canvas in book.canvases), *next_ones & {sheet.name for sheet in book.sheets}}
    sheets = [name for name in ("Start", book.placement.sheets[0].name, "Explain", "Nudge") if name in drawn]
    for k, name in enumerate(sheets):
        text = f"← {name}" if name == "Start" else f"{name} →"
        screen.canvas.link(
            lens_layout.CHOICE, BEHIND + 3 + LINK * k, Reference(name, 1, 1), text, "lens_link", width=LINK
        )


SHEET = SheetSpec(
    lens_layout.NAME,
    "one step of the network on one screen: begin here",
    draw,
    order=100,
    first=True,
    also=(TABLES, FACTORS),
)
