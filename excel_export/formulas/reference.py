"""References as values: a cell or a rectangle of cells of a sheet, relative or absolute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from excel_export.formulas.expression import Constant, Expression, Operand, Single
from excel_export.formulas.writing import Writer
from excel_export.shared.cells import LAST_COLUMN, letters_of

LETTERS = ["", *map(letters_of, range(1, LAST_COLUMN + 1))]


@cache
def quoted(sheet: str) -> str:
    """The sheet's name as a formula writes it.

    Always between apostrophes: without them a sheet named like a cell, such as fc1 or R1C1, would be one.
    """
    return "'" + sheet.replace("'", "''") + "'"


ROW = "\x01"
"""Stands on either side of a row that is left open. No formula holds this character, and no workbook can."""


class OpenRows(str):
    """The name of a sheet whose formulas will stand in several places: the rows of their references to it are marked.

    It is given in the place of the sheet's name to whatever writes formulas.
    """


def prefix_of(sheet: str, home: str) -> str:
    """What a formula on the sheet `home` writes before a cell of a sheet: its name; nothing, or a mark, at home."""
    if sheet != home:
        return f"{quoted(sheet)}!"
    return ROW if isinstance(home, OpenRows) else ""


@dataclass  # not frozen, which takes five times as long to make, and many are made; none is changed
class Reference(Operand):
    """Some cells of a sheet, which lie together as a rectangle.

    A reference with a fixed row or column keeps it when a formula is copied or dragged.
    """

    sheet: str
    row: int
    col: int
    height: int = 1
    width: int = 1
    row_fixed: bool = False
    col_fixed: bool = False

    def __hash__(self) -> int:
        # Of the cells of a sheet few differ in anything else, and no look-up is done more often.
        return hash((self.row, self.col, self.sheet))

    @property
    def cells(self) -> Expression:
        return Referred(self)

    @property
    def fixed(self) -> Reference:
        """An absolute reference: $B$3."""
        return type(self)(self.sheet, self.row, self.col, self.height, self.width, True, True)

    @property
    def plain(self) -> Reference:
        """The reference without fixed rows and columns: equal for equal cells."""
        if not (self.row_fixed or self.col_fixed):
            return self
        return Reference(self.sheet, self.row, self.col, self.height, self.width)

    @property
    def fixed_col(self) -> Reference:
        """A reference with a fixed column: $B3."""
        return replace(self, row_fixed=False, col_fixed=True)

    @property
    def fixed_row(self) -> Reference:
        """A reference with a fixed row: B$3."""
        return replace(self, row_fixed=True, col_fixed=False)

    @property
    def size(self) -> int:
        """How many cells."""
        return self.height * self.width

    @property
    def area(self) -> str:
        """The cells without their sheet: 'B3' or 'B3:D5'."""
        return self._area("")

    def _area(self, mark: str) -> str:
        row, col = "$" if self.row_fixed else "", "$" if self.col_fixed else ""
        first = f"{col}{LETTERS[self.col]}{row}{mark}{self.row}{mark}"
        if self.height == self.width == 1:
            return first
        return f"{first}:{col}{LETTERS[self.col + self.width - 1]}{row}{mark}{self.row + self.height - 1}{mark}"

    @property
    def everywhere(self) -> str:
        """The cells with their sheet: "'Start'!B3"."""
        return f"{quoted(self.sheet)}!{self.area}"

    def text(self, home: str) -> str:
        """The reference as a formula on the sheet `home` writes it."""
        if self.sheet == home:
            return self._area(ROW if isinstance(home, OpenRows) else "")
        return prefix_of(self.sheet, home) + self._area("")

    def at(self, down: int, right: int = 0) -> Reference:
        """One cell, so many rows and columns from the first."""
        row, col = self.row + down, self.col + right
        return Reference(self.sheet, row, col, 1, 1, self.row_fixed, self.col_fixed)

    @property
    def last(self) -> Reference:
        """The last cell."""
        return self.at(self.height - 1, self.width - 1)

    def to(self, other: Reference) -> Reference:
        """The rectangle from this cell to another one on the same sheet."""
        return replace(self, height=other.row - self.row + 1, width=other.col - self.col + 1)

    def each(self) -> list[Reference]:
        """Every cell, in reading order."""
        return [self.at(down, right) for down in range(self.height) for right in range(self.width)]


class Referred(Single):
    """A single reference as an expression, which the defined name of its cell may stand for."""

    def __init__(self, reference: Reference, name: str = "") -> None:
        super().__init__(name or reference)
        self.reference = reference

    def single(self, home: str) -> str:
        return self.token if isinstance(self.token, str) else self.reference.text(home)


class Span(Expression):
    """A range from a reference to where a formula leads: B3:INDEX(B3:B9, n)."""

    def __init__(self, first: Reference, last: Expression) -> None:
        self._first, self._last = first, last

    def of_parts(self, change: Callable[[Expression], Expression]) -> Expression:
        return Span(self._first, change(self._last))

    def write(self, out: Writer) -> None:
        self._first.cells.write(out)
        out.say(":")
        self._last.write(out)


@dataclass(frozen=True)
class Name(Operand):
    """A defined name, which stands for a cell wherever it is."""

    text: str

    @property
    def cells(self) -> Expression:
        return Constant(self)
