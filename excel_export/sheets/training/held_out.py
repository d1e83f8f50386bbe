"""The Held-out steps sheet: before every step, the loss of examples that the training never learns from.

A row is the forward pass on all of them, with the parameters of its step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from excel_export.book.book import elsewhere
from excel_export.book.sheet import Drawn
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.place.emit import emit
from excel_export.compiler.place.limits import refuse_many_steps
from excel_export.compiler.place.placement import Placement
from excel_export.compiler.place.row import Row
from excel_export.compiler.reference.arguments import Inputs
from excel_export.compiler.reference.mean_of_examples import batched, numbered, together
from excel_export.compiler.unroll.unrolled import Unrolled
from excel_export.formulas import Grid, Reference
from excel_export.graph.graph import Graph, Value
from excel_export.graph.subgraphs import forward_only
from excel_export.sheets.training import examples
from excel_export.sheets.training.examples import Examples
from excel_export.sheets.training.step_table import Feed
from excel_export.sheets.training.training_steps import DIGITS
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.styles import FORWARD

NAME = "Held-out steps"
SHOWS = "the loss of the held-out examples before every step"
KEY = "held_out"
"""The key of the column with the loss of the held-out examples, which no step takes."""
HEAD_ROW, FIRST_ROW, STEP_COL, FIRST_TENSOR_COL = 4, 5, 2, 3


@dataclass(frozen=True)
class HeldOut:
    """Examples that no step of a training takes, and the network run on all of them before each step."""

    module: nn.Module
    """The module for all of them together, whose loss is their mean loss."""
    feed: Feed
    """All of them as the inputs of a single step, without choices."""
    graph: Graph
    """The forward pass on all of them together."""
    places: Mapping[Value, Grid]
    """The cells of the inputs, by the graph's values."""

    @property
    def loss(self) -> Reference:
        """The cell with the loss before the first step, 'Held-out steps'!P5; those of the other steps lie below it."""
        return self._placed(0, {}).tensors[self.graph.loss].value.first

    def draw(self, drawn: Drawn[Any], unrolled: Unrolled, table: Reference) -> None:
        """Draw the sheet, a row for the parameters of each step of `unrolled`, a training; a link leads to `table`."""
        canvas = Canvas(NAME, FORWARD, zoom=80, freeze=f"C{FIRST_ROW}", digits=DIGITS)
        canvas.put(1, 2, "The held-out examples, before every step", "title")
        canvas.link(2, 2, table, "← the table and the charts", "link")
        canvas.widths = {1: 2, STEP_COL: 6}
        canvas.put(HEAD_ROW, STEP_COL, "step", "head")
        for number, step in enumerate(unrolled.steps):
            placement = self._placed(number, {value.name: grid for value, grid in unrolled.parameters(step).items()})
            canvas.say(FIRST_ROW + number, STEP_COL, number + 1, "cell_small")
            for grid, formulas in emit(self.graph, placement).items():
                canvas.fill(grid, formulas, "value")
        for value, tensor in placement.tensors.items():
            if value not in placement.given:
                canvas.put(HEAD_ROW, tensor.value.col, value.called, "title_forward")
        canvas.widths |= dict.fromkeys(range(FIRST_TENSOR_COL, placement.sheets[0].last_column + 1), 6.5)
        drawn.add_hidden(canvas, SHOWS)

    def _placed(self, step: int, parameters: Mapping[str, Grid]) -> Placement:
        nowhere = Grid(NAME, 1, 1, (), (), ())
        given = {value: elsewhere(value, replace(grid, absolute=True)) for value, grid in self.places.items()}
        given |= {
            value: elsewhere(value, parameters.get(value.name, nowhere)) for value in self.graph.of_kind("parameter")
        }
        return Row(self.graph, NAME, FIRST_TENSOR_COL).at(FIRST_ROW + step, given)


def held_out(drawn: Drawn[Any], module: nn.Module, given: Examples, steps: int) -> HeldOut:
    """Draw the held-out examples `given` (those that no step takes), and trace the network on all of them together.

    Raises:
        ExportError: there are none, they do not fit the module, or the network is too large for `steps` steps.
    """
    listed, places = examples.draw_held_out(drawn, module, given)
    whole = batched(module, listed[0], len(listed))
    inputs: Inputs = together(module, listed)
    traced, _ = confirmed_trace(whole, inputs)
    graph = forward_only(traced)
    refuse_many_steps(graph, steps)
    feed = Feed([inputs], (), lambda cells: {})
    names = [
        (numbered(key, number) if len(listed) > 1 else key, grid)
        for number, own in enumerate(places, start=1)
        for key, grid in own.items()
    ]
    values = feed.values(whole, graph)
    return HeldOut(whole, feed, graph, {values[name]: grid for name, grid in names if name in values})
