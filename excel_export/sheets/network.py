"""The Network sheet: the computation as one picture, forward above, backward below.

A network too large for one picture has such a sheet for each of its layers.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from openpyxl.utils import get_column_letter

from excel_export.compiler.place import CELL_WIDTH, HEADER_ROWS, IMAGE_WIDTH, Block, Sheet
from excel_export.formulas.grid import Grid
from excel_export.formulas.operator import Band
from excel_export.sheets.draft import Draft
from excel_export.sheets.steps import NETWORK_CHOICE, STEP, Plan, chooser, current
from excel_export.xlsx.canvas import Canvas, cell
from excel_export.xlsx.styles import (
    BACKWARD,
    frame_rule,
    grad_scale,
    headline_rule,
    image_scale,
    value_scale,
    veil_rule,
)

PANEL_WIDTH = 90

WHAT = "every number of the forward and the backward pass, as one picture"
WHAT_LAYER = "every number of the forward and the backward pass, from this layer to the next sheet"
HEADINGS: dict[Band, str] = {
    "forward": "FORWARD  →   from the inputs to the loss",
    "parameters": "PARAMETERS   what the network has learned: change any of them",
    "backward": "←  BACKWARD   how much the loss changes with each number above: read from right to left",
    "updates": "←  GRADIENTS OF THE PARAMETERS   how much the loss changes with each parameter",
}


def draw(draft: Draft, title: str) -> Plan | None:
    """Draw the network: one sheet, step by step, or a sheet for each layer; return the steps."""
    if not draft.placement.is_one_picture:
        for sheet in draft.placement.sheets:
            draft.add(network_sheet(sheet, draft.contents, title, BACKWARD), WHAT_LAYER)
        return None
    plan = Plan(draft)
    canvas = network_sheet(draft.placement.sheets[0], draft.contents, title, BACKWARD, plan=plan)
    _add_panel(canvas, plan)
    draft.names[NETWORK_CHOICE] = f"{canvas.name}!$F$2"
    draft.add(canvas, WHAT)
    return plan


def network_sheet(
    sheet: Sheet,
    contents: Mapping[Grid, np.ndarray],
    title: str,
    tab: str,
    headings: Mapping[Band, str] = HEADINGS,
    plan: Plan | None = None,
) -> Canvas:
    """Draw every tensor of a sheet at its place; with a plan, each appears at its step."""
    canvas = Canvas(sheet.name, tab, zoom=60, freeze="A7" if plan else "A3", row_height=15, one_page=True)
    canvas.say(1, 2, title, "title")
    canvas.heights[1] = 28
    canvas.widths = {1: 2} | dict.fromkeys(range(2, sheet.last_column + 1), CELL_WIDTH)
    for panel in sheet.panels:
        canvas.widths |= dict.fromkeys(range(panel.first, panel.first + panel.width), panel.cell_width)
    for band, row in sheet.bands.items():
        canvas.say(row, 2, headings[band], f"band_{band}")
        canvas.stripe(row, 2, sheet.last_column, f"band_{band}")
        canvas.heights[row] = 36
    for block in sheet.blocks:
        _draw(canvas, block, contents[block.grid], plan.of(block) if plan else 1)
    return canvas


def _add_panel(canvas: Canvas, plan: Plan) -> None:
    """Say above the picture what the current step does."""
    canvas.say(2, 2, "Step", "panel_label")
    chooser(canvas, 2, 6, plan, on_start=False)
    canvas.say(2, 30, "choose a step here, or on the Start sheet; now:", "panel_label")
    canvas.put(2, 48, current("C", plan), "panel_math")
    for row, (column, style, height) in enumerate(
        (("D", "panel", 58), ("E", "panel_math", 30), ("F", "panel", 30)), start=3
    ):
        canvas.put(row, 2, current(column, plan), style)
        canvas.merged.append(f"B{row}:{get_column_letter(PANEL_WIDTH)}{row}")
        canvas.heights[row] = height
    canvas.heights[2] = 32
    canvas.merged.append(f"F2:{get_column_letter(28)}2")


def _draw(canvas: Canvas, block: Block, contents: np.ndarray, step: int) -> None:
    grid = block.grid
    canvas.say(grid.row - HEADER_ROWS, grid.col, block.title, f"title_{block.band}")
    canvas.say(grid.row - 1, grid.col, block.note, "note")
    canvas.fill(grid, contents, _style(block, contents))
    hidden = ""
    if step > 1:
        hidden = f"{STEP}<{step}"
        canvas.rules += [(grid.area, veil_rule(hidden)), (grid.area, frame_rule(f"{STEP}={step}"))]
        canvas.rules.append((cell(grid.row - HEADER_ROWS, grid.col), headline_rule(f"{STEP}={step}")))
    if contents.size > 1:
        scale = grad_scale if block.role in ("grad", "seed", "parameter") else value_scale
        canvas.rules.append((grid.area, image_scale() if block.role == "input" else scale(grid.area, hidden)))


def _style(block: Block, contents: np.ndarray) -> str:
    wide = block.grid.width >= IMAGE_WIDTH
    if block.role == "input":
        driven = contents.dtype == object
        return ("picture" if driven else "image") if wide else "driven" if driven else "input"
    return f"{block.role}_small" if wide and block.role in ("value", "grad") else block.role
