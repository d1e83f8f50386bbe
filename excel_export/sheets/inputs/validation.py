"""What a learner may type into a cell, and what is used where something else stands there.

A rule and its alert keep a person from typing it. But a cell can be emptied, and what is pasted passes every rule.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

from excel_export.formulas import Expression, Name, Operand, OperandLike, Reference, as_expression, equal
from excel_export.formulas.functions import AND, IF, INDEX, INT, ISNUMBER, MATCH, MAX, MIN, OR
from excel_export.workbook.canvas import Canvas

LARGEST = 1_000_000
"""How far from zero a number may be; with larger ones, a step would soon leave what a spreadsheet can hold."""
LARGE = 1_000
"""From there on, a number is written with commas."""
REFUSED = "red is not allowed: what stood there at first is used"


class Allowed(ABC):
    """What a cell may hold."""

    @property
    @abstractmethod
    def asked(self) -> str:
        """Say it: 'A number from 0 to 1'."""

    @abstractmethod
    def validate(self, canvas: Canvas, cells: Reference) -> None:
        """Keep a person from typing anything else into some cells."""

    @abstractmethod
    def refused(self, cell: Operand) -> Expression:
        """1 where a cell holds something else, else 0."""

    def used(self, cell: Operand, flag: Operand, first: float | str | Name) -> Expression:
        """What is used: what was typed, or what stood there at first where the flag says that it is refused."""
        return IF(equal(flag, 1), first, cell)

    def shown(self, used: Reference) -> Expression:
        """What is used, for people."""
        return used.cells


@dataclass(frozen=True)
class Between(Allowed):
    """A number, or a whole number, from the lowest to the highest."""

    lowest: float
    highest: float
    whole: bool = False
    nearest: bool = True
    """Whether the nearest of them is used instead of another number, or what stood there at first."""
    title: str = ""
    """Of the alert, where it is not what is asked for."""
    words: str = ""
    """What is asked for, where it is not the two numbers as they are."""

    @property
    def asked(self) -> str:
        ends = (f"{end:,}" if abs(end) >= LARGE else f"{end:g}" for end in (self.lowest, self.highest))
        return self.words or f"{self._kind} from {' to '.join(ends)}"

    @property
    def _kind(self) -> str:
        return "A whole number" if self.whole else "A number"

    def validate(self, canvas: Canvas, cells: Reference) -> None:
        title, alert = self.title or self._kind, f"{self.asked}, please."
        canvas.allow_numbers(cells, self.lowest, self.highest, title, alert, whole=self.whole)

    def refused(self, cell: Operand) -> Expression:
        return outside(cell, self.lowest, self.highest, whole=self.whole)

    def used(self, cell: Operand, flag: Operand, first: float | str | Name) -> Expression:
        if not self.nearest:
            return super().used(cell, flag, first)
        return IF(ISNUMBER(cell), MAX(self.lowest, MIN(cell, self.highest)), first)


def outside(cells: Operand, lowest: OperandLike, highest: OperandLike, *, whole: bool) -> Expression:
    """1 where a cell holds no number, or whole number, from the lowest to the highest, else 0."""
    # Of a text there is no INT: it is asked for where there is a number.
    is_whole = (equal(cells, INT(cells)),) if whole else ()
    return IF(ISNUMBER(cells), IF(AND(cells >= lowest, cells <= highest, *is_whole), 0, 1), 1)


def any_number(*values: float | str) -> Between:
    """Every number that a spreadsheet can go on with; what stands there at first is among them."""
    most = max(LARGEST, *(abs(value) for value in values if not isinstance(value, str)), 0)
    return Between(-most, most)


@dataclass(frozen=True)
class OneOf(Allowed):
    """A few words and whole numbers that follow each other."""

    items: Sequence[object]

    @property
    def asked(self) -> str:
        if not self._numbers:
            return "One of the list"
        words = [f" or '{item}'" for item in self.items if isinstance(item, str)]
        numbers, first = self._numbers, int(self._numbers.lowest)
        # Short enough to be read beside its cell.
        return (f"{first}, {first + 1}, … {numbers.highest}" if words else numbers.asked) + "".join(words)

    @property
    def _numbers(self) -> Between | None:
        """The numbers among them, where these are whole and follow each other."""
        numbers = [item for item in self.items if not isinstance(item, str)]
        if not numbers or not isinstance(numbers[0], int):
            return None
        first, last = numbers[0], numbers[0] + len(numbers) - 1
        return Between(first, last, whole=True) if numbers == [*range(first, last + 1)] else None

    def validate(self, canvas: Canvas, cells: Reference) -> None:
        canvas.allow_list(cells, self.items, f"{self.asked}, please.")

    def refused(self, cell: Operand) -> Expression:
        listed = [item for item in self.items if not (self._numbers and isinstance(item, int))]
        literals = [item if isinstance(item, (int, float)) else str(item) for item in listed]
        as_item = IF(OR(*(equal(cell, item) for item in literals)), 0, 1) if listed else as_expression(1)
        if not self._numbers:
            return as_item
        as_number = self._numbers.refused(cell)
        # A number equals no word.
        return IF(ISNUMBER(cell), as_number, as_item) if listed else as_number


@dataclass(frozen=True)
class ItemOf(Allowed):
    """One of the items that stand in some cells."""

    cells: Operand
    asked = "One of the list"

    def validate(self, canvas: Canvas, cells: Reference) -> None:
        canvas.allow_list(cells, self.cells, f"{self.asked}, please.")

    def refused(self, cell: Operand) -> Expression:
        return IF(ISNUMBER(MATCH(cell, self.cells, 0)), 0, 1)


@dataclass(frozen=True)
class PlaceOf(ItemOf):
    """One of the items, or its place among them, from 1 on; what is used is the place."""

    cells: Reference

    def refused(self, cell: Operand) -> Expression:
        return IF(equal(self._place(cell), 0), 1, 0)

    def used(self, cell: Operand, flag: Operand, first: float | str | Name) -> Expression:
        return IF(equal(flag, 1), MATCH(first, self.cells, 0), self._place(cell))

    def shown(self, used: Reference) -> Expression:
        return INDEX(self.cells, used)

    def _place(self, cell: Operand) -> Expression:
        """The place; 0 where the cell names none."""
        found = MATCH(cell, self.cells, 0)
        is_place = equal(Between(1, self.cells.size, whole=True).refused(cell), 0)
        return IF(ISNUMBER(found), found, IF(is_place, cell, 0))


def allowed_of(choices: Operand | Sequence[object] | None, values: Sequence[float | str]) -> Allowed:
    """What a choice allows: an item of a range, one of a few, or any number; `values` stand there at first."""
    if choices is None:
        return replace(any_number(*values), nearest=False)
    return ItemOf(choices) if isinstance(choices, Operand) else OneOf(choices)
