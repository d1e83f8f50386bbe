"""A yellow cell: what a learner may type, what is used instead of anything else, and how one sees that.

A rule and its alert keep a person from typing what is not allowed. But a cell can be emptied, and what is pasted passes
every rule.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from excel_export.formulas import Expression, Name, Operand, OperandLike, Reference, as_expression, equal, joined
from excel_export.formulas.functions import AND, IF, INDEX, INT, ISNUMBER, MATCH, MAX, MIN, OR
from excel_export.graph.whole_numbers import LARGEST
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.format_rules import refused_rule, warning_rule

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


@dataclass(frozen=True)
class InputCell:
    """A cell that a learner sets. Formulas read what is `used`, whatever was typed or pasted."""

    cell: Reference
    allowed: Allowed
    first: float | str | Name
    """What stands there at first; a name is a formula."""
    flag: Reference
    """The cell out of sight that is 1 where something else is used than what was typed, else 0."""
    used: Reference
    """The cell out of sight that holds what is used."""

    def draw(self, canvas: Canvas, style: str, hidden_style: str = "fixed") -> None:
        """Draw the cell, and the two out of sight."""
        self.fill(canvas, style, hidden_style)
        self.guard(canvas, self.cell)

    def fill(self, canvas: Canvas, style: str, hidden_style: str) -> None:
        """Write what stands in it at first, and the two cells out of sight."""
        canvas.put(self.cell.row, self.cell.col, self.first, style)
        canvas.put(self.flag.row, self.flag.col, self.allowed.refused(self.cell), hidden_style)
        used = self.allowed.used(self.cell, self.flag, self.first)
        canvas.put(self.used.row, self.used.col, used, hidden_style)

    def guard(self, canvas: Canvas, cells: Reference) -> None:
        """Let this cell, or all of a column that it begins, refuse what is not allowed, or turn red."""
        self.allowed.validate(canvas, cells)
        canvas.format(cells, refused_rule(self.flag))

    def remark(
        self, canvas: Canvas, at: Reference, words: OperandLike, style: str, *, asked: str = "",
        shown: Operand | None = None,
    ) -> None:  # fmt: skip
        """Write some words beside it; where something else is used than what was typed, say what.

        `asked` is what is asked for, where the words of what is allowed do not do; `shown` is what is used, as people
        read it, where that is not what the cell holds.
        """
        used = self.allowed.shown(self.used) if shown is None else shown
        refused = joined(f"{asked or self.allowed.asked}, please; until then it is ", used)
        canvas.put(at.row, at.col, IF(equal(self.flag, 1), refused, words), style)


@dataclass(frozen=True)
class InputColumns:
    """In which columns a sheet has its yellow cells, each in a row with its label and a remark."""

    label: int
    cell: int
    remark: int
    hidden: int
    """The first of the two out of sight."""
    remark_style: str = "label"
    hidden_style: str = "fixed"
    warns: bool = True
    """Whether the remark turns red, too."""
    height: float | None = None
    """Of the row."""

    def used(self, canvas: Canvas, row: int) -> Reference:
        """The cell that holds what is used."""
        return canvas.at(row, self.hidden + 1)

    def draw(
        self, canvas: Canvas, row: int, label: str, allowed: Allowed, first: float | str, style: str, words: OperandLike
    ) -> InputCell:
        """Draw a row: a label, a cell with what stands there at first, and words, where what was typed is used."""
        canvas.put(row, self.label, label, "label")
        flag, remark = canvas.at(row, self.hidden), canvas.at(row, self.remark)
        cell = InputCell(canvas.at(row, self.cell), allowed, first, flag, self.used(canvas, row))
        cell.draw(canvas, style, self.hidden_style)
        cell.remark(canvas, remark, words, self.remark_style)
        if self.warns:
            canvas.format(remark, warning_rule(flag))
        if self.height:
            canvas.heights[row] = self.height
        return cell


@dataclass(frozen=True)
class Control:
    """A cell on the start sheet that a learner sets."""

    label: str
    content: float | str
    name: Name
    """The defined name of the cell."""
    choices: Reference | Sequence[object]
    """What may be chosen: the cells of a list, or a few words and whole numbers."""
    hint: str

    @property
    def in_use(self) -> Name:
        """What formulas read: what was chosen where it is one of the choices, else what stood there at first.

        Of a list in cells it is the place of the chosen item, from 1 on; a learner may give that instead of the item.
        """
        return Name(f"{self.name.text}_in_use")
