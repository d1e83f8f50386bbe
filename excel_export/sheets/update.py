"""The Update sheet: one step of gradient descent, each parameter before and after."""

from __future__ import annotations

from excel_export.formulas.formula import each
from excel_export.sheets.beside import Sections
from excel_export.sheets.draft import Draft
from excel_export.sheets.names import LEARNING_RATE
from excel_export.sheets.tensors import AFTER, Entry
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.styles import BACKWARD, grad_scale

NAME = "Update"
WHAT = "one step of learning: each parameter before and after"


def draw(draft: Draft) -> None:
    """Write after = before − learning rate · gradient for every parameter.

    A big network's parameters and gradients are not shown a second time.
    """
    canvas = Canvas(NAME, BACKWARD, freeze="A4", zoom=80)
    canvas.say(1, 2, "One step of gradient descent", "title")
    canvas.say(2, 2, "after = before − learning_rate · gradient. The learning rate is on the Start sheet.", "subtitle")
    canvas.widths[1] = 2
    sections = Sections(canvas)
    for value in draft.graph.of_kind("parameter"):
        placed = draft.placement.tensors[value]
        if placed.grad is None:  # frozen
            continue
        before, gradient = placed.value.seen_from_elsewhere(), placed.grad.seen_from_elsewhere()
        if draft.placement.is_one_picture:
            here, there, after = sections.add(value.name, placed.value, ("before", "gradient", "after"))
            canvas.fill(here, each("={}", before), "before")
            canvas.fill(there, each("={}", gradient), "grad")
            before, gradient = here, there
            shown = [here, there, after]
        else:
            shown = [after] = sections.add(value.name, placed.value, ("after",))
        canvas.fill(after, each(f"={{}}-{LEARNING_RATE}*{{}}", before, gradient), "after")
        if value.data.size > 1:
            canvas.rules += [(grid.area, grad_scale(grid.area)) for grid in shown]
        draft.after[value] = after
        draft.entries.append(Entry(value.name, AFTER, after))
    draft.add(canvas, WHAT)
