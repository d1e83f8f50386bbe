"""The Training sheet: stochastic gradient descent from random weights, one row a step, all of it live.

The rows tell what a step did; the steps themselves, each the whole network forward and backward, lie below one
another on a sheet of their own. A learning rate is a cell that every step reads: change it, and the network is
trained anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from torch import nn

from excel_export.compiler.place import CELL_WIDTH, HEADER_ROWS, IMAGE_WIDTH, Block, Placement, place
from excel_export.compiler.trace import Inputs, trace
from excel_export.compiler.unroll import FURTHEST, Unrolled, bounded, largest_move, unroll, without_input_gradients
from excel_export.formulas.formula import over
from excel_export.formulas.grid import Grid, quoted
from excel_export.formulas.operator import Band, Expressions
from excel_export.graph.graph import Value
from excel_export.shared.errors import ExportError
from excel_export.sheets.draft import Draft
from excel_export.sheets.tensors import Entry
from excel_export.xlsx.canvas import Canvas, Text, cell, link
from excel_export.xlsx.charts import Chart, Line
from excel_export.xlsx.styles import (
    BACKWARD,
    DIFFERS,
    FORWARD,
    grad_scale,
    image_scale,
    text_rule,
    value_scale,
)

NAME, STEPS_NAME = "Training", "Training steps"
WHAT = "many steps of learning, from random weights: change the learning rate and it trains anew"
STEPS_WHAT = "every step of the training, forward and backward"
TRAINED, EACH_STEP = "after training", "at each training step"
DIVERGED = "diverged"
# The columns before the table's own: the margin and the number of the step.
STEP_COL, FIRST_COL = 2, 3
SETTINGS_ROW, CHART_ROWS = 4, 17
HEADINGS: dict[Band, str] = {
    "forward": "FORWARD  →",
    "parameters": "PARAMETERS   before this step",
    "backward": "←  BACKWARD",
    "updates": "←  GRADIENTS OF THE PARAMETERS   the next step's parameters are these parameters − rate · gradient",
}


@dataclass(frozen=True)
class Setting:
    """A number that a learner sets for the whole training."""

    label: str
    name: str
    """Its defined name."""
    value: float
    hint: str


@dataclass(frozen=True)
class Choice:
    """A column that a learner sets: what each step trains on."""

    key: str
    head: str
    values: Sequence[float | str]
    allowed: str
    """The list to choose from, as a data validation writes it."""
    width: float = 9


@dataclass(frozen=True)
class Column:
    """A column of results.

    In its template, {name} stands for the cell of a traced value of the row's step or for the row's cell
    in the column of that key, and {name_recent} for the cells of the last steps in that column.
    """

    key: str
    head: str
    template: str
    style: str
    fades: bool = False
    """Whether it has no meaning once the training has diverged."""
    width: float = 9


@dataclass(frozen=True)
class Group:
    """Parameters that share a learning rate."""

    head: str
    rate: str
    """An expression of the settings' names."""
    holds: Callable[[str], bool]
    """Whether a parameter belongs to it, by name; the first group that holds it counts."""


@dataclass(frozen=True)
class Curves:
    """A chart of some columns."""

    title: str
    y_title: str
    alt: str
    columns: Sequence[tuple[str, str, bool]]
    """(key, colour, whether it is thin)."""
    highest: float
    number_format: str = "General"


@dataclass(frozen=True)
class Plan:
    """A training to be unrolled."""

    title: str
    text: str
    module: nn.Module
    """From inputs to a scalar loss, with the parameters to start from."""
    example: Inputs
    """Inputs of one step, for their shapes."""
    inputs: Callable[[Mapping[str, str]], Mapping[str, Expressions]]
    """What a step's inputs are, by name, given the cells of its row by the key of their column."""
    settings: Sequence[Setting]
    groups: Sequence[Group]
    choices: Sequence[Choice]
    columns: Sequence[Column]
    curves: Sequence[Curves]
    recent: int
    """How many steps a recent mean takes in."""


