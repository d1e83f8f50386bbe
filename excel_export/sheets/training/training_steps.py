"""The Training steps sheet: every step as the Network sheet draws the network, below one another."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence

from excel_export.book import network_sheet
from excel_export.book.network_sheet import draw_heading, draw_title, set_widths
from excel_export.compiler.place.network_picture import place
from excel_export.compiler.place.panels import IMAGE_WIDTH, Block, Zone
from excel_export.compiler.place.placement import Placement
from excel_export.compiler.unroll.unrolled import Unrolled
from excel_export.formulas import Expression, Reference
from excel_export.graph.graph import Graph, Value
from excel_export.shared.errors import ExportError
from excel_export.workbook import format_rules, styles
from excel_export.workbook.canvas import Canvas

NAME = "Training steps"
SHOWS = "every training step"
FIRST_ROW = 5
GAP = 10
"""The empty rows between two steps."""
RATE_COL = 15
"""The column of the first learning rate, right of the heading."""
RATE_WORD = 5
"""The columns of a rate's name."""
RATE_CELLS = 4
"""The merged columns of a rate's number."""
RATE_WIDTH = 12
"""The columns from a rate to the next."""
HEADINGS: dict[Zone, str] = {
    "forward": network_sheet.HEADINGS["forward"],
    "parameters": "PARAMETERS  before this step, and their gradients; the next step's follow by the learning rule",
}
DIGITS = 9
"""The digits of stored values that nobody reads from the file; after a change, a program computes all digits."""
AFTER_THE_LAST: dict[Zone, str] = {"parameters": "PARAMETERS   after the last step"}


class Pile:
    """The network's picture for each step of a training, below one another: step 0 from row 5 on, `apart` rows each.

    `first` is the placement of step 0; `apart` is computed from the picture's height: step 2 begins `2 * apart` lower.
    """

    def __init__(
        self, graph: Graph, read: Callable[[Mapping[str, Reference]], Collection[str]], states: Sequence[str] = ()
    ) -> None:
        """Place the graph of a step.

        Args:
            graph: the graph.
            read: a function from the cells of all tensors by name, {'loss': P20, …}, to the names of those that other
                sheets read, {'loss'}: these get cells of their own.
            states: the names of what the learning rule remembers for each parameter: ['momentum'].

        Raises:
            ExportError: the graph needs more than one sheet.
        """
        named = dict(graph.named) | {"loss": graph.loss}

        def wanted(whole: Placement) -> list[Value]:
            if not whole.is_one_picture:
                raise ExportError("a network that needs several sheets is too large to unroll its training")
            names = read({name: whole.tensors[value].value.box for name, value in named.items()})
            return [graph.loss, *(named[name] for name in names)]

        self.first = place(graph, title=NAME, first_row=FIRST_ROW, inline=wanted, states=states)
        self.apart = self.first.sheets[0].last_row - FIRST_ROW + GAP + 1

    def heading(self, step: int) -> Reference:
        """Return the cell at the top left of a step, from 0 on: 'Training steps'!A4 for the first."""
        return Reference(NAME, FIRST_ROW + step * self.apart - 1, 1)

    def rate(self, step: int, group: int) -> Reference:
        """Return the cell with the learning rate of a step for a group of parameters, both counted from 0."""
        return self.heading(step).at(0, RATE_COL - 1 + group * RATE_WIDTH)


def draw(
    title: str, unrolled: Unrolled, pile: Pile, table: Reference, rates: Callable[[int], Mapping[str, Reference]]
) -> Canvas:
    """Draw the steps, and the parameters after the last one; return the sheet.

    Args:
        title: the training's title.
        unrolled: the steps.
        pile: their positions on the sheet.
        table: the cell to which a link leads back.
        rates: a function from a step, from 0 on, to the cells of its learning rates by their heads: {'rate': D20}.
    """
    canvas = Canvas(NAME, styles.BACKWARD, zoom=60, freeze=f"A{FIRST_ROW - 1}", row_height=15, digits=DIGITS)
    canvas.put(1, 2, f"{title}: the steps", "title")
    canvas.heights[1] = 28
    canvas.link(2, 2, table, "← the table and the charts", "link")
    set_widths(canvas, unrolled.last.sheets[0])
    for step, placement in enumerate(unrolled.steps):
        canvas.put(pile.heading(step).row, 2, f"Step {step + 1}", "heading")
        for group, (word, rate) in enumerate(rates(step).items()):
            cell = pile.rate(step, group)
            canvas.put(cell.row, cell.col - RATE_WORD, word, "note")
            canvas.put(cell.row, cell.col, rate, "rate", width=RATE_CELLS)
        _draw_step(canvas, unrolled, placement, HEADINGS)
    count = len(unrolled.steps)
    canvas.put(pile.heading(count).row, 2, f"After step {count}: the trained parameters", "heading")
    _draw_step(canvas, unrolled, unrolled.last, AFTER_THE_LAST)
    for block in pile.first.sheets[0].blocks:
        if math.prod(block.grid.shape) > 1:
            last = count + (block.band in AFTER_THE_LAST)
            _colour(canvas, block, [block.grid.below(step * pile.apart).box for step in range(last)])
    return canvas


def _draw_step(canvas: Canvas, unrolled: Unrolled, placement: Placement, headings: Mapping[Zone, str]) -> None:
    (sheet,) = placement.sheets
    for zone, heading in headings.items():
        if zone in sheet.zones:
            draw_heading(canvas, sheet, zone, sheet.zones[zone], heading)
    for block in sheet.blocks:
        # After the last step there are parameters, and nothing that is computed from them.
        if (block.band in headings or "forward" in headings) and block.grid in unrolled.contents:
            contents = unrolled.contents[block.grid]
            draw_title(canvas, block)
            canvas.fill(block.grid, contents, _style(block, isinstance(contents, Expression)), block.title)


def _colour(canvas: Canvas, block: Block, areas: Sequence[Reference]) -> None:
    """Give a block and its copies one scale, that of the first of them.

    So steps can be compared, and the workbook opens faster than with a scale for each.
    """
    first = areas[0]
    if block.role == "input":
        canvas.format(areas, format_rules.image_scale())
    else:
        scale = (
            format_rules.grad_scale
            if block.role in ("grad", "parameter") or _is_remembered(block)
            else format_rules.value_scale
        )
        canvas.format(areas, scale(first))
        if block.role == "grad" or _is_remembered(block):
            canvas.format(areas, *format_rules.gradient_rules())


def _style(block: Block, is_formula: bool) -> str:
    if block.role == "input":
        return "small_picture" if block.grid.width >= IMAGE_WIDTH else "driven"
    if block.role == "parameter" and is_formula:
        return "after"
    if _is_remembered(block):
        return "grad"
    return block.role


def _is_remembered(block: Block) -> bool:
    return block.role == "helper" and block.band == "updates"
