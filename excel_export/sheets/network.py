"""The Network sheet: the computation as one picture, forward above, backward below.

A network too large for one picture has such a sheet for each of its layers.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from excel_export.canvas import Canvas
from excel_export.draft import Draft
from excel_export.grid import Grid
from excel_export.operator import Band
from excel_export.place import CELL_WIDTH, HEADER_ROWS, IMAGE_WIDTH, Block, Sheet
from excel_export.styles import BACKWARD, grad_scale, image_scale, value_scale

WHAT = "every number of the forward and the backward pass, as one picture"
HEADINGS: dict[Band, str] = {
    "forward": "FORWARD  →   from the inputs to the loss",
    "parameters": "PARAMETERS   what the network has learned: change any of them",
    "backward": "←  BACKWARD   how much the loss changes with each number above: read from right to left",
    "updates": "←  GRADIENTS OF THE PARAMETERS   how much the loss changes with each parameter",
}


def draw(draft: Draft, title: str) -> None:
    """Draw the network: one sheet, or one for each layer."""
    for sheet in draft.placement.sheets:
        draft.add(network_sheet(sheet, draft.contents, title, BACKWARD), WHAT)


def network_sheet(
    sheet: Sheet, contents: Mapping[Grid, np.ndarray], title: str, tab: str, headings: Mapping[Band, str] = HEADINGS
) -> Canvas:
    """Draw every tensor of a sheet at its place."""
    canvas = Canvas(sheet.name, tab, zoom=60, freeze="A3", row_height=15, one_page=True)
    canvas.say(1, 2, title, "title")
    canvas.heights[1] = 28
    canvas.widths = {1: 2} | dict.fromkeys(range(2, sheet.last_column + 1), CELL_WIDTH)
    for panel in sheet.panels:
        canvas.widths |= dict.fromkeys(range(panel.first, panel.first + panel.width), panel.cell_width)
    for band, row in sheet.bands.items():
        canvas.say(row, 2, headings[band], f"band_{band}")
        canvas.stripe(row, 2, sheet.last_column, f"band_{band}")
        canvas.heights[row] = 22
    for block in sheet.blocks:
        _draw(canvas, block, contents[block.grid])
    return canvas


def _draw(canvas: Canvas, block: Block, contents: np.ndarray) -> None:
    grid = block.grid
    canvas.say(grid.row - HEADER_ROWS, grid.col, block.title, f"title_{block.band}")
    canvas.say(grid.row - 1, grid.col, block.note, "note")
    canvas.fill(grid, contents, _style(block))
    if contents.size > 1:
        scale = {"input": image_scale, "grad": grad_scale, "seed": grad_scale, "parameter": grad_scale}.get(
            block.role, value_scale
        )
        canvas.rules.append((grid.area, scale(grid.area)))


def _style(block: Block) -> str:
    wide = block.grid.width >= IMAGE_WIDTH
    if block.role == "input":
        return "image" if wide else "input"
    return f"{block.role}_small" if wide and block.role in ("value", "grad") else block.role