def draw(draft: Draft, plan: Plan) -> None:
    """Draw the table with its charts, and the steps.

    Raises:
        ExportError: the network is too large to be unrolled on one sheet.
    """
    graph = without_input_gradients(trace(plan.module, plan.example))
    table = _Table(plan)
    count = len(plan.choices[0].values)
    height = place(graph, title=STEPS_NAME).sheets[0].last_row + 3

    def lay(step: int) -> Placement:
        placement = place(graph, title=STEPS_NAME, first_row=5 + step * height)
        if not placement.is_one_picture:
            raise ExportError("a network that needs several sheets is too large to unroll its training")
        return placement

    group_of = {
        value: next(k for k, group in enumerate(plan.groups) if group.holds(value.name))
        for value in graph.of_kind("parameter")
    }
    unrolled = unroll(
        graph,
        count,
        lay,
        lambda step: plan.inputs(table.seen_from_elsewhere(step)),
        lambda step, value: table.rate(step, group_of[value]),
    )
    draft.add(table.draw(unrolled, group_of), WHAT)
    for setting, row in zip(plan.settings, table.setting_rows, strict=True):
        draft.names[setting.name] = f"{quoted(NAME)}!$D${row}"
    draft.add(_steps_sheet(plan.title, unrolled), STEPS_WHAT)
    draft.entries += [Entry(value.name, TRAINED, grid) for value, grid in unrolled.parameters(unrolled.last).items()]
    for column in plan.columns:
        grid = Grid(NAME, table.first_row, table.columns[column.key], (count,), (1,), (0,))
        draft.entries.append(Entry(column.key, EACH_STEP, grid))


