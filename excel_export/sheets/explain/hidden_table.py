"""What a sheet looks up, as it is written where nobody sees it: tables, and factors."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from excel_export.formulas import INDEX, Constant, Expression, Operand, Reference, joined
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.styles import GREY

FACTORS = "Explain factors"
HEAD, FIRST = 2, 3
Content = float | str | Operand


class HiddenTable:
    """Columns with heads, from a column of a sheet on; rows are added one by one."""

    def __init__(self, canvas: Canvas, first_col: int, heads: Sequence[str]) -> None:
        self._canvas, self._columns = canvas, {head: first_col + k for k, head in enumerate(heads)}
        self.end = first_col + len(heads) + 1
        """Where another table may begin beside it."""
        self.count = 0
        canvas.across(HEAD, first_col, heads, "fixed")

    def add(self, *contents: Content | None) -> int:
        """Add a row; return its number, from 1 on. A 0 is left out, and so is nothing: looked up, both are 0."""
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
        """The cells of a column; two at least, since one engine finds nothing in a single cell."""
        return self._canvas.at(FIRST, self._columns[head], height=max(2, self.count)).fixed

    def look_up(self, head: str, row: Operand) -> Expression:
        """What stands in a column, in a row that is worked out."""
        return INDEX(self.column(head), row)

    def text(self, head: str, row: Operand) -> Expression:
        """The text in a column; an empty one would come back as 0."""
        return joined(self.look_up(head, row), "")


@dataclass
class Factors:
    """The sheet of factors that stand in no cell of the network: slopes, and numbers."""

    canvas: Canvas = field(default_factory=lambda: Canvas(FACTORS, GREY))
    _known: dict[str, Reference] = field(default_factory=dict)

    def place(self, formula: Expression) -> Reference:
        """The cell of a formula; formulas that are written alike share one."""
        text = formula.text(FACTORS)
        if text not in self._known:
            cell = self._known[text] = self.canvas.at(1 + len(self._known), 1)
            self.canvas.put(cell.row, cell.col, Constant(text), "fixed")
        return self._known[text]

    @property
    def cells(self) -> Reference:
        """All of them; two cells at least, as of the columns of a table."""
        return self.canvas.at(1, 1, height=max(2, len(self._known)))
