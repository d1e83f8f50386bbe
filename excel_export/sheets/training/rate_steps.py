"""The sheets Rate steps and Rule steps: every step of the compared trainings, one row a step.

Each training is a block of rows: inputs, parameters, forward, backward from left to right, then the memory of its
learning rule. The next row's parameters are this row's, less rate · direction; by plain SGD that is the gradient.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from excel_export.book.names import RULE_NUMBERS
from excel_export.compiler.place.panels import shape_text
from excel_export.compiler.place.placement import Placement
from excel_export.compiler.place.row import Row
from excel_export.compiler.unroll.unrolled import Unrolled, length_of_step, unroll
from excel_export.formulas import IF, Expression, Name, Operand, Reference, gradient_name, joined
from excel_export.formulas.grid import Unplaced
from excel_export.graph.graph import Graph, Value
from excel_export.optim import RULES, RuleFormulas
from excel_export.sheets.training.rate_table import RateTable
from excel_export.sheets.training.step_table import DIVERGED, STEP_COL, draw_length
from excel_export.sheets.training.training_options import ComparedRule
from excel_export.sheets.training.training_steps import DIGITS
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.format_rules import text_rule
from excel_export.workbook.styles import BACKWARD, DIFFERS

NAME, NAME_OF_RULES = "Rate steps", "Rule steps"
SHOWS, SHOWS_RULES = (
    "every step at each learning rate",
    "every step under each learning rule, and what the rule remembers",
)
FIRST_BLOCK = 5
MOVE_COL, STATUS_COL, RATE_COL, FIRST_TENSOR_COL = 3, 4, 5, 6
GAP = 4
"""The rows between two trainings beyond their steps: two heads, the parameters after the last step, an empty one."""
LABEL_WIDTH = 2
"""The columns of the name of a number."""
_STYLES = (
    {"input": "driven", "intermediate": "value", "grad": "grad_power"},
    {"input": "step_value", "intermediate": "step_value", "constant": "step_value", "grad": "step_grad",
     "helper": "step_helper"},
)  # fmt: skip
"""The style of each kind of tensor: on a hidden sheet, and on one for reading."""
WIDEST = 40
"""The most columns of a sheet of rules for reading; a wider one is hidden."""


class RateSteps:
    """The sheet with the steps of compared trainings: a row for each step, one training below another from row 7 on."""

    def __init__(self, graph: Graph, table: RateTable) -> None:
        """Start the sheet for a graph of one step; `table` compares the trainings."""
        self.graph, self.table, self.steps, self.of_rules = graph, table, table.steps, table.of_rules
        self.names: dict[Name, Reference] = {}
        """The cells of the rules' numbers by their defined names."""
        name = NAME_OF_RULES if self.of_rules else NAME
        self._row = Row.compact(graph, name, FIRST_BLOCK, FIRST_TENSOR_COL, [graph.loss], remembers=self.of_rules)
        self.is_readable = self.of_rules and all(
            self._placed(k).sheets[0].last_column <= WIDEST for k in range(len(table.compared))
        )
        self.canvas = Canvas(
            name, BACKWARD, zoom=80, freeze=f"C{FIRST_BLOCK - 1}", digits=None if self.is_readable else DIGITS
        )
        self.canvas.widths = {1: 2, STEP_COL: 8, MOVE_COL: 12, STATUS_COL: 10, RATE_COL: 8}
        is_question = self.of_rules and table.title.endswith("?")
        self.canvas.put(1, 2, f"{table.title} The steps" if is_question else f"{table.title}: the steps", "title")
        self.canvas.link(2, 2, table.canvas.at(table.top, 1), "← the curves", "link")

    def _placed(self, number: int) -> Placement:
        states = self.table.compared[number].states if self.of_rules else ()
        return self._row.at(self.first_row(number), states=states)

    def first_row(self, number: int) -> int:
        """Return the row, from 1 on, of the first step of a training, counted from 0: 7, then 31 with 20 steps each."""
        return FIRST_BLOCK + 2 + number * (self.steps + GAP)

    def status(self, number: int, step: int) -> Reference:
        """Return the cell that says 'learning' or 'diverged' at a step; training and step count from 0."""
        return self.canvas.at(self.first_row(number) + step, STATUS_COL)

    def draw(self, number: int, inputs: Callable[[int], Mapping[Value, Expression]]) -> Unrolled:
        """Write one training, a row for each step, and return its formulas, with the places of each step's tensors.

        Args:
            number: the training, from 0 on.
            inputs: a function from a step, from 0 on, to formulas for its inputs: {x: Examples!$B$5:$E$5}.
        """
        top, compared, rate = self.first_row(number), self.table.compared[number], self.table.rate(number)
        first = self._placed(number)
        rate_now = self.canvas.at(top, RATE_COL).fixed_col
        rule = RuleFormulas(compared.rule.name, self._draw_numbers(number)) if self.of_rules else None
        unbias = []
        # What means are divided by at each step stands behind all else.
        for col, (head, divisor) in enumerate(rule.unbias.items() if rule else (), first.sheets[0].last_column + 1):
            self.canvas.put(top - 1, col, head.replace(" ^ ", "^"), "head_wrapped" if self.is_readable else "note")
            for step in range(self.steps):
                self.canvas.put(top + step, col, divisor(step + 1), "rate")
            unbias.append(self.canvas.at(top, col).fixed_col)
        unrolled = unroll(self.graph, self.steps, first, 1, inputs, lambda _: rate_now, rule, unbias)
        if number:
            # All trainings start from the first one's weights.
            for grid in unrolled.parameters(unrolled.steps[0]).values():
                unrolled.contents[grid] = replace(grid, row=self.first_row(0)).cells
        self.canvas.put(top - 2, 2, joined(f"{compared.name} " if self.of_rules else "Learning rate ", rate), "heading")
        self._draw_heads(unrolled.steps[0], top - 1, compared)
        placements = [*unrolled.steps, unrolled.last]
        for row, placement in enumerate(placements, start=top):
            self._draw_tensors(placement, unrolled)
            step = row - top
            if placement is unrolled.last:
                self.canvas.put(row, STEP_COL, "after", "cell_small")
            else:
                self.canvas.say(row, STEP_COL, step + 1, "cell_small")
                length = length_of_step(placement, placements[step + 1], unrolled.parameters(placement))
                stopped = draw_length(self.canvas, self.canvas.at(row, MOVE_COL), length, step)
                self.canvas.put(row, RATE_COL, IF(stopped, 0, rate) if step else rate, "rate")
        last_col = unrolled.last.sheets[0].last_column + len(unbias)
        self.canvas.widths |= dict.fromkeys(range(FIRST_TENSOR_COL, last_col + 1), 10 if self.is_readable else 6.5)
        status = self.status(number, 0)
        self.canvas.format(status.to(self.status(number, self.steps - 1)), text_rule(status, DIVERGED, DIFFERS))
        return unrolled

    def _draw_numbers(self, number: int) -> dict[str, Operand]:
        row, col = self.first_row(number) - 2, FIRST_TENSOR_COL
        found: dict[str, Operand] = {}
        for each, used in self.table.numbers(number).items():
            self.canvas.put(row, col, each.label, "rate_name", width=LABEL_WIDTH)
            self.canvas.put(row, col + LABEL_WIDTH, used, "rate")
            name = Name(f"{RULE_NUMBERS}{number + 1}_{each.key}")
            self.names[name] = self.canvas.at(row, col + LABEL_WIDTH)
            found[each.key] = name
            col += LABEL_WIDTH + 1
        return found

    def _draw_tensors(self, placement: Placement, unrolled: Unrolled) -> None:
        for value, placed in placement.tensors.items():
            grids = [(placed.value, value.kind), *((grid, "helper") for grid in placed.helpers.values())]
            if placed.has_grad:
                grids.append((placed.grad, "grad"))
            for grid, kind in grids:
                if grid in unrolled.contents:
                    contents = unrolled.contents[grid]
                    style = _STYLES[self.is_readable].get(kind, kind)
                    if kind == "parameter" and self.is_readable:
                        style = "step_value" if isinstance(contents, Expression) else "input"
                    elif kind == "parameter":
                        style = "after" if isinstance(contents, Expression) else "parameter"
                    self.canvas.fill(grid, contents, style, value.name)

    def _draw_heads(self, placement: Placement, row: int, compared: ComparedRule) -> None:
        canvas, first = self.canvas, ("step", "length of step", "", "rate")
        canvas.across(row, STEP_COL, first, "head_wrapped" if self.is_readable else "head")
        if self.is_readable:
            canvas.heights[row] = 46
        for value, placed in placement.tensors.items():
            title = "title_parameters" if value.kind == "parameter" else "title_forward"
            heads = [(placed.value, value.called, title)]
            if placed.has_grad:
                heads.append((placed.grad, gradient_name(value.called), "title_backward"))
            heads += [(grid, _remembered(name, value, compared), "note") for name, grid in placed.helpers.items()]
            for grid, head, style in heads:
                if isinstance(grid, Unplaced):
                    continue
                if self.is_readable:
                    for index in np.ndindex(*grid.shape):
                        place = f" {[*index]}" if index and math.prod(grid.shape) > 1 else ""
                        canvas.put(row, grid.at(*index).col, head + place, "head_wrapped")
                else:
                    shape = f"  {shape_text(grid.shape)}" if grid is placed.value and math.prod(grid.shape) > 1 else ""
                    canvas.put(row, grid.col, head + shape, style)


def _remembered(name: str, value: Value, compared: ComparedRule) -> str:
    for running in RULES[compared.rule.name].remembers:
        if name == running.state.name and value.kind == "parameter":
            return f"{running.called or name} of {value.called}"
    return f"{value.called}: {name}"