class _Table:
    """The sheet with one row a step."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.setting_rows = range(SETTINGS_ROW, SETTINGS_ROW + len(plan.settings))
        self.chart_row = self.setting_rows.stop + 1
        self.head_row = self.chart_row + CHART_ROWS + 2
        self.first_row = self.head_row + 1
        self.shown: list[Choice | Column] = [*plan.choices, *plan.columns]
        keys = [item.key for item in self.shown]
        self.columns = {key: FIRST_COL + k for k, key in enumerate(keys)}
        self.move_col = FIRST_COL + len(keys)
        self.status_col = self.move_col + 1
        self.rate_col = self.move_col + 2
        self.drawn_col = self.rate_col + len(plan.groups) + 1
        self.last_row = self.first_row + len(plan.choices[0].values) - 1

    def rate(self, step: int, group: int) -> str:
        """The cell of a step's learning rate, as the steps see it."""
        return f"{NAME}!${get_column_letter(self.rate_col + group)}${self.first_row + step}"

    def seen_from_elsewhere(self, step: int) -> dict[str, str]:
        """The cells of a step's row by the key of their column, as other sheets see them."""
        return {key: f"{NAME}!${get_column_letter(col)}${self.first_row + step}" for key, col in self.columns.items()}

    def draw(self, unrolled: Unrolled, group_of: Mapping[Value, int]) -> Canvas:
        plan = self.plan
        # The settings stay in view above whatever a learner scrolls to.
        canvas = Canvas(NAME, FORWARD, freeze=f"A{self.chart_row}", zoom=85, one_page=True)
        canvas.say(1, 2, plan.title, "title")
        canvas.heights[1] = 30
        canvas.say(2, 2, plan.text, "text")
        canvas.put(3, 2, link("Start", "A1", "← Start"), "link")
        last_letter = get_column_letter(self.drawn_col - 2)
        canvas.merged.append(f"B2:{last_letter}2")
        canvas.heights[2] = 34
        canvas.printed = f"A1:{last_letter}{self.last_row}"
        canvas.widths = {1: 2, STEP_COL: 7, self.move_col: 12, self.status_col: 12}
        canvas.widths |= {self.columns[item.key]: item.width for item in self.shown}
        canvas.widths |= {self.rate_col + k: 12 for k in range(len(plan.groups))}
        canvas.widths[self.drawn_col - 1] = 40
        for row, setting in zip(self.setting_rows, plan.settings, strict=True):
            canvas.say(row, 2, setting.label, "label")
            canvas.put(row, 4, setting.value, "edit")
            canvas.say(row, 5, setting.hint, "hint")
            canvas.heights[row] = 22
            rates = DataValidation(
                "decimal", operator="between", formula1="0", formula2="1000000", showErrorMessage=True,
                errorTitle="A learning rate", error="A number from 0 to 1,000,000, please.",
            )  # fmt: skip
            rates.add(cell(row, 4))
            canvas.validations.append(rates)
        self._heads(canvas)
        for step in range(len(unrolled.steps)):
            self._row(canvas, step, unrolled, group_of)
        for choice in plan.choices:
            letter = get_column_letter(self.columns[choice.key])
            choose = DataValidation("list", formula1=choice.allowed, allow_blank=False, showErrorMessage=True)
            choose.add(f"{letter}{self.first_row}:{letter}{self.last_row}")
            canvas.validations.append(choose)
        table = f"{get_column_letter(FIRST_COL)}{self.first_row}:{get_column_letter(self.status_col)}{self.last_row}"
        canvas.rules.append((table, text_rule(cell(self.first_row, FIRST_COL), DIVERGED, DIFFERS)))
        self._charts(canvas)
        return canvas

    def _heads(self, canvas: Canvas) -> None:
        canvas.say(self.head_row, STEP_COL, "step", "head_wrapped")
        for item in self.shown:
            canvas.say(self.head_row, self.columns[item.key], item.head, "head_wrapped")
        canvas.say(self.head_row, self.move_col, "largest move of a weight", "head_wrapped")
        canvas.say(self.head_row, self.status_col, "", "head_wrapped")
        for k, group in enumerate(self.plan.groups):
            canvas.say(self.head_row, self.rate_col + k, group.head, "head_wrapped")
        canvas.heights[self.head_row] = 44
        canvas.say(self.head_row - 1, FIRST_COL, "what it trains on", "hint")
        canvas.say(self.head_row - 1, FIRST_COL + len(self.plan.choices), "what came out, before the step", "hint")
        canvas.say(self.head_row - 1, self.move_col, "the step", "hint")

    def _row(self, canvas: Canvas, step: int, unrolled: Unrolled, group_of: Mapping[Value, int]) -> None:
        row, plan, placement = self.first_row + step, self.plan, unrolled.steps[step]
        top = placement.sheets[0].blocks[0].grid.row - HEADER_ROWS - 3
        canvas.put(row, STEP_COL, link(STEPS_NAME, cell(top, 1), str(step + 1)), "step_link")
        for choice in plan.choices:
            value = choice.values[step]
            content = Text(value) if isinstance(value, str) else value
            canvas.put(row, self.columns[choice.key], content, "input")
        status, before = cell(row, self.status_col), cell(row - 1, self.status_col)
        cells = {value.name: _range(tensor.value) for value, tensor in placement.tensors.items()}
        for key, col in self.columns.items():
            cells[key] = cell(row, col)
            cells[f"{key}_recent"] = f"{cell(max(self.first_row, row - plan.recent + 1), col)}:{cell(row, col)}"
        for column in plan.columns:
            formula = column.template.format_map(cells)
            if column.fades:
                formula = f'IF({status}="{DIVERGED}","{DIVERGED}",{formula})'
            canvas.put(row, self.columns[column.key], f"={formula}", column.style)
        moves = []
        for k, group in enumerate(plan.groups):
            gradients = [
                grad.seen_from_elsewhere()
                for value, its_group in group_of.items()
                if its_group == k and (grad := placement.tensors[value].grad) is not None
            ]
            moves.append(largest_move(bounded(group.rate), gradients))
            rate = f'=IF({status}="{DIVERGED}",0,{bounded(group.rate)})'
            canvas.put(row, self.rate_col + k, rate, "rate")
        canvas.put(row, self.move_col, f"={over('MAX', moves)}", "move")
        too_far = f"{cell(row, self.move_col)}>{FURTHEST}"
        if step:
            too_far = f'OR({before}="{DIVERGED}",{too_far})'
        canvas.put(row, self.status_col, f'=IF({too_far},"{DIVERGED}","learning")', "status")

    def _charts(self, canvas: Canvas) -> None:
        """Draw the charts above the table; what they draw stands to the right of it, bounded and without words."""
        column, left = self.drawn_col, STEP_COL
        width = sum(canvas.widths[col] for col in range(STEP_COL, self.drawn_col - 1)) / len(self.plan.curves)
        heads = {item.key: item.head for item in self.plan.columns}
        canvas.say(self.head_row - 1, column, "what the charts draw: columns of the table, bounded", "hint")
        for k, curves in enumerate(self.plan.curves, start=1):
            lines = []
            for key, color, thin in curves.columns:
                canvas.say(self.head_row, column, heads[key], "head_wrapped")
                for row in range(self.first_row, self.last_row + 1):
                    source = cell(row, self.columns[key])
                    drawn = f"IF(ISNUMBER({source}),MIN({source},{curves.highest}),{curves.highest})"
                    canvas.put(row, column, f"={drawn}", "chart_data")
                lines.append(Line(column, cell(self.head_row, column), color, thin=thin))
                column += 1
            right = left
            while sum(canvas.widths[col] for col in range(STEP_COL, right + 1)) < k * width - 3:
                right += 1
            area = f"{cell(self.chart_row, left)}:{cell(self.chart_row + CHART_ROWS - 1, right)}"
            canvas.charts.append(
                Chart(area, curves.title, "step", curves.y_title, lines, STEP_COL, self.first_row, self.last_row,
                      curves.alt, 0, curves.highest, number_format=curves.number_format)
            )  # fmt: skip
            left = right + 1


