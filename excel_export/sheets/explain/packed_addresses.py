"""A cell of any sheet as one whole number, its code, so that formulas can compute which cell to read."""

from excel_export.book.names import explain_cells
from excel_export.formulas import ADDRESS, IF, INDEX, INT, MOD, Expression, Grid, Operand, Reference, equal, total
from excel_export.formulas.analysis.chosen import Found

ROW = 2**14
"""The change of a code with a row down: a sheet has fewer than 2^14 columns in use."""
SHEET = 2**34
"""The change of a code with a sheet further: a sheet has fewer than 2^20 rows in use."""
NONE = 10**15
"""The code of no cell; added to a code it still means none."""


class PackedAddresses:
    """Codes for the cells of some sheets, one integer each, with which formulas compute which cell to read.

    Its argument is a rectangle of cells for each sheet, the network's first. Each gets a defined name: a formula that
    reads another sheet by a name can be shared by many cells, and is written once.
    """

    def __init__(self, sheets: list[Reference]) -> None:
        self.sheets = sheets
        self._numbers = {cells.sheet: k for k, cells in reversed(list(enumerate(sheets)))}

    def code_of(self, cell: Reference) -> int:
        """Return the code of a cell: the number of its sheet, from 0 on, · 2^34 + row · 2^14 + column.

        Example:
            >>> PackedAddresses([Reference("Network", 1, 1, 9, 9)]).code_of(Reference("Network", 3, 2))
            49154
        """
        return self._numbers[cell.sheet] * SHEET + cell.row * ROW + cell.col

    def code_of_chosen(self, chosen: Found) -> Expression:
        """Return a formula for the code of the cell that INDEX reads: A1*16384+A2+32769 for INDEX(B3:D9,A1,A2)."""
        steps = (ROW, 1)[: len(chosen.places)]
        moved = [place * step if step > 1 else place for place, step in zip(chosen.places, steps, strict=True)]
        return total([*moved, self.code_of(chosen.cells) - sum(steps)])

    def number(self, address: Operand) -> Expression:
        """Return a formula for the number in the cell whose code, such as 49154 for B3, is in the cell `address`."""
        sheet, within = INT(address / SHEET), MOD(address, SHEET)
        row, col = INT(within / ROW), MOD(within, ROW)
        *others, found = (INDEX(explain_cells(k), row, col) for k in range(len(self.sheets)))
        for k, item in reversed(list(enumerate(others))):
            found = IF(equal(sheet, k), item, found)
        return found

    def steps(self, grid: Grid) -> list[int]:
        """Return the change of the code along each dimension of a grid: [16384, 1] for B3:D9 as a matrix of 7 × 3."""
        pairs = zip(grid.row_strides, grid.col_strides, strict=True)
        return [down * ROW + right for down, right in pairs]


def place_of(address: Reference) -> Expression:
    """Return a formula for an address as text, 'B3', from the code in the cell `address`, 49154, on the first sheet."""
    return ADDRESS(INT(address / ROW), MOD(address, ROW), 4)
