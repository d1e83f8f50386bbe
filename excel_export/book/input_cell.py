"""A yellow cell: the contents that a learner may type, the contents in use instead of others, and the signs of both.

A rule with an alert stops a person from typing anything else. But a cell can be emptied, and pasted contents pass every
rule.
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
"""The size from which on a number is written with commas."""
REFUSED = "red is not allowed: what stood there at first is used"


class Allowed(ABC):
    """The contents that a yellow cell may have: Between(0, 1), OneOf(["SGD", "Adam"]), or those listed in other cells.

    `validate` gives the cell an alert; `refused` and `used` are the formulas of the two hidden cells of an `InputCell`.
    """

    @property
    @abstractmethod
    def asked(self) -> str:
        """The contents in words, such as 'A number from 0 to 1'."""

    @abstractmethod
    def validate(self, canvas: Canvas, cells: Reference) -> None:
        """Add a rule to the canvas: a program shows an alert if these cells get contents that are not allowed."""

    @abstractmethod
    def refused(self, cell: Operand) -> Expression:
        """Return a formula: 0 if a cell holds allowed contents, else 1: IF(OR(B3="SGD",B3="Adam"),0,1)."""

    def used(self, cell: Operand, flag: Operand, first: float | str | Name) -> Expression:
        """Return a formula for the content in use: the cell's, or `first` if the cell `flag` is 1: IF(C3=1,0.1,B3)."""
        return IF(equal(flag, 1), first, cell)

    def shown(self, used: Reference) -> Expression:
        """Return a formula for what people read for the content in the cell `used`: D3, that content itself.

        For a PlaceOf, where the content is the position of an item, it is the item: INDEX(I5:I8,D3).
        """
        return used.cells


@dataclass(frozen=True)
class Between(Allowed):
    """A number, or an integer, from the lowest to the highest.

    Example:
        >>> Between(0, 1).asked, Between(1, 9, whole=True).asked
        ('A number from 0 to 1', 'A whole number from 1 to 9')
    """

    lowest: float
    """The least allowed number."""
    highest: float
    """The largest allowed number."""
    whole: bool = False
    """True if only integers are allowed."""
    nearest: bool = True
    """True if the nearer limit replaces a number beyond it, 1 for 7 in 0 to 1; False if the content at first does."""
    title: str = ""
    """The title of the alert; '' for 'A number' or 'A whole number'."""
    words: str = ""
    """What `asked` returns: 'A rate above 0'; '' for words made from the two limits."""

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
    """Return a formula: 0 if a cell holds a number, with `whole` an integer, from the lowest to the highest, else 1.

    Example:
        >>> outside(Reference("Sheet1", 3, 2), 0, 1, whole=False).text("Sheet1")
        'IF(ISNUMBER(B3),IF(AND(B3>=0,B3<=1),0,1),1)'
    """
    # Of a text there is no INT: it is asked for where there is a number.
    is_whole = (equal(cells, INT(cells)),) if whole else ()
    return IF(ISNUMBER(cells), IF(AND(cells >= lowest, cells <= highest, *is_whole), 0, 1), 1)


def any_number(*values: float | str) -> Between:
    """Return all numbers from −m to m, where m is the largest |x| in `values`, at least 1,000,000; texts don't count.

    Example:
        >>> any_number(0.5, -2_000_000, "auto").asked
        'A number from -2,000,000 to 2,000,000'
    """
    most = max(LARGEST, *(abs(value) for value in values if not isinstance(value, str)), 0)
    return Between(-most, most)


@dataclass(frozen=True)
class OneOf(Allowed):
    """A few words and integers. If the integers ascend by 1, as 0, 1, …, 9, `asked` names them, else 'the list'.

    Example:
        >>> OneOf(["SGD", "Adam"]).asked, OneOf([*range(10), "auto"]).asked
        ('One of the list', "0, 1, … 9 or 'auto'")
    """

    items: Sequence[object]
    """The words and integers: ['SGD', 'Adam'], or [0, 1, 2, 'auto']."""

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
        """The numbers among the items if they are whole and consecutive, else None."""
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
    """One of the items in some cells, ItemOf(Reference("Start", 5, 9, 4)) for those in I5:I8."""

    cells: Operand
    """The cells with the items, below one another."""
    asked = "One of the list"

    def validate(self, canvas: Canvas, cells: Reference) -> None:
        canvas.allow_list(cells, self.cells, f"{self.asked}, please.")

    def refused(self, cell: Operand) -> Expression:
        return IF(ISNUMBER(MATCH(cell, self.cells, 0)), 0, 1)


@dataclass(frozen=True)
class PlaceOf(ItemOf):
    """One of the items in some cells, or its position among them: 'Adam' or 2. In use is the position, 2."""

    cells: Reference
    """The cells with the items, below one another."""

    def refused(self, cell: Operand) -> Expression:
        return IF(equal(self._place(cell), 0), 1, 0)

    def used(self, cell: Operand, flag: Operand, first: float | str | Name) -> Expression:
        return IF(equal(flag, 1), MATCH(first, self.cells, 0), self._place(cell))

    def shown(self, used: Reference) -> Expression:
        return INDEX(self.cells, used)

    def _place(self, cell: Operand) -> Expression:
        found = MATCH(cell, self.cells, 0)
        is_place = equal(Between(1, self.cells.size, whole=True).refused(cell), 0)
        return IF(ISNUMBER(found), found, IF(is_place, cell, 0))