def _steps_sheet(title: str, unrolled: Unrolled) -> Canvas:
    """Draw every step as the network sheet draws the network, below one another."""
    canvas = Canvas(STEPS_NAME, BACKWARD, zoom=60, freeze="A4", row_height=15)
    canvas.say(1, 2, f"{title}: the steps", "title")
    canvas.heights[1] = 28
    canvas.put(2, 2, link(NAME, "A1", "← the table and the charts"), "link")
    sheet = unrolled.last.sheets[0]
    canvas.widths = {1: 2} | dict.fromkeys(range(2, sheet.last_column + 1), CELL_WIDTH)
    for panel in sheet.panels:
        canvas.widths |= dict.fromkeys(range(panel.first, panel.first + panel.width), panel.cell_width)
    for step, placement in enumerate([*unrolled.steps, unrolled.last]):
        (sheet,) = placement.sheets
        is_last = placement is unrolled.last
        first = min(sheet.bands.values())
        name = f"After step {step}: the trained parameters" if is_last else f"Step {step + 1}"
        canvas.say(first - 1, 2, name, "heading")
        bands: list[Band] = ["parameters"] if is_last else list(sheet.bands)
        for band in bands:
            row = sheet.bands[band]
            heading = HEADINGS[band] if not is_last else "PARAMETERS   after the last step"
            canvas.say(row, 2, heading, f"band_{band}")
            canvas.stripe(row, 2, sheet.last_column, f"band_{band}")
            canvas.heights[row] = 36
        for block in sheet.blocks:
            if block.band in bands and (not is_last or block.role == "parameter"):
                _draw(canvas, block, unrolled.contents[block.grid])
    return canvas


def _draw(canvas: Canvas, block: Block, contents: np.ndarray) -> None:
    grid, role = block.grid, block.role
    wide = grid.width >= IMAGE_WIDTH
    typed = contents.dtype != object
    styles = {"input": "small_picture" if wide else "driven", "parameter": "parameter" if typed else "after"}
    canvas.say(grid.row - HEADER_ROWS, grid.col, block.title, f"title_{block.band}")
    style = styles.get(role, f"{role}_small" if wide and role in ("value", "grad") else role)
    canvas.fill(grid, contents, style)
    if contents.size > 1:
        if role == "input":
            canvas.rules.append((grid.area, image_scale()))
        else:
            scale = grad_scale if role in ("grad", "seed", "parameter") else value_scale
            canvas.rules.append((grid.area, scale(grid.area)))


def _range(grid: Grid) -> str:
    far = grid.seen_from_elsewhere()
    return far.prefix + far.area
