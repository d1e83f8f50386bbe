"""Lay grids of one shape side by side, section below section: the frame of the comparing sheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from excel_export.formulas import Grid
from excel_export.shared.cells import LAST_COLUMN
from excel_export.workbook.canvas import Canvas

FIRST_ROW, FIRST_COL, GAP = 5, 2, 2


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
