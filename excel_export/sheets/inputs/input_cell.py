"""A yellow cell: what a learner may type, what is used instead of anything else, and how one sees that."""

from collections.abc import Sequence
from dataclasses import dataclass

from excel_export.formulas import IF, Name, Operand, OperandLike, Reference, equal, joined
from excel_export.sheets.inputs.validation import Allowed
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.rules import refused_rule, warning_rule


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
