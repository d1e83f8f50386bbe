"""One slot of the Lens: which tensor stands there now, and what is known of it."""

from excel_export.formulas import AND, IF, MAX, OR, Expression, OperandLike, Reference, as_expression, equal, unequal
from excel_export.sheets.lens.layout import slot
from excel_export.sheets.lens.lookup_tables import LookupTables
from excel_export.sheets.lens.scratch_columns import ScratchColumns
from excel_export.sheets.lens.screen import Screen
from excel_export.sheets.lens.slot_modes import EMPTY, FOLLOWED


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


class Slot(ShownTensor):
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
