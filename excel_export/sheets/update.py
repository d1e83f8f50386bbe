"""The Update sheet: one step of gradient descent, each parameter before and after."""

from collections.abc import Sequence

from excel_export.book.book import Book
from excel_export.book.names import RATE_IN_USE
from excel_export.book.sheet import Drawn, SheetSpec
from excel_export.formulas import Grid, Reference, joined
from excel_export.sheets.learning_rule import OF_STEP, about
from excel_export.sheets.sheet_parts import Sections
from excel_export.views.views import Updated
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.format_rules import grad_scale, gradient_rules, large_rules
from excel_export.workbook.read import AFTER, Entry
from excel_export.workbook.styles import BACKWARD

NAME = "Update"


def draw(book: Book) -> Drawn[Updated]:
    """Write after = before − learning rate · direction for every parameter; with SGD, the direction is the gradient.

    The result has the cells by parameter: `after` {w: grid}, `directions` {w: grid}. For a network of more than 30,000
    cells, only the parameters after the step are written, and `directions` is {}.
    """
    canvas, updated = Canvas(NAME, BACKWARD, freeze="A5", zoom=80), Updated(RATE_IN_USE)
    drawn = Drawn(canvas, result=updated)
    rule, words = OF_STEP.name("rule"), "The rate and the rule are on the Start sheet."
    canvas.put(1, 2, "One step of gradient descent", "title")
    canvas.put(2, 2, f"after = before − learning rate · direction. {words}", "subtitle")
    canvas.put(3, 2, joined("The rule is ", rule, ": ", about(rule), "."), "label")
    canvas.link(4, 2, Reference("Start", 1, 1), "← Start", "link", width=2)
    canvas.widths[1] = 2
    sections = Sections(canvas)
    for value in book.graph.of_kind("parameter"):
        placed = book.placement.tensors[value]
        if not placed.has_grad:  # frozen
            continue
        before, gradient = placed.value.relative, placed.grad
        if book.placement.is_one_picture:
            heads = ("before", "gradient", "direction", "after")
            here, there, direction, after = before_and_gradient(sections, value.called, before, gradient, heads)
            canvas.format(here.box, *large_rules())
            direct = OF_STEP.first_direction(here, there) if value.is_reached else there.cells
            canvas.fill(direction, direct, "grad")
            canvas.format(direction.box, *gradient_rules())
            before, step = here, direction.cells
            shown = [here, there, direction, after]
            updated.directions[value] = direction
        else:
            step = OF_STEP.first_direction(before, gradient) if value.is_reached else gradient.cells
            shown = [after] = sections.add(value.called, placed.value, ("after",))
        canvas.fill(after, before - RATE_IN_USE * step, "after")
        if value.data.size > 1:
            for grid in shown:
                canvas.format(grid.box, grad_scale(grid.box))
        canvas.format(after.box, *large_rules())
        updated.after[value] = after
        drawn.entries.append(Entry(value.name, AFTER, after))
    drawn.after = updated.after
    return drawn


def before_and_gradient(
    sections: Sections, title: str, before: Grid, gradient: Grid, heads: Sequence[str],
    styles: tuple[str, str] = ("before", "grad"),
) -> list[Grid]:  # fmt: skip
    """Write a parameter and its gradient into the first two grids of a section; return the grids below all heads.

    Args:
        sections: the sheet with its sections.
        title: the title of the section, such as 'fc.weight'.
        before: the parameter's cells.
        gradient: the cells of its gradient.
        heads: the head of each grid: ('before', 'gradient', 'direction', 'after').
        styles: the styles of the first two grids.
    """
    grids = sections.add(title, before, heads)
    for grid, shown, style in zip(grids, (before, gradient), styles, strict=False):
        sections.canvas.fill(grid, shown.cells, style)
    sections.canvas.format(grids[1].box, *gradient_rules())
    return grids


SHEET = SheetSpec(NAME, "each parameter before and after the step", draw, order=40, hidden=True)
