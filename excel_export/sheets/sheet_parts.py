"""Parts of several sheets: tensors below one another, grids side by side, a number format."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from excel_export.formulas import INDEX, MID, Expression, Grid, OperandLike, as_expression, joined, table
from excel_export.shared.cells import LAST_COLUMN
from excel_export.workbook.canvas import Canvas

FIRST_ROW, FIRST_COL, GAP = 5, 2, 2


@dataclass(frozen=True)
class Stack:
    """Cells for several tensors of one shape on one sheet, at equal distances below one another.

    Example:
        >>> stack = Stack(Grid("Sheet1", 5, 2, (1, 2), (1, 0), (0, 1)), apart=3, count=4)
        >>> stack.place(1).area
        'B8:C8'
    """

    first: Grid
    """The cells of the first tensor."""
    apart: int
    """The number of rows from the first row of a tensor to that of the next."""
    count: int
    """The number of tensors, at least two for `pick`: one engine finds nothing in a single cell."""

    def place(self, number: int) -> Grid:
        """Return the cells of one of the tensors, counted from 0."""
        return self.first.below(number * self.apart)

    def pick(self, number: OperandLike) -> Expression:
        """Return the formulas of a tensor, in its shape, for the one whose number, from 1 on, is in the cell `number`:
        INDEX(B5:B14,3*(A1-1)+1), INDEX(C5:C14,3*(A1-1)+1).
        """
        return INDEX(self._lines, self.apart * (as_expression(number) - 1) + 1)

    @cached_property
    def _lines(self) -> Expression:
        height = self.apart * (self.count - 1) + 1
        return table(self.first.shape, lambda *index: replace(self.first.at(*index), height=height))


class Sections:
    """A sheet of titled sections below one another, from row 5 on; each has grids of one shape."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.row = FIRST_ROW

    def add(self, title: str, model: Grid, heads: Sequence[str]) -> list[Grid]:
        """Write a title and heads, and return a grid shaped like `model` below each head: [B7:D8, G7:I8] for two heads.

        The grids stand side by side, or below one another if the sheet is too narrow.
        """
        self.canvas.say(self.row, FIRST_COL, title, "heading")
        # A bias may stand spread out beside its filters; here it stands alone.
        packed = replace(model, row_strides=(1,), col_strides=(0,)) if len(model.shape) == 1 else model
        grids: list[Grid] = []
        col = FIRST_COL
        for head in heads:
            if grids and col + grids[0].width - 1 > LAST_COLUMN:
                self.row += grids[0].height + 2
                col = FIRST_COL
            self.canvas.say(self.row + 1, col, head, "note")
            grids.append(packed.moved(self.canvas.name, self.row + 2, col).relative)
            col += max(model.width, 2) + GAP
            self.canvas.widths |= dict.fromkeys(range(FIRST_COL, min(col, LAST_COLUMN + 1)), 6.6)
        self.row += grids[0].height + 4
        return grids


def number_format(decimals: int) -> Expression:
    """Return a formula for the number format of TEXT with a number of decimals: for 2, "0.00" or "0,00" by language.

    TEXT reads its format in the reader's language: to a German, the point in "0.00" parts thousands.
    """
    return joined("0", MID(as_expression(1) / 2, 2, 1), "0" * decimals)
