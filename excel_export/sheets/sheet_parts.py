"""What several sheets are made of: tensors below one another, grids side by side, a format of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from excel_export.formulas import INDEX, MID, Expression, Grid, OperandLike, as_expression, joined, table
from excel_export.shared.cells import LAST_COLUMN
from excel_export.workbook.canvas import Canvas

FIRST_ROW, FIRST_COL, GAP = 5, 2, 2


@dataclass(frozen=True)
class Stack:
    """Places for some tensors, on one sheet."""

    first: Grid
    apart: int
    """Rows from each to the next."""
    count: int
    """Two or more; one engine cannot take the first of a single cell."""

    def place(self, number: int) -> Grid:
        """Where one of them lies, counted from 0."""
        return self.first.below(number * self.apart)

    def pick(self, number: OperandLike) -> Expression:
        """Formulas for the elements of one of them, in its shape; its number is counted from 1."""
        return INDEX(self._lines, self.apart * (as_expression(number) - 1) + 1)

    @cached_property
    def _lines(self) -> Expression:
        """For each element the cells from the first tensor's to the last one's."""
        height = self.apart * (self.count - 1) + 1
        return table(self.first.shape, lambda *index: replace(self.first.at(*index), height=height))


class Sections:
    """Hands out places for sections of equally shaped grids on a canvas, from top to bottom."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.row = FIRST_ROW

    def add(self, title: str, model: Grid, heads: Sequence[str]) -> list[Grid]:
        """Write a section's headings and return a place shaped like `model` under each.

        They stand side by side, or below one another where the sheet is too narrow.
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
    """A format with so many decimals.

    TEXT reads its format in the reader's language: to a German, the point in "0.00" parts thousands.
    """
    return joined("0", MID(as_expression(1) / 2, 2, 1), "0" * decimals)
