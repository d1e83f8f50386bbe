"""The Rate steps sheet: every step of some trainings that differ in their learning rate alone, one row a step.

Each training is a block of rows: inputs, parameters, forward, backward from left to right, and the next row's
parameters are this row's, less rate · gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from excel_export.compiler.inside import read_once
from excel_export.compiler.panels import shape_text
from excel_export.compiler.place import Placement
from excel_export.compiler.unroll import FURTHEST, Unrolled, in_a_row, length_of_step, unroll
from excel_export.formulas.expression import Expression, equal, joined
from excel_export.formulas.functions import IF, OR, link
from excel_export.formulas.reference import Reference
from excel_export.formulas.unplaced import Unplaced
from excel_export.graph.graph import Graph, Value
from excel_export.sheets.training.step_table import DIVERGED
from excel_export.sheets.training.training_steps import DIGITS
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.rules import text_rule
from excel_export.xlsx.styles import BACKWARD, DIFFERS

NAME = "Rate steps"
WHAT = "every step at each learning rate"
FIRST_BLOCK = 5
STEP_COL, MOVE_COL, STATUS_COL, RATE_COL, FIRST_TENSOR_COL = 2, 3, 4, 5, 6
GAP = 4


class RateSteps:
    """The sheet, filled with one training after another."""

    def __init__(self, title: str, graph: Graph, steps: int, table: Reference) -> None:
        """Start the sheet; `table` is where the trainings are compared."""
        self.graph, self.steps = graph, steps
        self._inside = read_once(graph, in_a_row(graph, NAME, FIRST_BLOCK, FIRST_TENSOR_COL), [graph.loss])
        self.canvas = Canvas(NAME, BACKWARD, zoom=80, freeze=f"C{FIRST_BLOCK - 1}", digits=DIGITS)
        self.canvas.widths = {1: 2, STEP_COL: 8, MOVE_COL: 12, STATUS_COL: 10, RATE_COL: 8}
        self.canvas.say(1, 2, f"{title}: the steps", "title")
        self.canvas.put(2, 2, link(table, "← the curves"), "link")

    def first_row(self, number: int) -> int:
        """The row of the first step of a training."""
        return FIRST_BLOCK + 2 + number * (self.steps + GAP)

    def status(self, number: int, step: int) -> Reference:
        """The cell that says whether a training has diverged."""
        return self.canvas.at(self.first_row(number) + step, STATUS_COL)

    def draw(self, number: int, rate: Reference, given: Callable[[int], Mapping[Value, Expression]]) -> Unrolled:
        """Write one training, a row a step, under the names of its tensors.

        Args:
            number: of the training, counted from 0.
            rate: the cell that holds its learning rate.
            given: formulas for the inputs of a step.
        """
        top = self.first_row(number)

        first = in_a_row(self.graph, NAME, top, FIRST_TENSOR_COL, self._inside)
        rate_now = self.canvas.at(top, RATE_COL).fixed_col
        unrolled = unroll(self.graph, self.steps, first, 1, given, lambda _: rate_now)
        if number:
            # All trainings start from the first one's weights.
            for grid in unrolled.parameters(unrolled.steps[0]).values():
                unrolled.contents[grid] = replace(grid, row=self.first_row(0)).cells
        self.canvas.put(top - 2, 2, joined("Learning rate ", rate), "heading")
        self._draw_heads(unrolled.steps[0], top - 1)
        for step, placement in enumerate([*unrolled.steps, unrolled.last]):
            self._draw_tensors(placement, unrolled)
            if placement is unrolled.last:
                self.canvas.say(top + step, STEP_COL, "after", "cell_small")
            else:
                self.canvas.say(top + step, STEP_COL, step + 1, "cell_small")
                after = [*unrolled.steps, unrolled.last][step + 1]
                self._draw_step(number, step, length_of_step(placement, after, unrolled.parameters(placement)), rate)
        last_col = unrolled.last.sheets[0].last_column
        self.canvas.widths |= dict.fromkeys(range(FIRST_TENSOR_COL, last_col + 1), 6.5)
        status = self.status(number, 0)
        self.canvas.format(status.to(self.status(number, self.steps - 1)), text_rule(status, DIVERGED, DIFFERS))
        return unrolled

    def _draw_step(self, number: int, step: int, length: Expression, rate: Reference) -> None:
        """Say how far the step goes, whether that is too far, and at which rate it is taken."""
        row, status = self.first_row(number) + step, self.status(number, step)
        self.canvas.put(row, MOVE_COL, length, "move")
        too_far: Expression = self.canvas.at(row, MOVE_COL) >= FURTHEST
        taken: Expression = rate.cells
        if step:
            stopped = equal(status.at(-1), DIVERGED)
            too_far, taken = OR(stopped, too_far), IF(stopped, 0, taken)
        self.canvas.put(row, STATUS_COL, IF(too_far, DIVERGED, "learning"), "status")
        self.canvas.put(row, RATE_COL, taken, "rate")

    def _draw_tensors(self, placement: Placement, unrolled: Unrolled) -> None:
        """Fill what has contents: of the last row, the parameters alone."""
        for value, placed in placement.tensors.items():
            grids = [(placed.value, value.kind), *((grid, "helper") for grid in placed.helpers.values())]
            if placed.has_grad:
                grids.append((placed.grad, "grad"))
            for grid, kind in grids:
                if grid in unrolled.contents:
                    self.canvas.fill(grid, unrolled.contents[grid], _style(kind, unrolled.contents[grid]), value.name)

    def _draw_heads(self, placement: Placement, row: int) -> None:
        canvas = self.canvas
        for col, head in ((STEP_COL, "step"), (MOVE_COL, "length of step"), (STATUS_COL, ""), (RATE_COL, "rate")):
            canvas.say(row, col, head, "head")
        for value, placed in placement.tensors.items():
            title = "title_parameters" if value.kind == "parameter" else "title_forward"
            shape = f"  {shape_text(value.shape)}" if value.data.size > 1 else ""
            heads = [(placed.value, value.called + shape, title)]
            heads += [(grid, f"{value.called}: {name}", "note") for name, grid in placed.helpers.items()]
            if placed.has_grad:
                heads.append((placed.grad, f"∂L/∂ {value.called}", "title_backward"))
            for grid, head, style in heads:
                if not isinstance(grid, Unplaced):
                    canvas.say(row, grid.col, head, style)


def _style(kind: str, contents: np.ndarray | Expression) -> str:
    if kind == "parameter":
        return "after" if isinstance(contents, Expression) else "parameter"
    return {"input": "driven", "intermediate": "value", "grad": "grad_power"}.get(kind, kind)
