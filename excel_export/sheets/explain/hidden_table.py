"""Tables that a sheet reads, on a hidden sheet: rows of contents, and factors."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from excel_export.formulas import INDEX, Constant, Expression, Operand, Reference, joined
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.styles import GREY

FACTORS = "Explain factors"
HEAD, FIRST = 2, 3
Content = float | str | Operand


class HiddenTable:
    """A table with heads on a hidden sheet: HiddenTable(canvas, 1, ("name", "code")) has its columns in A and B."""

    def __init__(self, canvas: Canvas, first_col: int, heads: Sequence[str]) -> None:
        self._canvas, self._columns = canvas, {head: first_col + k for k, head in enumerate(heads)}
        self.end = first_col + len(heads) + 1
        """The first column for another table beside it."""
        self.count = 0
        canvas.across(HEAD, first_col, heads, "fixed")

    def add(self, *contents: Content | None) -> int:
        """Add a row, and return its number, from 1 on. 0 and None are left empty: a formula reads both as 0."""
        row = FIRST + self.count
        line = self._canvas.cells.setdefault(row, {})
        for col, content in zip(self._columns.values(), contents, strict=True):
            if type(content) is int:  # as most are
                if content:
                    line[col] = content, "fixed"
            elif content is not None:
                self._canvas.put(row, col, content, "fixed")
        self.count += 1
        return self.count

    def column(self, head: str) -> Reference:
        """Return the cells of a column by its head, $B$3:$B$9; at least two, as one engine fails on a single cell."""
        return self._canvas.at(FIRST, self._columns[head], height=max(2, self.count)).fixed

    def look_up(self, head: str, row: Operand) -> Expression:
        """Return a formula for the content of a column in the row, from 1 on, in a cell: INDEX($B$3:$B$9,C1)."""
        return INDEX(self.column(head), row)

    def text(self, head: str, row: Operand) -> Expression:
        """Return a formula that looks up a text in a column: INDEX($B$3:$B$9,C1)&"", so an empty cell gives
        '', not 0.
        """
        return joined(self.look_up(head, row), "")


@dataclass
class Factors:
    """The hidden sheet of factors in no cell of the network, one a row: slopes, such as 1-B3^2, and numbers."""

    canvas: Canvas = field(default_factory=lambda: Canvas(FACTORS, GREY))
    """The hidden sheet."""
    _known: dict[str, Reference] = field(default_factory=dict)

    def place(self, formula: Expression) -> Reference:
        """Return the cell of a formula, 'Explain factors'!A1 for the first one; equal formulas share a cell."""
        text = formula.text(FACTORS)
        if text not in self._known:
            cell = self._known[text] = self.canvas.at(1 + len(self._known), 1)
            self.canvas.put(cell.row, cell.col, Constant(text), "fixed")
        return self._known[text]

    @property
    def cells(self) -> Reference:
        """The cells of all factors, $A$1:$A$9, at least two: one engine fails on a single cell."""
        return self.canvas.at(1, 1, height=max(2, len(self._known)))
