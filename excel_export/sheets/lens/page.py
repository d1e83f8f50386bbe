"""The page of the Lens: one step of the network on one screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from excel_export.formulas.expression import Expression, equal, joined, unequal
from excel_export.formulas.functions import AND, COUNTIF, IF, OR
from excel_export.formulas.reference import Reference
from excel_export.graph.parts import loss_is_learned
from excel_export.sheets import update
from excel_export.sheets.book import Book
from excel_export.sheets.inputs import inputs_in_use
from excel_export.sheets.lens import examples, pictures, products, story
from excel_export.sheets.lens.arithmetic import Arithmetic
from excel_export.sheets.lens.choices import BEHIND, PART_COL, PART_LABEL, Choices
from excel_export.sheets.lens.codes import Codes
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.layout import (
    CHOICE,
    HEAD,
    HEADS,
    HEIGHTS,
    HIDDEN,
    LAST,
    LINE,
    MAIN,
    MATH,
    NAME,
    PART,
    SLOT_WIDTH,
    WIDTH,
    WORDS,
)  # fmt: skip
from excel_export.sheets.lens.looks import Looks
from excel_export.sheets.lens.numbers import Numbers
from excel_export.sheets.lens.recipes import MADE, SLOPES, SLOPES_NUMBER, Recipes
from excel_export.sheets.lens.recipes import NAME as RECIPES
from excel_export.sheets.lens.selection import Selection
from excel_export.sheets.lens.slot import Slot
from excel_export.sheets.lens.strip import HEADS as BOX_HEADS
from excel_export.sheets.lens.strip import Strip
from excel_export.sheets.lens.tables import FACTORS, Factors, Table
from excel_export.sheets.lens.wording import Wording
from excel_export.sheets.names import (
    AUTO_STEP,
    LENS_GRADIENT,
    LENS_RATE,
    LENS_STEP,
    PART_SHOWN,
    RATE_IN_USE,
    SHOWN_UP_TO,
    STEP_SHOWN,
    STEPS,
    lens_index,
    lens_sheet,
)
from excel_export.sheets.names import STEP as STEP_NAME
from excel_export.sheets.sheet import Drawn, SheetSpec
from excel_export.sheets.story import Result
from excel_export.views.learning import Updated, with_gradients
from excel_export.views.plan import Plan
from excel_export.views.slots import COUNT
from excel_export.views.views import View, views
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.page import Page
from excel_export.xlsx.styles import BACKWARD, GREY

LOOKED_UP = "what the Lens looks up"
UNSEEN = 200
"""A row that no screen shows."""
LINK = 17
"""The columns of a link."""
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
    canvas, hidden, factors = Canvas(NAME, BACKWARD, page=Page(one_page=True)), Canvas(RECIPES, GREY), Factors()
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
    page = _Page(canvas, book, plan, shown.views, recipes, codes, hidden, book.story.at_a_glance or book.story.results)
    page.draw()
    looked_up = LookedUp(recipes, codes, page.parts, (*shown.views, *shown.seeds))
    drawn = Drawn(canvas, result=looked_up)
    drawn.name(STEPS, page.steps_cell)
    drawn.name(STEP_NAME, page.step_cell)
    drawn.name(STEP_SHOWN, page.selection.step)
    drawn.name(AUTO_STEP, page.selection.auto_step)
    drawn.name(SHOWN_UP_TO, page.selection.shown_up_to)
    drawn.name(PART_SHOWN, page.selection.part)
    drawn.name(LENS_GRADIENT, page.selection.gradient)
    drawn.name(LENS_RATE, page.rate.cell)
    drawn.name(RATE_IN_USE, page.rate.used)
    for k, cell in enumerate(page.selection.own_index):
        drawn.name(lens_index(k), cell)
    for k, cells in enumerate(codes.sheets):
        drawn.name(lens_sheet(k), cells)
    if factors.canvas.cells == {}:
        factors.canvas.put(1, 1, 0, "fixed")
    drawn.add_hidden(hidden, LOOKED_UP)
    drawn.add_hidden(factors.canvas, LOOKED_UP)
    return drawn


class _Page:
    """Draws the page from top to bottom."""

    def __init__(
        self, canvas: Canvas, book: Book, plan: Plan, shown: list[View], recipes: Recipes, codes: Codes, hidden: Canvas,
        at_a_glance: Mapping[str, Result],
    ) -> None:  # fmt: skip
        self._at_a_glance = at_a_glance
        self._canvas, self._book, self._plan = canvas, book, plan
        self._desk, self._recipes, self._codes = Desk(canvas), recipes, codes
        self._looks = Looks(canvas, self._desk)
        self._steps = Table(hidden, recipes.end, ("step", "label", "first part", "parts", "main part"))
        heads = ("name", "words", "math", "first view", "views", "box", "backward", "passes on", "updates", "way")
        self.parts = Table(hidden, self._steps.end, heads)
        boxes = Table(hidden, self.parts.end, BOX_HEADS)
        self._strip = Strip(book, plan, boxes)
        self._spellings = Table(hidden, boxes.end, ("formula",))
        self._fill_steps(shown)
        self.unclicked = self._desk.cell("of the first control", 0)
        self.step_cell, self._choices = LENS_STEP, Choices(canvas, recipes.rank)
        self.steps_cell = self._desk.cell("steps", len(plan.steps))
        self.selection = Selection(
            self._desk, recipes, codes, (self._steps, self.parts), self.step_cell.fixed, self._choices.part,
            self._choices.target, self._choices.group, self._choices.indices,
            lambda view: examples.largest(canvas, self._desk, recipes, codes, view),
        )  # fmt: skip

    def _fill_steps(self, shown: list[View]) -> None:
        first, self._most_views, self._most_parts = 0, 1, 1
        counts = Counter(view.part for view in shown)
        inputs = self._book.graph.of_kind("input")
        for number, step in enumerate(self._plan.steps, start=1):
            self._steps.add(number, step.name, step.first, len(step.parts), step.main + 1)
            self._most_parts = max(self._most_parts, len(step.parts))
        for number, part in enumerate(self._plan.parts, start=1):
            count = counts[number]
            value = part.call.outputs[0] if part.call else self._book.graph.loss if part.direction == "loss" else None
            value = inputs[0] if part.direction == "inputs" and inputs else value
            lit = self._strip.number(value)
            backward = int(part.direction in ("loss", "backward"))
            # The gradient of the loss by itself is given: nothing passes it on.
            passes, updates, way = (
                int(part.direction == "backward"),
                int(part.direction == "update"),
                WAYS[part.direction],
            )
            self.parts.add(part.name, part.words, part.math, first + 1, count, lit, backward, passes, updates, way)
            first += count
            self._most_views = max(self._most_views, count)

    def draw(self) -> None:
        """Draw it all."""
        canvas, desk, selection, looks = self._canvas, self._desk, self.selection, self._looks
        canvas.widths = dict.fromkeys(range(1, HIDDEN), WIDTH)
        canvas.heights = dict(HEIGHTS)
        canvas.headings = False
        canvas.hide_columns(HIDDEN)
        canvas.cursor = self.step_cell
        self._head()
        lit = desk.cell("lit box", self.parts.look_up("box", selection.part))
        self._strip.draw(canvas, desk, looks, selection.step, lit)
        self._line(WORDS, self.parts.text("words", selection.part), "lens_words")
        wording = Wording(desk, selection.updates)
        selection.say_index(desk)
        numbers = Numbers(canvas, desk, selection, self._codes, wording, looks)
        for number in range(COUNT):
            slot = Slot(desk, selection, self._recipes, number)
            self._say_operand(slot)
            pictures.draw(canvas, desk, slot, selection, self._recipes, self._codes, self._recipes.pictures[number])
            numbers.draw(slot)
        numbers.draw_products()
        products.draw(canvas, desk, selection, wording, looks)
        self._say(Arithmetic(desk, selection, self._recipes, self._spellings, wording))
        self._choices.draw(selection, self._recipes, looks, self._most_parts, self._most_views)
        self._links()
        glance = list(self._at_a_glance.items())[:4]
        self.rate = story.draw(canvas, desk, self._book, self._recipes, self._codes, wording, glance, looks)
        looks.draw()

    def _line(self, row: int, text: Expression, style: str) -> None:
        self._canvas.put(row, MAIN, text, style, width=LAST - MAIN + 1)

    def _head(self) -> None:
        canvas, desk = self._canvas, self._desk
        canvas.say(HEAD, MAIN, "Step", "lens_label", width=10)
        step = self.step_cell
        canvas.put(HEAD, step.col, 1, "lens_step", width=12)
        canvas.put(HEAD, step.col + 19, joined("of ", STEPS), "lens_count", width=14)
        last = len(self._plan.steps)
        if last > 1:
            # Of a sheet that is not the workbook's first, LibreOffice leaves the first control without clicks.
            canvas.spin(canvas.at(UNSEEN, 1), self.unclicked, 0, 1)
            canvas.spin(canvas.at(HEAD, step.col + 12, width=6), step, 1, last, alt="to the next step, or back")
            page = max(1, last // 10)
            canvas.scroll_bar(canvas.at(HEAD, MAIN + 168, width=44), step, 1, last, page, alt="the step")
        canvas.allow_list(step, self._steps.column("step"), f"The step is a whole number from 1 to {last}.")
        selection = self.selection
        title = self._steps.text("label", selection.step)
        name = self.parts.text("name", selection.part)
        part = IF(unequal(title, name), joined("   ", name), "")
        canvas.put(HEAD, MAIN + 46, joined(title, part), "lens_title", width=PART_COL - PART_LABEL - MAIN - 46)
        way = desk.cell("way", self.parts.text("way", self.selection.part))
        canvas.put(HEAD, LAST - 45, way, "lens_way", width=46)
        self._looks.coloured(canvas.at(HEAD, LAST - 45), equal(self.selection.backward, 1))

    def _say_operand(self, slot: Slot) -> None:
        """Name the tensor of a slot, with the sign of what happens to it."""
        canvas, selection = self._canvas, self.selection
        number = slot.number + 1
        met = COUNTIF(selection.factor_slot.box.fixed, number) > 0
        taken = COUNTIF(selection.slot.box.fixed, number)
        sign = IF(AND(met, equal(taken, 0)), "× ", IF(equal(selection.alone_slot, number), "+ ", ""))
        factor = IF(equal(selection.updates, 1), "(−rate)", SLOPES)
        name = IF(equal(slot.tensor, SLOPES_NUMBER), factor, joined(slot.text("name"), "  ", slot.text("shape")))
        comes_out = AND(equal(slot.mode, MADE), selection.terms + selection.has_alone + selection.spelled > 0)
        head = IF(equal(slot.tensor, 0), "", joined(IF(comes_out, "= ", sign), name))
        canvas.put(HEADS, slot.first_col, head, "lens_head", width=SLOT_WIDTH)
        self._looks.coloured(canvas.at(HEADS, slot.first_col), equal(slot.is_grad, 1))

    def _say(self, arithmetic: Arithmetic) -> None:
        canvas, desk, selection, wording = self._canvas, self._desk, self.selection, arithmetic.wording
        passes = self.parts.look_up("passes on", selection.part)
        passed_on = desk.cell("passed on", IF(AND(equal(passes, 1), selection.count > 0), 1, 0))
        share = desk.cell("whole share", IF(equal(passed_on, 1), selection.share, selection.made))
        paths = selection.text("paths")
        partly = desk.cell("partly", IF(AND(equal(passed_on, 1), unequal(paths, "")), 1, 0))
        name = joined(selection.name, selection.spaced_index, IF(equal(partly, 1), " along this path", ""))
        result = desk.cell("result", wording.plain(share))
        # What is only copied is no arithmetic.
        copied = OR(equal(arithmetic.line, ""), equal(arithmetic.line, result),
                    equal(arithmetic.line, wording.bracketed(share)))  # fmt: skip
        line = joined(name, "  =  ", IF(copied, "", joined(arithmetic.line, "  =  ")), result)
        self._line(LINE, line, "lens_line")
        others = desk.cell("others", selection.made - selection.share)
        alone = "No other step adds to this gradient: it is whole."
        several = joined("Other paths (through ", paths, ") add ", wording.plain(others), ". Together: ",
                         wording.plain(selection.made))  # fmt: skip
        rule = IF(selection.terms > 0, "Chain rule: what arrives × the slope here. ",
                  "Chain rule: this step passes nothing on to it. ")  # fmt: skip
        chain = desk.cell("chain rule", IF(equal(passed_on, 1), joined(rule, IF(equal(partly, 1), several, alone)), ""))
        part = joined(selection.open_label, ": ", arithmetic.products, "  =  ", wording.plain(selection.open_sum))
        several_groups = selection.groups > 1
        self._line(PART, IF(several_groups, joined("of which ", part), chain), "lens_part")
        math = self.parts.text("math", selection.part)
        self._line(MATH, IF(AND(several_groups, equal(passed_on, 1)), joined(chain, "     ", math), math), "lens_math")
        self._looks.coloured(canvas.at(LINE, MAIN), equal(selection.backward, 1))

    def _links(self) -> None:
        names = ["Start", self._book.placement.sheets[0].name, "Softmax", "Explain", "Nudge"]
        drawn = {"Start"} | {canvas.name for canvas in self._book.canvases} | self._drawn_next()
        for k, name in enumerate(name for name in names if name in drawn):
            text = f"← {name}" if name == "Start" else f"{name} →"
            col = BEHIND + 3 + LINK * k
            self._canvas.link(CHOICE, col, Reference(name, 1, 1), text, "lens_link", width=LINK)

    def _drawn_next(self) -> set[str]:
        """The sheets that look into the tables of the Lens."""
        graph, tensors = self._book.graph, self._book.placement.tensors
        names = ["Explain"] if with_gradients(graph, tensors) else []
        names += ["Nudge"] if loss_is_learned(graph) else []
        return {*names} & {sheet.name for sheet in self._book.sheets}


SHEET = SheetSpec(
    NAME, "one step of the network on one screen: begin here", draw, order=100, first=True, also=(RECIPES, FACTORS)
)
