"""Read a sheet at a row and a column that formulas work out."""

from __future__ import annotations

from excel_export.compiler.place.placement import Sheet
from excel_export.formulas.expression import Expression, Operand, OperandLike, joined
from excel_export.formulas.functions import ADDRESS, HYPERLINK, INDEX
from excel_export.formulas.reference import Reference, quoted

_RELATIVE = 4


class Lookup:
    """The cells of a sheet, by formulas for their row and their column."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet.name
        self._cells = Reference(sheet.name, 1, 1, height=sheet.last_row, width=sheet.last_column).fixed

    def number(self, row: Operand, col: Operand) -> Expression:
        """What the cell holds."""
        return INDEX(self._cells, row, col)

    def link(self, row: Operand, col: Operand) -> Expression:
        """A link to the cell, which shows its name: 'CW176'."""
        return self._link(row, col, ADDRESS(row, col, _RELATIVE))

    def link_between(self, before: OperandLike, row: Operand, col: Operand, after: OperandLike) -> Expression:
        """A link to the cell, which shows its name with its sheet, 'Network!CW176', between two texts."""
        return self._link(row, col, joined(before, f"{self._sheet}!", ADDRESS(row, col, _RELATIVE), after))

    def _link(self, row: Operand, col: Operand, text: OperandLike) -> Expression:
        return HYPERLINK(joined(f"#{quoted(self._sheet)}!", ADDRESS(row, col, _RELATIVE)), text)
