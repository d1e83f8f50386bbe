"""The page of the Lens: one step of the network on one screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from excel_export.formulas import (
    AND,
    IF,
    ISNUMBER,
    MAX,
    OR,
    ROUND,
    Expression,
    Reference,
    as_expression,
    equal,
    joined,
    unequal,
)
from excel_export.graph.parts import loss_is_learned
from excel_export.sheets import names, update
from excel_export.sheets.book import Book
from excel_export.sheets.inputs import inputs_in_use
from excel_export.sheets.lens import examples, layout, panel
from excel_export.sheets.lens.arithmetic import MOST_INNER, Arithmetic, Spellings, least_decimals
from excel_export.sheets.lens.before_and_after import before_and_after
from excel_export.sheets.lens.choices import BEHIND, Choices
from excel_export.sheets.lens.codes import Codes
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.looks import Looks
from excel_export.sheets.lens.map import Map
from excel_export.sheets.lens.mode import Mode
from excel_export.sheets.lens.numbers import Between, Numbers
from excel_export.sheets.lens.pictures import Bars, Pictures
from excel_export.sheets.lens.recipes import NAME as RECIPES
from excel_export.sheets.lens.recipes import Recipes
from excel_export.sheets.lens.selection import NOTHING, Selection
from excel_export.sheets.lens.sentences import Sentences
from excel_export.sheets.lens.slot import Followed, Slot
from excel_export.sheets.lens.slot_modes import BETWEEN, EMPTY, FOLLOWED, LOSSES, PRODUCTS, SLOPES, SLOPES_NUMBER
from excel_export.sheets.lens.tables import FACTORS, Factors, Table
from excel_export.sheets.lens.tensors import BLOCK
from excel_export.sheets.lens.wording import Wording
from excel_export.sheets.sheet import Drawn, SheetSpec
from excel_export.views.learning import Updated, with_gradients
from excel_export.views.plan import Plan
from excel_export.views.slots import Operand
from excel_export.views.story import Hero, Told, hero_of, story
from excel_export.views.views import View, views
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.page import Page
from excel_export.workbook.rules import fill_rule
from excel_export.workbook.styles import BACKWARD, GREY, PAPER

LOOKED_UP = "what the Lens looks up"
UNSEEN = 200
"""A row that no screen shows."""
LINK = 15
"""The columns of a link."""
STORY_COL, STORY_LABEL, STORY_WIDTH = layout.MAIN + 126, 36, 5
"""Where the mode is chosen, and the columns of its words and its cell."""
WAYS = {"inputs": "forward →", "forward": "forward →", "loss": "← backward", "backward": "← backward",
        "update": "one step of learning"}  # fmt: skip


@dataclass(frozen=True)
class LookedUp:
    """What stands on the hidden sheets."""

    recipes: Recipes
    codes: Codes
    parts: Table
    views: Sequence[View]
    """In the order of the table of views."""


def draw(book: Book) -> Drawn[LookedUp] | None:
    """Draw the Lens and the hidden sheets that it looks into, where the network is one picture."""
    plan = book.plan
    if not plan:
        return None
    updated = book.result(update.SHEET) or Updated()
    shown = views(book.graph, book.placement, book.contents, plan, updated)
    canvas, hidden, factors = Canvas(layout.NAME, BACKWARD, page=Page(one_page=True)), Canvas(RECIPES, GREY), Factors()
    network = book.placement.sheets[0]
    sheets = [Reference(network.name, 1, 1, network.last_row, network.last_column), factors.cells]
    drawn_update = next((each for each in book.canvases if each.name == update.NAME), None)
    if drawn_update:
        last = max(max(row) for row in drawn_update.cells.values())
        sheets.append(drawn_update.at(1, 1, max(drawn_update.cells), last))
    codes = Codes(sheets + inputs_in_use.used_cells(book))
    rank = max((len(view.made.grid.shape) for view in shown.views), default=0) or 1
    gradients = with_gradients(book.graph, book.placement.tensors)
    recipes = Recipes(hidden, codes, factors, shown.owners, rank, gradients)
    for view in (*shown.views, *shown.seeds):
        recipes.add(view)
    codes.sheets[1] = factors.cells
    hero = hero_of(plan)
    told = story(plan, shown.views, hero)
    page = _Page(canvas, book, plan, shown.views, (told, hero), recipes, codes, hidden)
    page.draw()
    looked_up = LookedUp(recipes, codes, page.parts, (*shown.views, *shown.seeds))
    drawn = Drawn(canvas, result=looked_up)
    drawn.name(names.STEPS, page.mode.steps)
    drawn.name(names.STEP, page.step_cell)
    drawn.name(names.STORY, page.story_cell)
    drawn.name(names.STEP_SHOWN, page.selection.step)
    drawn.name(names.STEP_NUMBER, page.mode.shown)
    drawn.name(names.AUTO_STEP, page.mode.auto_step)
    drawn.name(names.SHOWN_UP_TO, page.mode.shown_up_to)
    drawn.name(names.PART_SHOWN, page.selection.part)
    drawn.name(names.LENS_GRADIENT, page.selection.gradient)
    drawn.name(names.LENS_RATE, page.rate.cell)
    drawn.name(names.LENS_LOOKS, page.looks.area)
    drawn.name(names.RATE_IN_USE, page.rate.used)
    for k, cell in enumerate(page.selection.own_index):
        drawn.name(names.lens_index(k), cell)
    for k, cells in enumerate(codes.sheets):
        drawn.name(names.lens_sheet(k), cells)
    for k, head in enumerate(BLOCK):
        drawn.name(names.lens_block(k), recipes.tensors.blocks.column(head))
    if factors.canvas.cells == {}:
        factors.canvas.put(1, 1, 0, "fixed")
    drawn.add_hidden(hidden, LOOKED_UP)
    drawn.add_hidden(factors.canvas, LOOKED_UP)
    return drawn


class _Page:
    """Draws the page from top to bottom."""

    def __init__(
        self, canvas: Canvas, book: Book, plan: Plan, shown: list[View], told: tuple[list[Told], Hero | None],
        recipes: Recipes, codes: Codes, hidden: Canvas,
    ) -> None:  # fmt: skip
        self._canvas, self._book, self._plan = canvas, book, plan
        self._desk, self._recipes, self._codes = Desk(canvas), recipes, codes
        self.looks = Looks(canvas, self._desk)
        self._steps = Table(hidden, recipes.end, ("step", "label", "first part", "parts", "main part"))
        heads = ("name", "words", "math", "first view", "views", "backward", "passes on", "updates", "way")
        self.parts = Table(hidden, self._steps.end, heads)
        indices = [f"index {k}" for k in range(recipes.rank)]
        self._told = Table(hidden, self.parts.end, ("step", "left out", "part", "view", "has index", *indices))
        inner = [f"inner {k}" for k in range(1, MOST_INNER + 1)] if recipes.spellings else []
        heads_of_spellings = ("formula", *inner, "worked out") if recipes.spellings else ("formula",)
        self._spellings = Table(hidden, self._told.end, heads_of_spellings)
        self._fill_steps(shown)
        self._hero = told[1]
        self._fill_story(told[0])
        self.unclicked = self._desk.cell("of the first control", 0)
        self.step_cell, self._choices = names.LENS_STEP, Choices(canvas, recipes.rank)
        self.story_cell = canvas.at(layout.HEAD, STORY_COL)
        self.mode = Mode(self._desk, self.step_cell.fixed, self.story_cell.fixed, self._told, len(plan.steps))
        self.selection = Selection(
            self._desk, recipes, codes, self._steps, self.parts, self.mode, self._choices.part,
            self._choices.target, self._choices.group, self._choices.indices,
            lambda view: examples.largest(self._desk, recipes, codes, view), self._followed_code(),
        )  # fmt: skip

    def _fill_steps(self, shown: list[View]) -> None:
        first, self._most_views = 0, 1
        counts = Counter(view.part for view in shown)
        for number, step in enumerate(self._plan.steps, start=1):
            self._steps.add(number, step.name, step.first, len(step.parts), step.main + 1)
        for number, part in enumerate(self._plan.parts, start=1):
            count = counts[number]
            backward = int(part.direction in ("loss", "backward"))
            # The gradient of the loss by itself is given: nothing passes it on.
            passes, updates = int(part.direction == "backward"), int(part.direction == "update")
            self.parts.add(
                part.name, part.words, part.math, first + 1, count, backward, passes, updates, WAYS[part.direction]
            )
            first += count
            self._most_views = max(self._most_views, count)

    def _fill_story(self, told: list[Told]) -> None:
        firsts = [step.first for step in self._plan.steps]
        before = 0
        for each in told:
            step = max(k for k, first in enumerate(firsts, start=1) if first <= each.part)
            index = each.index or ()
            missing = self._recipes.rank - len(index)
            within = each.part - firsts[step - 1] + 1
            left_out, before = max(0, step - before - 1), step
            self._told.add(step, left_out, within, each.view, int(each.index is not None), *[0] * missing, *index)

    def draw(self) -> None:
        """Draw it all."""
        canvas, desk, selection, looks = self._canvas, self._desk, self.selection, self.looks
        canvas.widths = dict.fromkeys(range(1, layout.HIDDEN), layout.WIDTH)
        canvas.heights = dict(layout.HEIGHTS)
        canvas.headings = False
        canvas.hide_columns(layout.HIDDEN)
        canvas.cursor = self.step_cell
        self._head()
        Map(self._plan).draw(canvas, desk, looks, selection.step, self.step_cell)
        words = self.parts.text("words", selection.part)
        canvas.put(layout.WORDS, layout.MAIN, words, "lens_words", width=layout.LAST - layout.MAIN + 1)
        spellings = Spellings(self._spellings, selection, self._recipes)
        spellings.add_sums()
        wording = Wording(desk, least_decimals(desk, selection, self._spellings))
        spellings.add_texts(desk, wording)
        selection.say_index(desk)
        sentences = Sentences(canvas, desk, selection, self._recipes, self.parts, wording)
        slots = [Slot(desk, selection, self._recipes, number, sentences.share) for number in range(layout.SLOTS - 1)]
        slots.append(Slot(desk, selection, self._recipes, layout.SLOTS - 1, sentences.share, self._followed()))
        self._learned = before_and_after(desk, self._book)
        singles = tuple(
            desk.cell(f"largest single {what}", MAX(*(slot.single_of(is_grad) for slot in slots)))
            for is_grad, what in enumerate(("number", "gradient"))
        )
        numbers = Numbers(
            canvas, desk, selection, self._codes, wording, looks, self._between(), self._learned.shown, sentences.share,
            singles,
        )  # fmt: skip
        of_sums = desk.cell("bars of sums", IF(selection.groups > 1, selection.shown_groups, 0))
        open_bar, losses = selection.open - selection.first_group, self._learned.losses
        bars = (
            Bars(selection.shown_sums.box.fixed, of_sums, desk.cell("bar of the open group", open_bar),
                 selection.backward),
            Bars(losses, desk.cell("bars of losses", losses.height), desk.cell("no bar", -1),
                 desk.cell("their colour", 0)),
        )  # fmt: skip
        for slot in slots:
            self._say_operand(slot)
            pictures = Pictures(canvas, desk, slot, selection, self._codes, sentences.partly)
            recipes, k = self._recipes, slot.number
            pictures.draw(recipes.arrangements.picture(k), recipes.arrangements.most_blocks[k], bars, singles)
            numbers.draw(slot, pictures)
        numbers.draw_signs(slots)
        any_spelled = bool(self._recipes.spellings)
        sentences.draw(Arithmetic(desk, selection, self._spellings, wording, any_spelled), looks)
        if self._hero:
            placed, known = self._book.placement.tensors[self._hero.value], self._plan.known(self._hero.value)
            sentences.follow(self._hero, placed, known, self.mode.is_told)
        self._choices.draw(selection, self._recipes, looks, self._most_views)
        self._links()
        glance = list((self._book.story.at_a_glance or self._book.story.results).items())[:4]
        self.rate = panel.draw(canvas, desk, self._book, self._recipes, self._codes, wording, glance, looks)
        looks.draw()
        self._paint_anew()

    def _paint_anew(self) -> None:
        """Let LibreOffice paint the lines above and below the pictures after a change, where edges of old squares stay.

        It does so for a rule that reads a cell by its place.
        """
        selection, canvas = self.selection, self._canvas
        made = IF(
            ISNUMBER(selection.made), ROUND(selection.made, 9), ""
        )  # as a text, a number has its last digits by the program
        parts = (selection.part, selection.view, selection.element, selection.open, made)
        shown = self._desk.cell("what is shown", joined(*(joined(part, "; ") for part in parts)))
        for row in (layout.ABOVE, layout.EDGE):
            line = canvas.at(row, layout.MAIN, width=layout.LAST - layout.MAIN + 1)
            canvas.format(line, fill_rule(equal(shown, ""), PAPER))

    def _followed_code(self) -> int:
        """The cell of the weight that the story follows; −1 where there is none."""
        if self._hero is None:
            return NOTHING
        return self._codes.of(self._book.placement.tensors[self._hero.value].value.at(*self._hero.index))

    def _followed(self) -> Followed | None:
        if self._hero is None:
            return None
        value, recipes = self._hero.value, self._recipes
        number = recipes.tensors.number(Operand(self._book.placement.tensors[value].value, value.called))
        recipes.arrangements.make_room(layout.SLOTS - 1, number)
        return Followed(number, self._followed_code(), self.mode.is_told)

    def _between(self) -> Between:
        """What stands between boxes: a difference before it is squared, or the slope."""
        desk, selection = self._desk, self.selection
        backward = equal(selection.backward, 1)
        above: Expression = as_expression("")
        if self._recipes.spellings:
            inner = self._spellings.look_up("inner 1", MAX(1, selection.spelled))
            above = IF(AND(selection.spelled > 0, equal(selection.backward, 0)), inner, "")
        slope = IF(AND(backward, selection.terms > 0), selection.weights.at(0).fixed, "")
        return Between(desk.cell("between, above", above), desk.cell("between, below", slope))

    def _head(self) -> None:
        canvas, desk, selection = self._canvas, self._desk, self.selection
        canvas.say(layout.HEAD, layout.MAIN, "Step", "lens_label", width=7)
        step = self.step_cell
        canvas.put(layout.HEAD, step.col, 1, "lens_step", width=8)
        mode = self.mode
        number = IF(equal(mode.shown, step), "", joined(mode.shown, " "))
        canvas.put(layout.HEAD, step.col + 13, joined(number, "of ", names.STEPS), "lens_count", width=10)
        last, told = len(self._plan.steps), self._told.count
        if last > 1:
            # Of a sheet that is not the workbook's first, LibreOffice leaves the first control without clicks.
            canvas.spin(canvas.at(UNSEEN, 1), self.unclicked, 0, 1)
            canvas.spin(canvas.at(layout.HEAD, step.col + 8, width=5), step, 1, last, alt=names.STEP_BY_STEP)
        canvas.allow_numbers(
            step, 1, 30_000, "Step", f"A whole number from 1 to {last}, please.", whole=True,
            prompt="Type a step.",
        )  # fmt: skip
        title = self._steps.text("label", selection.step)
        name = self.parts.text("name", selection.part)
        part = IF(unequal(title, name), joined("   ", name), "")
        title_col = step.col + 28  # behind the prompt of the step's cell
        canvas.put(layout.HEAD, title_col, joined(title, part), "lens_title", width=STORY_COL - STORY_LABEL - title_col)
        skipped = desk.cell("steps left out", mode.told("left out", 0))
        words = IF(skipped > 0, joined(skipped, f" left out before; 0: all {last}"),
                   f"1: the story, {told} steps; 0: all {last}")  # fmt: skip
        canvas.put(layout.HEAD, STORY_COL - STORY_LABEL, words, "lens_name", width=STORY_LABEL)
        canvas.put(layout.HEAD, STORY_COL, 1, "lens_choice", width=STORY_WIDTH)
        canvas.allow_list(self.story_cell, [1, 0], "1 for the story, 0 for every step.")
        way = desk.cell("way", self.parts.text("way", selection.part))
        canvas.put(layout.HEAD, layout.LAST - 39, way, "lens_way", width=40)
        self.looks.coloured(canvas.at(layout.HEAD, layout.LAST - 39), equal(selection.backward, 1))

    def _say_operand(self, slot: Slot) -> None:
        """Name the tensor of a slot, with the sign of what happens to it."""
        canvas, selection = self._canvas, self.selection
        number = slot.number + 1
        name = IF(equal(slot.tensor, SLOPES_NUMBER), IF(selection.spelled > 0, "also read", SLOPES), slot.text("name"))
        name = IF(AND(equal(selection.updates, 1), equal(slot.is_grad, 1)), "direction: rate × it is taken off", name)
        folded = IF(slot.is_folded > 0, ", a row in lines of 3", "")
        shape = IF(AND(slot.tensor > 0, slot.look_up("size") > 1), joined("  ", slot.text("shape"), folded), "")
        comes_out = AND(equal(slot.is_made, 1), selection.terms + selection.has_alone + selection.spelled > 0)
        sign = IF(comes_out, "= ", IF(equal(selection.alone_slot, number), "+ ", ""))
        both = IF(slot.below > 0, ", ∂L/∂ below", "")
        between = IF(equal(selection.backward, 1), "× the slope", "in brackets")
        products = IF(selection.groups > 1, "= products, by group", "= products, added up")
        head = IF(equal(slot.mode, EMPTY), "", joined(sign, name, both, shape))
        head = IF(equal(slot.mode, FOLLOWED), joined("we follow: ", slot.text("name")), head)
        others = (PRODUCTS, products), (BETWEEN, between), (LOSSES, self._learned.head)
        for mode, text in others:
            head = IF(equal(slot.mode, mode), text, head)
        canvas.put(layout.HEADS, slot.first_col, head, "lens_head", width=layout.SLOT_WIDTH)
        self.looks.coloured(canvas.at(layout.HEADS, slot.first_col), OR(equal(slot.is_grad, 1), slot.below > 0))

    def _links(self) -> None:
        sheets = ["Start", self._book.placement.sheets[0].name, "Explain", "Nudge"]
        drawn = {"Start"} | {canvas.name for canvas in self._book.canvases} | self._drawn_next()
        for k, name in enumerate(name for name in sheets if name in drawn):
            text = f"← {name}" if name == "Start" else f"{name} →"
            col = BEHIND + 3 + LINK * k
            self._canvas.link(layout.CHOICE, col, Reference(name, 1, 1), text, "lens_link", width=LINK)

    def _drawn_next(self) -> set[str]:
        """The sheets that look into the tables of the Lens."""
        graph, tensors = self._book.graph, self._book.placement.tensors
        found = ["Explain"] if with_gradients(graph, tensors) else []
        found += ["Nudge"] if loss_is_learned(graph) else []
        return {*found} & {sheet.name for sheet in self._book.sheets}


SHEET = SheetSpec(
    layout.NAME,
    "one step of the network on one screen: begin here",
    draw,
    order=100,
    first=True,
    also=(RECIPES, FACTORS),
)
