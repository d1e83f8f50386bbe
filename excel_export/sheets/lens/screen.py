"""All that the Lens is drawn with: its sheet, the tables that it looks into, what is selected now, and its slots."""

from excel_export.formulas import AND, IF, MAX, OR, Expression, OperandLike, Reference, as_expression, equal, unequal
from excel_export.sheets import names
from excel_export.sheets.book import Book
from excel_export.sheets.lens import arithmetic
from excel_export.sheets.lens.arithmetic import Wording
from excel_export.sheets.lens.arrangements import EMPTY, FOLLOWED
from excel_export.sheets.lens.choices import Choices, Mode
from excel_export.sheets.lens.conditional_formats import ConditionalFormats
from excel_export.sheets.lens.lens_layout import HEAD, MODE_COL, NAME, slot
from excel_export.sheets.lens.lookup_tables import LookupTables
from excel_export.sheets.lens.scratch_columns import ScratchColumns
from excel_export.sheets.lens.selection import NOTHING, Selection
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


class ShownTensor:
    """A tensor that is shown now, by its number in the tables."""

    def __init__(self, scratch: ScratchColumns, tables: LookupTables, what: str, tensor: OperandLike) -> None:
        self._scratch, self.tensors, self.what = scratch, tables.tensors, what
        self.tensor = scratch.cell(f"{what}: tensor", as_expression(tensor))
        self._row = self._pictured = scratch.cell(f"{what}: row", MAX(1, self.tensor))
        self.has_picture: Expression = self.tensor > 0
        """Whether there is anything to draw."""

    def field(self, name: str) -> Reference:
        """Something that is known of the tensor."""
        return self._scratch.cell(f"{self.what}: {name}", self.look_up(name))

    def text(self, name: str) -> Expression:
        """A text about the tensor; nothing where there is none."""
        return IF(self.tensor > 0, self.tensors.table.text(name, self._row), "")

    def look_up(self, name: str) -> Expression:
        """What `field` writes, as part of a formula."""
        return self.tensors.table.look_up(name, self._row)

    def pictured(self, name: str) -> Expression:
        """Something that is known of the tensor in the picture."""
        return self.tensors.table.look_up(name, self._pictured)


class TensorSlot(ShownTensor):
    """What stands in a slot; `number` counts from 0. Where a gradient stands below, the picture is the gradient's."""

    def __init__(self, screen: Screen, number: int, followed: int = 0) -> None:
        """Take the slot; `followed` is the tensor of the weight that stands there where it has no other use."""
        self._arrangements, selection = screen.tables.arrangements.table, screen.selection
        self._arrangement, scratch = selection.arrangement, screen.scratch
        self.number, self.first_col = number, slot(number)
        mode, tensor = self.frame("mode"), self.frame("tensor")
        if followed:
            is_free = AND(equal(mode, EMPTY), equal(screen.mode.is_told, 1))
            mode, tensor = IF(is_free, FOLLOWED, mode), IF(is_free, followed, tensor)
        self.is_followed = bool(followed)
        super().__init__(scratch, screen.tables, f"slot {number + 1}", tensor)
        self.mode = scratch.cell(f"{self.what}: mode", mode)
        self.is_grad = scratch.cell(f"{self.what}: gradient", IF(self.tensor > 0, self.look_up("gradient"), 0))
        self.largest = scratch.cell(f"{self.what}: full colour", IF(self.tensor > 0, self.look_up("largest"), 0))
        self.below = scratch.cell(f"{self.what}: tensor below", self.frame("below"))
        self.is_alike, self.is_made = (
            scratch.cell(f"{self.what}: {head}", self.frame(head)) for head in ("alike", "is made")
        )
        self._lowest = scratch.cell(f"{self.what}: lowest", MAX(1, IF(self.below > 0, self.below, self.tensor)))
        # A gradient that other paths make is no picture of what this one adds.
        hidden = AND(equal(self.is_made, 1), unequal(screen.share, selection.made), self.tensor > 0)
        self._pictured = scratch.cell(f"{self.what}: pictured", IF(hidden, self.tensor, self._lowest))
        self.has_picture = OR(self.tensor > 0, self.below > 0)

    def single_of(self, is_grad: int) -> Expression:
        """The size of what is pictured, where that is a single number, or a single gradient; else 0."""
        alone = AND(self.has_picture, equal(self.pictured("size"), 1), equal(self.pictured("gradient"), is_grad))
        return IF(alone, self.pictured("largest"), 0)

    def framed(self, name: str) -> Expression:
        """Something that is known of the tensor that stands lowest: in its cells frames are found."""
        return self.tensors.table.look_up(name, self._lowest)

    def frame(self, name: str) -> Expression:
        """What the arrangement says of the slot, such as where the frame of what is read lies."""
        return self._arrangements.look_up(f"{name} {self.number}", self._arrangement)
