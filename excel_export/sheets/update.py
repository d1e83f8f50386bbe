"""The Update sheet: one step of gradient descent, each parameter before and after."""

from __future__ import annotations

from excel_export.canvas import Canvas
from excel_export.formula import each
from excel_export.graph import Graph, Value
from excel_export.grid import Grid
from excel_export.names import LEARNING_RATE
from excel_export.place import Placement
from excel_export.sheets.beside import Sections
from excel_export.styles import BACKWARD, grad_scale

NAME = "Update"
WHAT = "one step of learning: each parameter before and after"


def update_sheet(graph: Graph, placement: Placement) -> tuple[Canvas, dict[Value, Grid]]:
    """Write after = before − learning rate · gradient for every parameter; return where 'after' stands.

    A big network's parameters and gradients are not shown a second time.
    """
    canvas = Canvas(NAME, BACKWARD, freeze="A4", zoom=80)
    canvas.say(1, 2, "One step of gradient descent", "title")
    canvas.say(2, 2, "after = before − learning_rate · gradient. The learning rate is on the Start sheet.", "subtitle")
    canvas.widths[1] = 2
    sections, after = Sections(canvas), {}
    for value in graph.of_kind("parameter"):
        placed = placement.tensors[value]
        if placed.grad is None:  # frozen
            continue
        before, gradient = placed.value.seen_from_elsewhere(), placed.grad.seen_from_elsewhere()
        if placement.is_one_picture:
            here, there, after[value] = sections.add(value.name, placed.value, ("before", "gradient", "after"))
            canvas.fill(here, each("={}", before), "before")
            canvas.fill(there, each("={}", gradient), "grad")
            before, gradient = here, there
            shown = [here, there, after[value]]
        else:
            shown = [after[value]] = sections.add(value.name, placed.value, ("after",))
        canvas.fill(after[value], each(f"={{}}-{LEARNING_RATE}*{{}}", before, gradient), "after")
        if value.data.size > 1:
            canvas.rules += [(grid.area, grad_scale(grid.area)) for grid in shown]
    return canvas, after
