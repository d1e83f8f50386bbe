"""The Training steps sheet: every step as the network sheet draws the network, below one another."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from excel_export.compiler.panels import IMAGE_WIDTH
from excel_export.compiler.place import Block, Placement, place
from excel_export.compiler.unroll import Unrolled
from excel_export.formulas.expression import Expression
from excel_export.formulas.functions import link
from excel_export.formulas.operator import Band
from excel_export.formulas.reference import Reference
from excel_export.graph.graph import Graph
from excel_export.shared.errors import ExportError
from excel_export.sheets.network import colour, draw_heading, draw_title, set_widths, style_of
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.styles import BACKWARD

NAME = "Training steps"
WHAT = "every step of the training, forward and backward"
FIRST_ROW, GAP = 5, 10
HEADINGS: dict[Band, str] = {
    "forward": "FORWARD  →",
    "parameters": "PARAMETERS   before this step",
    "backward": "←  BACKWARD",
    "updates": "←  GRADIENTS OF THE PARAMETERS   the next step's parameters are these parameters − rate · gradient",
}
AFTER_THE_LAST: dict[Band, str] = {"parameters": "PARAMETERS   after the last step"}


class Pile:
    """Places for a graph below one another, one for each step."""

    def __init__(self, graph: Graph) -> None:
        """Measure the graph.

        Raises:
            ExportError: it needs more than one sheet.
        """
        self.first = place(graph, title=NAME, first_row=FIRST_ROW)
        if not self.first.is_one_picture:
            raise ExportError("a network that needs several sheets is too large to unroll its training")
        self.apart = self.first.sheets[0].last_row - FIRST_ROW + GAP + 1

    def heading(self, step: int) -> Reference:
        """The cell at the top left of a step."""
        return Canvas(NAME, "").at(FIRST_ROW + step * self.apart - 1, 1)


def draw(title: str, unrolled: Unrolled, pile: Pile, table: Reference) -> Canvas:
    """Draw the steps, and the parameters after the last; `table` is where the steps are summed up."""
    canvas = Canvas(NAME, BACKWARD, zoom=60, freeze=f"A{FIRST_ROW - 1}", row_height=15)
    canvas.say(1, 2, f"{title}: the steps", "title")
    canvas.heights[1] = 28
    canvas.put(2, 2, link(table, "← the table and the charts"), "link")
    set_widths(canvas, unrolled.last.sheets[0])
    for step, placement in enumerate(unrolled.steps):
        canvas.say(pile.heading(step).row, 2, f"Step {step + 1}", "heading")
        _draw_step(canvas, unrolled, placement, HEADINGS)
    count = len(unrolled.steps)
    canvas.say(pile.heading(count).row, 2, f"After step {count}: the trained parameters", "heading")
    _draw_step(canvas, unrolled, unrolled.last, AFTER_THE_LAST)
    return canvas


def _draw_step(canvas: Canvas, unrolled: Unrolled, placement: Placement, headings: Mapping[Band, str]) -> None:
    (sheet,) = placement.sheets
    for band, heading in headings.items():
        if band in sheet.bands:
            draw_heading(canvas, sheet, band, sheet.bands[band], heading)
    for block in sheet.blocks:
        # After the last step there are parameters, and nothing that is computed from them.
        if block.band in headings and block.grid in unrolled.contents:
            _draw(canvas, block, unrolled.contents[block.grid])


def _draw(canvas: Canvas, block: Block, contents: np.ndarray | Expression) -> None:
    draw_title(canvas, block)
    canvas.fill(block.grid, contents, _style(block, isinstance(contents, Expression)), block.title)
    if math.prod(block.grid.shape) > 1:
        colour(canvas, block)


def _style(block: Block, is_formula: bool) -> str:
    if block.role == "input":
        return "small_picture" if block.grid.width >= IMAGE_WIDTH else "driven"
    if block.role == "parameter" and is_formula:
        return "after"
    return style_of(block)
