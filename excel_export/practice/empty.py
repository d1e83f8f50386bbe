"""Take the formulas out of some cells, when all else is drawn."""

from __future__ import annotations

from collections.abc import Sequence

from excel_export.formulas.reference import Reference
from excel_export.xlsx.canvas import Canvas


def empty(canvases: Sequence[Canvas], cells: Sequence[Reference]) -> None:
    """Let some cells, each with a formula, hold nothing, and look as before."""
    by_name = {canvas.name: canvas.cells for canvas in canvases}
    for cell in cells:
        line = by_name[cell.sheet][cell.row]
        _, style = line[cell.col]
        line[cell.col] = None, style
