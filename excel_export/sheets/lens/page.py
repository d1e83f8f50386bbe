"""The page of the Lens: one step of the network on one screen."""

from __future__ import annotations

from collections import Counter

from excel_export.formulas.expression import Expression, equal, joined, unequal
from excel_export.formulas.functions import AND, IF, INDEX, OR
from excel_export.formulas.reference import Reference
from excel_export.sheets.book import Book
from excel_export.sheets.explain.explained import learning_parameters
from excel_export.sheets.inputs import inputs_in_use
from excel_export.sheets.lens import boxes, maps
from excel_export.sheets.lens.arithmetic import Arithmetic
from excel_export.sheets.lens.codes import Codes
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.layout import (
    ARITHMETIC,
    CELL_WIDTH,
    CHOICE,
    CHOICES,
    GAP_WIDTH,
    HEIGHTS,
    INPUT,
    LABEL,
    LAST,
    LINKS,
    MADE,
    MATH,
    MET,
    NAME,
    PATHS,
    SIDE,
    STEP,
    TARGET,
    WORDS,
)  # fmt: skip
from excel_export.sheets.lens.recipes import NAME as RECIPES
from excel_export.sheets.lens.recipes import Recipes
from excel_export.sheets.lens.selection import Selection
from excel_export.sheets.lens.tables import FACTORS, Factors, Table
from excel_export.sheets.lens.views import View, views
from excel_export.sheets.names import LENS_PARAMETER, STEP_SHOWN, STEPS, lens_index
from excel_export.sheets.names import STEP as STEP_NAME
from excel_export.sheets.plan import Plan
from excel_export.sheets.sheet import Drawn, SheetSpec
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.page import Page
from excel_export.xlsx.rules import ink_rule, off_rule
from excel_export.xlsx.styles import BACKWARD, GREY

LOOKED_UP = "what the Lens looks up"
AUTO = "auto"
"""What stands in the cell of an index as long as the step chooses its own example."""
UNSEEN = 200
"""A row that no screen shows."""
MOST_COUNTED = 30_000
"""How far a button can count."""
WAYS = {"inputs": "forward →", "forward": "forward →", "loss": "← backward", "backward": "← backward",
        "update": "one step of learning"}  # fmt: skip


def draw(book: Book) -> Drawn[None] | None:
    """Draw the Lens and the hidden sheets that it looks into, where the network is one picture."""
    plan = book.plan
    if not plan:
        return None
    shown = views(book, plan)
    canvas, hidden, factors = Canvas(NAME, BACKWARD, page=Page(one_page=True)), Canvas(RECIPES, GREY), Factors()
    network = book.placement.sheets[0]
    sheets = [Reference(network.name, 1, 1, network.last_row, network.last_column), factors.cells]
    update = next((each for each in book.canvases if each.name == "Update"), None)
    if update:
        last = max(max(row) for row in update.cells.values())
        sheets.append(update.at(1, 1, max(update.cells), last))
    codes = Codes(sheets + inputs_in_use.used_cells(book))
    rank = max((len(view.made.shape) for view in shown), default=0) or 1
    recipes = Recipes(hidden, codes, factors, rank, learning_parameters(book))
    for view in shown:
        recipes.add(view)
    codes.sheets[1] = factors.cells
    page = _Page(canvas, book, plan, shown, recipes, codes, hidden)
    page.draw()
    drawn = Drawn[None](canvas)
    drawn.name(STEPS, page.steps_cell)
    drawn.name(STEP_NAME, canvas.at(STEP, INPUT + 2))
    drawn.name(STEP_SHOWN, page.selection.step)
    drawn.name(LENS_PARAMETER, page.selection.parameter)
    for k, cell in enumerate(page.selection.own_index):
        drawn.name(lens_index(k), cell)
    if factors.canvas.cells == {}:
        factors.canvas.put(1, 1, 0, "fixed")
    drawn.add_hidden(hidden, LOOKED_UP)
    drawn.add_hidden(factors.canvas, LOOKED_UP)
    return drawn