@dataclass(frozen=True)
class InputCell:
    """A yellow cell that a learner sets, and two hidden cells; formulas read `used` alone.

    InputCell(B3, Between(0, 1), 0.1, flag, used) holds 0.1 at first.
    """

    cell: Reference
    """The yellow cell."""
    allowed: Allowed
    """The contents that it may have."""
    first: float | str | Name
    """The content at first: 0.1; for Name('learning_rate') the formula =learning_rate."""
    flag: Reference
    """The hidden cell that is 1 if the typed content is not allowed, else 0."""
    used: Reference
    """The hidden cell with the content in use: the typed one, or if it is not allowed what `allowed.used` says, as
    `first`."""

    def draw(self, canvas: Canvas, style: str, hidden_style: str = "fixed") -> None:
        """Write the first content, with an alert for others, and the hidden cells' formulas; styles are in STYLES."""
        self.fill(canvas, style, hidden_style)
        self.guard(canvas, self.cell)

    def fill(self, canvas: Canvas, style: str, hidden_style: str) -> None:
        """Write the first content into the yellow cell, formulas into the hidden ones; styles are names of STYLES."""
        canvas.put(self.cell.row, self.cell.col, self.first, style)
        canvas.put(self.flag.row, self.flag.col, self.allowed.refused(self.cell), hidden_style)
        used = self.allowed.used(self.cell, self.flag, self.first)
        canvas.put(self.used.row, self.used.col, used, hidden_style)

    def guard(self, canvas: Canvas, cells: Reference) -> None:
        """Give `cells` an alert, and a colour for contents that are not allowed.

        They are the yellow cell, or a column that begins with it: then the caller writes the flags of the further cells
        below `flag`, each in its cell's row.
        """
        self.allowed.validate(canvas, cells)
        canvas.format(cells, refused_rule(self.flag))

    def remark(
        self, canvas: Canvas, at: Reference, words: OperandLike, style: str, *, asked: str = "",
        shown: Operand | None = None,
    ) -> None:  # fmt: skip
        """Write `words`, a text or a formula, into the cell `at`, in a style, a name of STYLES.

        While the content is not allowed, there is 'A number from 0 to 1, please; until then it is 0.1' instead.

        Args:
            canvas: the sheet.
            at: the cell of the remark.
            words: the words while the typed content is used: 'try 0.5'.
            style: the style of the remark, a name of STYLES.
            asked: the allowed contents in words; '' for `allowed.asked`.
            shown: the last word of the remark, 0.1; None for `allowed.shown(used)`.
        """
        used = self.allowed.shown(self.used) if shown is None else shown
        refused = joined(f"{asked or self.allowed.asked}, please; until then it is ", used)
        canvas.put(at.row, at.col, IF(equal(self.flag, 1), refused, words), style)


@dataclass(frozen=True)
class InputColumns:
    """The columns of rows with a label, a yellow cell and a remark: InputColumns(2, 3, 4, hidden=9) for B, C, D."""

    label: int
    """The column of the label, from 1 on."""
    cell: int
    """The column of the yellow cell, from 1 on."""
    remark: int
    """The column of the remark, from 1 on."""
    hidden: int
    """The first of the two hidden columns, for `InputCell.flag`; the next one is for `InputCell.used`."""
    remark_style: str = "label"
    """The style of the remarks, a name of STYLES."""
    hidden_style: str = "fixed"
    """The style of the hidden cells, a name of STYLES."""
    warns: bool = True
    """True if the remark turns red while the content is not allowed."""
    height: float | None = None
    """The height of the rows, in points; None for the sheet's `row_height`."""

    def used(self, canvas: Canvas, row: int) -> Reference:
        """Return the hidden cell with the content in use for the yellow cell in a row: J5 for row 5 and `hidden` 9."""
        return canvas.at(row, self.hidden + 1)

    def draw(
        self, canvas: Canvas, row: int, label: str, allowed: Allowed, first: float | str, style: str, words: OperandLike
    ) -> InputCell:
        """Draw a row: a label, a yellow cell with its content at first, and a remark while the typed content is used.

        Args:
            canvas: the sheet.
            row: the row, from 1 on.
            label: the text before the cell: 'Learning rate'.
            allowed: the contents that may be typed.
            first: the content at first: 0.1.
            style: the style of the cell, such as 'rate_edit'.
            words: the remark: 'how far each step goes'.
        """
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
    """A yellow cell on the start sheet: Control('Digit', 3, Name('digit'), range(10), 'choose another')."""

    label: str
    """The text before the cell."""
    content: float | str
    """The content at first: 3."""
    name: Name
    """The defined name of the cell: Name('digit')."""
    choices: Reference | Sequence[object]
    """The allowed contents: the cells of a list, or a few words and whole numbers."""
    hint: str
    """A remark beside the cell: 'choose another'."""

    @property
    def in_use(self) -> Name:
        """The name of the cell that formulas read, Name('digit_in_use') for Name('digit').

        That cell has the typed content if it is allowed, else the one at first; for a list in cells the position of the
        chosen item, from 1 on, which a learner may type, too.
        """
        return Name(f"{self.name.text}_in_use")
