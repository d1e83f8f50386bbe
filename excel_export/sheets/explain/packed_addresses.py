"""A cell of any sheet as one whole number, so that formulas can work out which cell to read."""

from excel_export.formulas import ADDRESS, IF, INDEX, INT, MOD, Expression, Grid, Operand, Reference, equal, total
from excel_export.formulas.analysis.chosen import Found
from excel_export.sheets.names import explain_cells

ROW, SHEET = 2**14, 2**34
"""What a row down and a sheet further add to a code: a sheet has fewer than 2^14 columns and 2^20 rows in use."""
NONE = 10**15
"""What stands for no cell; added to a code it still does."""


class PackedAddresses:
    """The sheets that packed addresses lead to, each with the cells in use, which have a name.

    A formula that reads another sheet by a name can be shared by many cells, and is written once.
    """

    def __init__(self, sheets: list[Reference]) -> None:
        self.sheets = sheets
        self._numbers = {cells.sheet: k for k, cells in reversed(list(enumerate(sheets)))}

    def of(self, cell: Reference) -> int:
        """The code of a cell."""
        return self._numbers[cell.sheet] * SHEET + cell.row * ROW + cell.col

    def found(self, chosen: Found) -> Expression:
        """The code of the cell that INDEX finds."""
        steps = (ROW, 1)[: len(chosen.places)]
        moved = [place * step if step > 1 else place for place, step in zip(chosen.places, steps, strict=True)]
        return total([*moved, self.of(chosen.cells) - sum(steps)])

    def number(self, address: Operand) -> Expression:
        """What the cell of a code holds."""
        sheet, within = INT(address / SHEET), MOD(address, SHEET)
        row, col = INT(within / ROW), MOD(within, ROW)
        *others, found = (INDEX(explain_cells(k), row, col) for k in range(len(self.sheets)))
        for k, item in reversed(list(enumerate(others))):
            found = IF(equal(sheet, k), item, found)
        return found

    def steps(self, grid: Grid) -> list[int]:
        """What one step along each dimension adds to the code."""
        pairs = zip(grid.row_strides, grid.col_strides, strict=True)
        return [down * ROW + right for down, right in pairs]


def place_of(address: Reference) -> Expression:
    """How the cell of a code on the first sheet is called there, as a text: B3."""
    return ADDRESS(INT(address / ROW), MOD(address, ROW), 4)