class _Page:
    """Draws the page from top to bottom."""

    def __init__(
        self, canvas: Canvas, book: Book, plan: Plan, shown: list[View], recipes: Recipes, codes: Codes, hidden: Canvas
    ) -> None:
        self._canvas, self._book, self._plan = canvas, book, plan
        self._desk, self._recipes, self._codes = Desk(canvas), recipes, codes
        left = recipes.end
        heads = ("step", "label", "words", "math", "first view", "views", "box", "backward", "updates", "way")
        self._steps = Table(hidden, left, heads)
        self._boxes = Table(hidden, left + 11, ("box", "shape", "place", "made", "known"))
        self._spellings = Table(hidden, left + 17, ("formula",))
        self._items = boxes.boxes(book, plan)
        self._fill_steps(shown)
        self.unclicked = self._desk.cell("of the first control", 0)
        # Of a tensor with more dimensions than there are choices, the last ones can be chosen.
        dimensions = range(recipes.rank)[-len(CHOICES) :]
        self._chosen = {
            k: canvas.at(CHOICE, col + 3).fixed for k, col in zip(dimensions, CHOICES[-len(dimensions) :], strict=True)
        }
        self.steps_cell = self._desk.cell("steps", len(plan.steps))
        self.selection = Selection(
            self._desk, recipes, codes, self._steps, canvas.at(STEP, INPUT + 2).fixed,
            canvas.at(CHOICE, TARGET + 3).fixed, self._chosen,
        )  # fmt: skip

    def _fill_steps(self, shown: list[View]) -> None:
        first, self._most_views = 0, 1
        counts = Counter(view.step for view in shown)
        lit_boxes = boxes.numbers(self._items)
        for number, step in enumerate(self._plan.steps, start=1):
            count = counts[number]
            value = step.call.outputs[0] if step.call else self._book.graph.loss if step.direction == "loss" else None
            lit = 1 if step.direction == "inputs" else lit_boxes.get(value, 0)
            backward = int(step.direction in ("loss", "backward"))
            updates, way = int(step.direction == "update"), WAYS[step.direction]
            self._steps.add(number, step.name, step.words, step.math, first + 1, count, lit, backward, updates, way)
            first += count
            self._most_views = max(self._most_views, count)

    def draw(self) -> None:
        """Draw it all."""
        canvas, desk, selection = self._canvas, self._desk, self.selection
        canvas.widths = {1: GAP_WIDTH, MET - 1: GAP_WIDTH, MADE - 1: GAP_WIDTH, LAST + 1: 1.5}
        for first in (INPUT, MET, MADE):
            canvas.widths |= dict.fromkeys(range(first, first + SIDE), CELL_WIDTH)
        canvas.heights = dict(HEIGHTS)
        canvas.headings = False
        canvas.hide_columns(LAST + 2)
        canvas.cursor = canvas.at(STEP, INPUT + 2)
        self._head()
        lit = desk.cell("lit box", self._steps.look_up("box", selection.step))
        boxes.draw(canvas, desk, self._book, self._items, self._boxes, selection.step, lit)
        canvas.put(WORDS, INPUT, self._steps.text("words", selection.step), "lens_words")
        canvas.merge(canvas.at(WORDS, INPUT).to(canvas.at(WORDS, LAST)))
        self._controls()
        self._choices()
        arithmetic = Arithmetic(desk, selection, self._recipes, self._spellings)
        focus = desk.cell("focus", selection.in_source(arithmetic.focus()))
        maps.draw(canvas, desk, selection, self._codes, focus)
        self._say(arithmetic)
        self._links()

    def _head(self) -> None:
        canvas = self._canvas
        canvas.say(STEP, INPUT, "Step", "lens_label")
        canvas.put(STEP, INPUT + 2, 1, "lens_step")
        canvas.merge(canvas.at(STEP, INPUT, width=2))
        canvas.merge(canvas.at(STEP, INPUT + 2, width=2))
        canvas.put(STEP, INPUT + 6, joined("of ", STEPS), "lens_count")
        last = len(self._plan.steps)
        if last > 1:
            # Of a sheet that is not the workbook's first, LibreOffice leaves the first control without clicks.
            canvas.spin(canvas.at(UNSEEN, 1), self.unclicked, 0, 1)
            step = canvas.at(STEP, INPUT + 2)
            canvas.spin(canvas.at(STEP, INPUT + 4, width=2), step, 1, last, alt="to the next step, or back")
            page = max(1, last // 10)
            canvas.scroll_bar(canvas.at(STEP, INPUT + 9, width=10), step, 1, last, page, alt="the step")
        numbers = self._steps.column("step")
        canvas.allow_list(canvas.at(STEP, INPUT + 2), numbers, f"The step is a whole number from 1 to {last}.")
        title = joined(self.selection.step, "  ·  ", self._steps.text("label", self.selection.step))
        canvas.put(LABEL, INPUT, title, "lens_title")
        canvas.merge(canvas.at(LABEL, INPUT).to(canvas.at(LABEL, MADE - 2)))
        way = self._desk.cell("way", self._steps.text("way", self.selection.step))
        canvas.put(LABEL, MADE, way, "lens_way")
        canvas.merge(canvas.at(LABEL, MADE, width=SIDE))
        canvas.format(canvas.at(LABEL, MADE), ink_rule(equal(self.selection.backward, 1), BACKWARD))

    def _controls(self) -> None:
        """A button for what a learner changes most, where there is something: the picture."""
        control = next((each for each in self._book.controls if each.button), None)
        if not control or not isinstance(control.choices, Reference):
            return
        canvas, choices = self._canvas, control.choices
        canvas.put(STEP, MADE, INDEX(choices, control.in_use), "lens_control")
        canvas.merge(canvas.at(STEP, MADE, width=SIDE - 2))
        canvas.spin(canvas.at(STEP, LAST - 1, width=2), control.name, 1, choices.size, alt=control.label)

    def _choices(self) -> None:
        """The element, by its indices, and the tensor, where the step has several."""
        canvas, selection = self._canvas, self.selection
        for k, cell in self._chosen.items():
            canvas.say(CHOICE, cell.col, AUTO, "lens_choice")
            self._choice(cell, 2, selection.sizes[k], selection.text(f"index {k}"), 0, self._recipes.largest[k] - 1)
        which = joined(IF(equal(selection.backward, 1), "gradient", "result"), " 1 … ", selection.count)
        canvas.put(CHOICE, TARGET + 3, 1, "lens_choice")
        self._choice(canvas.at(CHOICE, TARGET + 3), 1, selection.count, which, 1, self._most_views)

    def _choice(
        self, cell: Reference, width: int, count: Reference, label: Expression, lowest: int, highest: int
    ) -> None:
        """Lay out a choice with its label and its button; where it has no use, it is grey and says nothing."""
        canvas = self._canvas
        canvas.put(CHOICE, cell.col - 3, IF(count > 1, label, ""), "lens_name")
        canvas.format(canvas.at(CHOICE, cell.col, width=width), off_rule(count < 2))
        if lowest < highest <= MOST_COUNTED:
            canvas.spin(
                canvas.at(CHOICE, cell.col + width), cell, lowest, highest, alt="the next one, or the one before"
            )
        canvas.merge(canvas.at(CHOICE, cell.col - 3, width=3))
        if width > 1:
            canvas.merge(canvas.at(CHOICE, cell.col, width=width))

    def _say(self, arithmetic: Arithmetic) -> None:
        canvas, selection, wording = self._canvas, self.selection, arithmetic.wording
        desk = self._desk
        # The gradient of the loss by itself is given: nothing passes it on.
        passed_on = desk.cell(
            "passed on", IF(AND(equal(selection.backward, 1), unequal(selection.text("source"), "")), 1, 0)
        )
        share = desk.cell("share", IF(equal(passed_on, 1), selection.share, selection.made))
        paths = selection.text("paths")
        partly = desk.cell("partly", IF(AND(equal(passed_on, 1), unequal(paths, "")), 1, 0))
        name = joined(selection.text("name"), " ", selection.index_text(), IF(equal(partly, 1), " along this path", ""))
        has_terms = selection.terms > 0
        result = desk.cell("result", wording.plain(share))
        parts = desk.cell("parts", IF(has_terms, arithmetic.line, ""))
        # What is only copied is no arithmetic.
        copied = OR(equal(parts, ""), equal(parts, result), equal(parts, wording.bracketed(share)))
        line = joined(name, "  =  ", IF(copied, "", joined(parts, "  =  ")), result)
        canvas.put(ARITHMETIC, INPUT, line, "lens_line")
        others = desk.cell("others", selection.made - selection.share)
        alone = "No other step adds to this gradient: it is whole."
        several = joined("Other paths (through ", paths, ") add ", wording.plain(others), ". Together: ",
                         wording.plain(selection.made))  # fmt: skip
        rule = IF(has_terms, "Chain rule: arriving gradient × slope here. ",
                  "Chain rule: this step passes nothing on to it. ")  # fmt: skip
        chain = joined(rule, IF(equal(partly, 1), several, alone))
        canvas.put(PATHS, INPUT, IF(equal(passed_on, 1), chain, ""), "lens_paths")
        canvas.put(MATH, INPUT, self._steps.text("math", selection.step), "lens_math")
        canvas.format(canvas.at(ARITHMETIC, INPUT), ink_rule(equal(selection.backward, 1), BACKWARD))
        for row in (ARITHMETIC, PATHS, MATH):
            canvas.merge(canvas.at(row, INPUT).to(canvas.at(row, LAST)))

    def _links(self) -> None:
        names = ["Start", self._book.placement.sheets[0].name, "Softmax", "Explain", "Nudge"]
        drawn = {"Start"} | {canvas.name for canvas in self._book.canvases}
        for k, name in enumerate(name for name in names if name in drawn):
            text = f"← {name}" if name == "Start" else f"{name} →"
            self._canvas.link(LINKS, INPUT + 4 * k, Reference(name, 1, 1), text, "lens_link")


SHEET = SheetSpec(
    NAME, "one step of the network on one screen: begin here", draw, order=100, first=True, also=(RECIPES, FACTORS)
)
