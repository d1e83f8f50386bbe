"""References: one cell or a rectangle of cells of a sheet, relative or absolute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeAlias

from excel_export.formulas.expression import Constant, Expression, Operand, Single
from excel_export.formulas.writing import Writer
from excel_export.shared.cells import LAST_COLUMN, letters_of

LETTERS = ["", *map(letters_of, range(1, LAST_COLUMN + 1))]
"""The letters of each column, by its number from 1 on: LETTERS[28] is 'AB'."""


@cache
def quoted(sheet: str) -> str:
    """Return a sheet's name as a formula writes it, always between apostrophes.

    Without apostrophes a sheet with the name of a cell, such as fc1 or R1C1, would be read as that cell.

    Example:
        >>> quoted("Bob's")
        "'Bob''s'"
    """
    return "'" + sheet.replace("'", "''") + "'"


ROW = "\x01"
"""The mark on both sides of a row number that copies of the formula replace. No formula and no workbook can hold it."""


class OpenRows(str):
    r"""A sheet's name, OpenRows('Sheet1'), that makes row numbers in formulas of this sheet exchangeable.

    Passed as `home`, it makes references to the sheet's cells have marked rows, 'B\x013\x01', which copies fill in.
    """


def prefix_of(sheet: str, home: str) -> str:
    r"""Return what a formula on the sheet `home` writes before a cell of `sheet`.

    Example:
        >>> prefix_of("Sheet1", "Start"), prefix_of("Sheet1", "Sheet1")
        ("'Sheet1'!", '')

    On the same sheet, if `home` is an `OpenRows`, it is `ROW`, '\x01': nothing is written before the cell, but its row
    number is to be marked.
    """
    if sheet != home:
        return f"{quoted(sheet)}!"
    return ROW if isinstance(home, OpenRows) else ""


@dataclass  # not frozen, which takes five times as long to make, and many are made; none is changed
class Reference(Operand):
    """A rectangle of cells of a sheet, one cell by default.

    Example:
        >>> Reference("Sheet1", row=3, col=2, height=2).fixed_col.text("Sheet2")
        "'Sheet1'!$B3:$B4"
    """

    sheet: str
    """The name of the sheet, without apostrophes."""
    row: int
    """The first row, from 1 on."""
    col: int
    """The first column, from 1 on: 2 for B."""
    height: int = 1
    """The number of rows."""
    width: int = 1
    """The number of columns."""
    row_fixed: bool = False
    """True for $ before the row numbers: they stay when the formula is copied or dragged."""
    col_fixed: bool = False
    """True for $ before the column letters."""

    def __hash__(self) -> int:
        # Of the cells of a sheet few differ in anything else, and no look-up is done more often.
        return hash((self.row, self.col, self.sheet))

    @property
    def cells(self) -> Expression:
        return Referred(self)

    @property
    def fixed(self) -> Reference:
        """The reference with row and column fixed: $B$3 of B3."""
        return type(self)(self.sheet, self.row, self.col, self.height, self.width, True, True)

    @property
    def plain(self) -> Reference:
        """The reference without fixed rows and columns: B3 of $B$3. References to equal cells are then equal."""
        if not (self.row_fixed or self.col_fixed):
            return self
        return Reference(self.sheet, self.row, self.col, self.height, self.width)

    @property
    def fixed_col(self) -> Reference:
        """The reference with only the column fixed: $B3 of B3."""
        return replace(self, row_fixed=False, col_fixed=True)

    @property
    def fixed_row(self) -> Reference:
        """The reference with only the row fixed: B$3 of B3."""
        return replace(self, row_fixed=True, col_fixed=False)

    @property
    def size(self) -> int:
        """The number of cells: 9 for B3:D5."""
        return self.height * self.width

    @property
    def area(self) -> str:
        """The address without the sheet: 'B3' or 'B3:D5'."""
        return self._area("")

    def _area(self, mark: str) -> str:
        row, col = "$" if self.row_fixed else "", "$" if self.col_fixed else ""
        first = f"{col}{LETTERS[self.col]}{row}{mark}{self.row}{mark}"
        if self.height == self.width == 1:
            return first
        return f"{first}:{col}{LETTERS[self.col + self.width - 1]}{row}{mark}{self.row + self.height - 1}{mark}"

    @property
    def everywhere(self) -> str:
        """The address with the sheet: "'Start'!B3"."""
        return f"{quoted(self.sheet)}!{self.area}"

    def text(self, home: str) -> str:
        """Return the reference as a formula on the sheet `home` writes it: 'B3' there, "'Sheet1'!B3" on others."""
        if self.sheet == home:
            return self._area(ROW if isinstance(home, OpenRows) else "")
        return prefix_of(self.sheet, home) + self._area("")

    def at(self, down: int, right: int = 0) -> Reference:
        """Return the cell `down` rows and `right` columns from the first cell: C4 for B3:D5 and (1, 1)."""
        row, col = self.row + down, self.col + right
        return Reference(self.sheet, row, col, 1, 1, self.row_fixed, self.col_fixed)

    @property
    def last(self) -> Reference:
        """The cell at the bottom right: D5 of B3:D5."""
        return self.at(self.height - 1, self.width - 1)

    def to(self, other: Reference) -> Reference:
        """Return the rectangle from this cell to `other`, which is not above it or to its left: B3:D5 from B3 to D5."""
        return replace(self, height=other.row - self.row + 1, width=other.col - self.col + 1)

    def each(self) -> list[Reference]:
        """Return all cells in reading order, left to right, then top to bottom: [B3, C3, B4, C4] for B3:C4."""
        return [self.at(down, right) for down in range(self.height) for right in range(self.width)]


class Referred(Single):
    """An expression that is one reference: 'B3', or 'rate' if the cell has this defined name."""

    def __init__(self, reference: Reference, name: str = "") -> None:
        super().__init__(name or reference)
        self.reference = reference

    def single(self, home: str) -> str:
        return self.token if isinstance(self.token, str) else self.reference.text(home)


class Span(Expression):
    """A range whose last cell is found by a formula: Span(B3, INDEX(B3:B9,n)) is B3:INDEX(B3:B9,n)."""

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
    """A defined name, by which a formula reads a cell wherever it stands: Name('rate')."""

    text: str
    """The name, as formulas write it."""

    @property
    def cells(self) -> Expression:
        return Constant(self)


Token: TypeAlias = str | float | Name | Reference | tuple[Reference, Reference]
"""A piece of one formula: text, a constant, a name, a reference, or two ranges for SUMPRODUCT."""
