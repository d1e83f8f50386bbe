"""One slot of the Lens: which tensor stands there now, and what is known of it."""

from __future__ import annotations

from excel_export.formulas.expression import Expression, OperandLike, as_expression, equal, joined
from excel_export.formulas.functions import IF, INT, LOG10, MAX, ROUND
from excel_export.formulas.reference import Reference
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.layout import LAST_SLOT, slot
from excel_export.sheets.lens.recipes import Recipes
from excel_export.sheets.lens.selection import Selection
from excel_export.views.slots import RIGHT

UNITS = ((995e9, 1e12, "in trillions"), (995e6, 1e9, "in billions"), (995e3, 1e6, "in millions"),
         (995, 1000, "in thousands"), (0.095, 1, ""), (0.000095, 0.001, "in thousandths"),
         (0, 0.000001, "in millionths"))  # fmt: skip
BEYOND = 995e12
"""From here on, a power of ten is the unit."""


class Shown:
    """A tensor that is shown now, by its number in the tables."""

    def __init__(self, desk: Desk, recipes: Recipes, what: str, tensor: OperandLike) -> None:
        self._desk, self._tensors, self.what = desk, recipes.tensors, what
        self.tensor = desk.cell(f"{what}: tensor", as_expression(tensor))
        self._row = desk.cell(f"{what}: row", MAX(1, self.tensor))

    def field(self, name: str) -> Reference:
        """Something that is known of the tensor."""
        return self._desk.cell(f"{self.what}: {name}", self.look_up(name))

    def text(self, name: str) -> Expression:
        """A text about the tensor; nothing where there is none."""
        return IF(self.tensor > 0, self._tensors.table.text(name, self._row), "")

    def look_up(self, name: str) -> Expression:
        """The same, as part of a formula."""
        return self._tensors.table.look_up(name, self._row)


class Slot(Shown):
    """What stands in a slot; `number` counts from 0, and the last one is at the right edge."""

    def __init__(self, desk: Desk, selection: Selection, recipes: Recipes, number: int) -> None:
        arrangements, what = recipes.arrangements, f"slot {number + 1}"
        super().__init__(desk, recipes, what, arrangements.look_up(f"tensor {number}", selection.arrangement))
        self.number, self.first_col = number, slot(LAST_SLOT if number == RIGHT else number)
        self.mode = desk.cell(f"{what}: mode", arrangements.look_up(f"mode {number}", selection.arrangement))
        self.is_grad = desk.cell(f"{what}: gradient", IF(self.tensor > 0, self.look_up("gradient"), 0))
        self.largest = desk.cell(f"{what}: full colour", IF(self.tensor > 0, self.look_up("largest"), 0))
        self.unit = desk.cell(f"{what}: unit", unit_of(self.largest))


def unit_of(largest: Reference) -> Expression:
    """The unit in which numbers up to a size are written."""
    unit: Expression = IF(largest >= 0, UNITS[-1][1], 1)
    for least, size, _ in reversed(UNITS[:-1]):
        unit = IF(largest >= least, size, unit)
    power = 3 * INT(LOG10(MAX(largest, BEYOND) * 1.005) / 3)
    return IF(equal(largest, 0), 1, IF(largest >= BEYOND, as_expression(10) ** power, unit))


def unit_words(unit: Reference, before: str = "") -> Expression:
    """A unit in words; nothing for ones."""
    words: Expression = IF(unit >= BEYOND, joined(f"{before}in 1E", ROUND(LOG10(MAX(unit, 1)), 0)), "")
    for _, size, name in UNITS:
        if name:
            words = IF(equal(unit, size), before + name, words)
    return words
