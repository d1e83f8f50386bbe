"""The Network sheet: the whole computation as one picture, forward above, backward below."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from excel_export.canvas import Canvas
from excel_export.grid import Grid
from excel_export.operator import Band
from excel_export.place import BANDS, CELL_WIDTH, HEADER_ROWS, IMAGE_WIDTH, SHEET, Block, Placement
from excel_export.styles import BACKWARD, grad_scale, image_scale, value_scale

HEADINGS: dict[Band, str] = {
    "forward": "FORWARD  →   from the inputs to the loss",
    "parameters": "PARAMETERS   what the network has learned: change any of them",
    "backward": "←  BACKWARD   how much the loss changes with each number above: read from right to left",
    "updates": "←  GRADIENTS OF THE PARAMETERS   how much the loss changes with each parameter",
}


def network_sheet(placement: Placement, contents: Mapping[Grid, np.ndarray], title: str) -> Canvas:
    """Draw every tensor of the graph at its place."""
    canvas = Canvas(SHEET, BACKWARD, zoom=60, freeze="A3", row_height=15, one_page=True)
    canvas.say(1, 2, title, "title")
    canvas.heights[1] = 28
    canvas.widths = {1: 2} | dict.fromkeys(range(2, placement.last_column + 1), CELL_WIDTH)
    for column in placement.columns:
        canvas.widths |= dict.fromkeys(range(column.first, column.first + column.width), column.cell_width)
    for band in BANDS:
        row = placement.bands[band]
        canvas.say(row, 2, HEADINGS[band], f"band_{band}")
        canvas.stripe(row, 2, placement.last_column, f"band_{band}")
        canvas.heights[row] = 22
    for block in placement.blocks:
        _draw(canvas, placement, block, contents[block.grid])
    return canvas


def _draw(canvas: Canvas, placement: Placement, block: Block, contents: np.ndarray) -> None:
    grid = block.grid
    band = next(band for band in reversed(BANDS) if placement.bands[band] < grid.row)
    canvas.say(grid.row - HEADER_ROWS, grid.col, block.title, f"title_{band}")
    canvas.say(grid.row - 1, grid.col, block.note, "note")
    canvas.fill(grid, contents, _style(block))
    if contents.size > 1:
        scale = {"input": image_scale, "grad": grad_scale, "parameter": grad_scale}.get(block.role, value_scale)
        canvas.rules.append((grid.area, scale(grid.area)))


def _style(block: Block) -> str:
    wide = block.grid.width >= IMAGE_WIDTH
    if block.role == "input":
        return "image" if wide else "input"
    return f"{block.role}_small" if wide and block.role in ("value", "grad") else block.role
