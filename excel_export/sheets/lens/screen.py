"""All that the Lens is drawn with: its sheet, the tables that it looks into, and what is selected now."""

from excel_export.formulas import AND, IF, Reference, equal, unequal
from excel_export.sheets import names
from excel_export.sheets.book import Book
from excel_export.sheets.lens import arithmetic
from excel_export.sheets.lens.choices import Choices
from excel_export.sheets.lens.conditional_formats import ConditionalFormats
from excel_export.sheets.lens.layout import HEAD, MODE_COL, NAME
from excel_export.sheets.lens.lookup_tables import LookupTables
from excel_export.sheets.lens.mode import Mode
from excel_export.sheets.lens.scratch_columns import ScratchColumns
from excel_export.sheets.lens.selection import NOTHING, Selection
from excel_export.sheets.lens.wording import Wording
from excel_export.views.plan import Plan
from excel_export.views.story import Hero
from excel_export.workbook.canvas import Canvas, Page
from excel_export.workbook.styles import BACKWARD


class Screen:
    """What is selected is worked out first; then how its numbers are spelled (`spell`), which the drawing needs.

    Attributes:
        share: what comes about in this step: of a gradient, what this path passes on to it.
        partly: 1 where other paths add to it, else 0.
        passed_on: 1 where the step passes a gradient on, else 0.
        paths: the other paths, in words.
    """

    def __init__(self, book: Book, plan: Plan, tables: LookupTables, hero: Hero | None) -> None:
        self.canvas = Canvas(NAME, BACKWARD, page=Page(one_page=True))
        self.book, self.plan, self.tables, self.hero, self.addresses = book, plan, tables, hero, tables.addresses
        self.scratch = ScratchColumns(self.canvas)
        self.formats = ConditionalFormats(self.canvas, self.scratch)
        # Of a sheet that is not the workbook's first, LibreOffice leaves the first control without clicks.
        self.unclicked = self.scratch.cell("of the first control", 0)
        self.step_cell, self.story_cell = names.LENS_STEP, self.canvas.at(HEAD, MODE_COL)
        self.choices = Choices(self.canvas, tables.rank)
        self.mode = Mode(self.scratch, self.step_cell.fixed, self.story_cell.fixed, tables.told, len(plan.steps))
        placed = book.placement.tensors[hero.value].value if hero else None
        self.followed = tables.addresses.of(placed.at(*hero.index)) if placed and hero else NOTHING
        """The cell of the weight that the story follows."""
        self.selection = Selection(self.scratch, tables, self.mode, self.choices, self.followed)
        self.wording: Wording
        self.passed_on: Reference
        self.partly: Reference
        self.share: Reference

    def spell(self) -> None:
        """Work out how the numbers of what is selected are spelled, and what comes about."""
        scratch, selection = self.scratch, self.selection
        arithmetic.add_sums(self.tables, selection)
        self.wording = Wording(scratch, arithmetic.least_decimals(scratch, selection, self.tables))
        arithmetic.add_texts(self)
        selection.say_index()
        passes, self.paths = self.tables.parts.look_up("passes on", selection.part), selection.text("paths")
        self.passed_on = scratch.cell("passed on", IF(AND(equal(passes, 1), selection.count > 0), 1, 0))
        is_partly = AND(equal(self.passed_on, 1), unequal(self.paths, ""))
        self.partly = scratch.cell("partly", IF(is_partly, 1, 0))
        self.share = scratch.cell("whole share", IF(equal(self.passed_on, 1), selection.share, selection.made))
