"""One slot of the Lens: which tensor stands there now, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass

from excel_export.formulas import AND, IF, MAX, OR, Expression, OperandLike, Reference, as_expression, equal, unequal
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.layout import slot
from excel_export.sheets.lens.recipes import Recipes
from excel_export.sheets.lens.selection import Selection
from excel_export.sheets.lens.slot_modes import EMPTY, FOLLOWED


@dataclass(frozen=True)
class Followed:
    """The weight that the story follows, which stands in a slot that has no other use."""

    tensor: int
    """The number of its tensor."""
    code: int
    """Its cell."""
    is_told: Reference
    """1 where the story is told."""


class Shown:
    """A tensor that is shown now, by its number in the tables."""

    def __init__(self, desk: Desk, recipes: Recipes, what: str, tensor: OperandLike) -> None:
        self._desk, self.tensors, self.what = desk, recipes.tensors, what
        self.tensor = desk.cell(f"{what}: tensor", as_expression(tensor))
        self._row = desk.cell(f"{what}: row", MAX(1, self.tensor))

    def field(self, name: str) -> Reference:
        """Something that is known of the tensor."""
        return self._desk.cell(f"{self.what}: {name}", self.look_up(name))

    def text(self, name: str) -> Expression:
        """A text about the tensor; nothing where there is none."""
        return IF(self.tensor > 0, self.tensors.table.text(name, self._row), "")

    def look_up(self, name: str) -> Expression:
        """The same, as part of a formula."""
        return self.tensors.table.look_up(name, self._row)

    def pictured(self, name: str) -> Expression:
        """Something that is known of the tensor in the picture."""
        return self.look_up(name)

    @property
    def has_picture(self) -> Expression:
        """Whether there is anything to draw."""
        return self.tensor > 0

    @property
    def is_pictured_grad(self) -> Expression:
        """Whether the picture has the colours of a gradient: 1 or 0."""
        return self.pictured("gradient")


class Slot(Shown):
    """What stands in a slot; `number` counts from 0. Where a gradient stands below, the picture is the gradient's."""

    def __init__(
        self, desk: Desk, selection: Selection, recipes: Recipes, number: int, share: Reference,
        followed: Followed | None = None,
    ) -> None:  # fmt: skip
        self._arrangements, self._arrangement = recipes.arrangements.table, selection.arrangement
        mode, tensor = self._arranged("mode", number), self._arranged("tensor", number)
        if followed:
            is_free = AND(equal(mode, EMPTY), equal(followed.is_told, 1))
            mode, tensor = IF(is_free, FOLLOWED, mode), IF(is_free, followed.tensor, tensor)
        self.followed = followed
        super().__init__(desk, recipes, f"slot {number + 1}", tensor)
        self.number, self.first_col = number, slot(number)
        self.mode = desk.cell(f"{self.what}: mode", mode)
        self.is_grad = desk.cell(f"{self.what}: gradient", IF(self.tensor > 0, self.look_up("gradient"), 0))
        self.largest = desk.cell(f"{self.what}: full colour", IF(self.tensor > 0, self.look_up("largest"), 0))
        self.below = desk.cell(f"{self.what}: tensor below", self._arranged("below", number))
        self.is_alike = desk.cell(f"{self.what}: alike", self._arranged("alike", number))
        self.is_made = desk.cell(f"{self.what}: is made", self._arranged("is made", number))
        self._lowest = desk.cell(f"{self.what}: lowest", MAX(1, IF(self.below > 0, self.below, self.tensor)))
        # A gradient that other paths make is no picture of what this one adds.
        hidden = AND(equal(self.is_made, 1), unequal(share, selection.made), self.tensor > 0)
        self._pictured = desk.cell(f"{self.what}: pictured", IF(hidden, self.tensor, self._lowest))

    def pictured(self, name: str) -> Expression:
        """Something that is known of the tensor in the picture."""
        return self.tensors.table.look_up(name, self._pictured)

    @property
    def has_picture(self) -> Expression:
        """Whether there is anything to draw."""
        return OR(self.tensor > 0, self.below > 0)

    def single_of(self, is_grad: int) -> Expression:
        """The size of what is pictured, where that is a single number, or a single gradient; else 0."""
        alone = AND(self.has_picture, equal(self.pictured("size"), 1), equal(self.pictured("gradient"), is_grad))
        return IF(alone, self.pictured("largest"), 0)

    def framed(self, name: str) -> Expression:
        """Something that is known of the tensor that stands lowest: in its cells frames are found."""
        return self.tensors.table.look_up(name, self._lowest)

    @property
    def is_folded(self) -> Expression:
        """Above 0 where the numbers are those of one row, in several lines."""
        return self._arranged("folded", self.number)

    def frame(self, name: str) -> Expression:
        """Where the frame of what is read lies: see `Recipes`."""
        return self._arranged(name, self.number)

    def _arranged(self, what: str, number: int) -> Expression:
        return self._arrangements.look_up(f"{what} {number}", self._arrangement)
