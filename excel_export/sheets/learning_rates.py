"""The Learning rates sheet: the same small network trained from the same weights at several rates, side by side.

Each training is a block of rows on a sheet of its own, one row a step: inputs, parameters, forward, backward from
left to right, and the next row's parameters are this row's, less rate · gradient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from torch import Tensor, nn

from excel_export.compiler.place import Placement, shape_text
from excel_export.compiler.trace import trace
from excel_export.compiler.unroll import (
    FURTHEST,
    Unrolled,
    bounded,
    in_a_row,
    largest_move,
    unroll,
    without_input_gradients,
)
from excel_export.formulas.formula import each, table
from excel_export.formulas.grid import Grid
from excel_export.formulas.operator import Expressions
from excel_export.graph.graph import Graph, Value
from excel_export.sheets.draft import Draft
from excel_export.sheets.tensors import Entry
from excel_export.sheets.training import DIVERGED
from excel_export.xlsx.canvas import Canvas, cell, link
from excel_export.xlsx.charts import Chart, Line
from excel_export.xlsx.styles import BACKWARD, DIFFERS, FORWARD, PALETTE, text_rule

NAME, STEPS_NAME = "Learning rates", "Rate steps"
WHAT = "one small network, trained at several learning rates side by side: which learns fastest?"
STEPS_WHAT = "every step of these trainings, one row a step"
RATE_ROW, HEAD_ROW, FIRST_ROW = 5, 6, 7
STEP_COL, INPUT_COL, CHART_ROWS = 2, 3, 30
# On the sheet of the steps.
BLOCK_TOP, FIRST_TENSOR_COL = 5, 6


@dataclass(frozen=True)
class Comparison:
    """Trainings that differ in their learning rate alone."""

    title: str
    text: str
    module: nn.Module
    """Small enough for a step to fit into one row."""
    steps: Sequence[Mapping[str, Tensor]]
    """The inputs of each step, by argument name, each a single number."""
    rates: Sequence[float]
    recent: int
    """How many steps a mean takes in: best a whole pass over the data."""
    chart_title: str
    y_title: str
    alt: str
    lowest: float
    highest: float


def trained_at(number: int) -> str:
    """What the index calls the parameters after the training at the rate of that number, counted from 1."""
    return f"after training at rate {number}"


def draw(draft: Draft, plan: Comparison) -> None:
    """Draw the comparison, and its steps."""
    graph = without_input_gradients(trace(plan.module, plan.steps[0]))
    names = [value.name for value in graph.of_kind("input")]
    count = len(plan.steps)
    height = count + 4
    steps = Canvas(STEPS_NAME, BACKWARD, zoom=80, freeze=f"C{BLOCK_TOP - 1}")
    steps.say(1, 2, f"{plan.title}: the steps", "title")
    steps.put(2, 2, link(NAME, "A1", "← the curves"), "link")
    trainings: list[Unrolled] = []
    for k in range(len(plan.rates)):
        top = BLOCK_TOP + 2 + k * height

        def lay(step: int, top: int = top) -> Placement:
            return in_a_row(graph, STEPS_NAME, top + step, FIRST_TENSOR_COL)

        def rate(step: int, _: Value, top: int = top) -> str:
            return f"$E{top + step}"

        unrolled = unroll(graph, count, lay, lambda step: _inputs(names, step), rate)
        trainings.append(unrolled)
        _block(steps, unrolled, k, top)
        draft.entries += [
            Entry(v.name, trained_at(k + 1), grid) for v, grid in unrolled.parameters(unrolled.last).items()
        ]
        losses = Grid(STEPS_NAME, top, unrolled.steps[0].tensors[graph.loss].value.col, (count,), (1,), (0,))
        draft.entries.append(Entry("loss", f"at each step at rate {k + 1}", losses))
    draft.add(_summary(plan, names, trainings), WHAT)
    draft.add(steps, STEPS_WHAT)


def _inputs(names: Sequence[str], step: int) -> dict[str, Expressions]:
    return {
        name: table((1,), lambda _, k=k: f"'{NAME}'!${get_column_letter(INPUT_COL + k)}${FIRST_ROW + step}")
        for k, name in enumerate(names)
    }


def _rate(number: int, names: Sequence[str]) -> str:
    return f"${get_column_letter(INPUT_COL + len(names) + number)}${RATE_ROW}"


def _block(canvas: Canvas, unrolled: Unrolled, number: int, top: int) -> None:
    """Write one training, a row a step, under the names of its tensors."""
    graph = unrolled.graph
    inputs = [value.name for value in graph.of_kind("input")]
    rate = f"'{NAME}'!{_rate(number, inputs)}"
    canvas.put(top - 2, 2, f'="Learning rate "&{rate}', "heading")
    for col, head in ((2, "step"), (3, "largest move"), (4, ""), (5, "rate")):
        canvas.say(top - 1, col, head, "head")
    _heads(canvas, graph, unrolled.steps[0], top - 1)
    for step, placement in enumerate([*unrolled.steps, unrolled.last]):
        row = top + step
        is_last = placement is unrolled.last
        canvas.say(row, 2, "after" if is_last else step + 1, "cell_small")
        for value, placed in placement.tensors.items():
            style = {"input": "driven", "parameter": "after", "constant": "constant"}.get(value.kind, "value")
            contents = unrolled.contents.get(placed.value)
            if contents is None or (is_last and value.kind != "parameter"):
                continue
            if value.kind == "parameter" and contents.dtype != object:
                # All trainings start from the first one's weights.
                if number:
                    contents = each("={}", replace(placed.value, row=BLOCK_TOP + 2))
                else:
                    style = "parameter"
            canvas.fill(placed.value, contents, style)
            grids = [] if is_last else [(placed.grad, "grad"), *((grid, "work") for grid in placed.work.values())]
            for grid, its_style in grids:
                if grid is not None:
                    canvas.fill(grid, unrolled.contents[grid], its_style)
        if is_last:
            continue
        gradients = [
            grad for value in graph.of_kind("parameter") if (grad := placement.tensors[value].grad) is not None
        ]
        too_far = f"C{row}>{FURTHEST}"
        if step:
            too_far = f'OR(D{row - 1}="{DIVERGED}",{too_far})'
        canvas.put(row, 3, f"={largest_move(bounded(rate), gradients)}", "move")
        canvas.put(row, 4, f'=IF({too_far},"{DIVERGED}","learning")', "status")
        canvas.put(row, 5, f'=IF(D{row}="{DIVERGED}",0,{bounded(rate)})', "rate")
    canvas.widths |= {1: 2, 2: 8, 3: 12, 4: 10, 5: 8}
    canvas.widths |= dict.fromkeys(range(FIRST_TENSOR_COL, unrolled.last.sheets[0].last_column + 1), 6.5)
    canvas.rules.append((f"D{top}:D{top + len(unrolled.steps) - 1}", text_rule(f"D{top}", DIVERGED, DIFFERS)))


def _heads(canvas: Canvas, graph: Graph, placement: Placement, row: int) -> None:
    for value, placed in placement.tensors.items():
        title = "title_parameters" if value.kind == "parameter" else "title_forward"
        shape = f"  {shape_text(value.shape)}" if value.data.size > 1 else ""
        canvas.say(row, placed.value.col, value.name + shape, title)
        for name, grid in placed.work.items():
            canvas.say(row, grid.col, f"{value.name}: {name}", "note")
        if placed.grad is not None:
            canvas.say(row, placed.grad.col, f"∂L/∂ {value.name}", "title_backward")


def _summary(plan: Comparison, names: Sequence[str], trainings: Sequence[Unrolled]) -> Canvas:
    canvas = Canvas(NAME, FORWARD, freeze=f"C{FIRST_ROW}", zoom=85, one_page=True)
    count, first_rate = len(plan.steps), INPUT_COL + len(names)
    chart_col, last_row = first_rate + len(plan.rates) + 1, FIRST_ROW + count - 1
    drawn_col, last_shown = chart_col + 15, get_column_letter(chart_col + 12)
    canvas.say(1, 2, plan.title, "title")
    canvas.heights |= {1: 30, 2: 34, RATE_ROW: 24, HEAD_ROW: 32}
    canvas.say(2, 2, plan.text, "text")
    canvas.put(3, 2, link("Start", "A1", "← Start"), "link")
    canvas.merged.append(f"B2:{last_shown}2")
    canvas.printed = f"A1:{last_shown}{last_row}"
    canvas.widths = {1: 2, STEP_COL: 7, chart_col - 1: 2}
    canvas.widths |= dict.fromkeys(range(INPUT_COL, first_rate), 9)
    canvas.widths |= dict.fromkeys(range(first_rate, chart_col - 1), 11)
    canvas.say(RATE_ROW - 1, first_rate, f"the loss, mean of the last {plan.recent} steps", "hint")
    canvas.say(RATE_ROW - 1, drawn_col, "what the chart draws: the same, bounded", "hint")
    canvas.say(RATE_ROW, STEP_COL, "Learning rates →", "label")
    for col, head in enumerate(("step", *names), start=STEP_COL):
        canvas.say(HEAD_ROW, col, head, "head_wrapped")
    for step, inputs in enumerate(plan.steps):
        place = cell(BLOCK_TOP + 2 + step, 2)
        canvas.put(FIRST_ROW + step, STEP_COL, link(STEPS_NAME, place, str(step + 1)), "step_link")
        for col, name in enumerate(names, start=INPUT_COL):
            canvas.put(FIRST_ROW + step, col, float(inputs[name].item()), "input")
    rates = DataValidation(
        "decimal", operator="between", formula1="0", formula2="1000000", showErrorMessage=True,
        errorTitle="A learning rate", error="A number from 0 to 1,000,000, please.",
    )  # fmt: skip
    canvas.validations.append(rates)
    lines = []
    for k, (rate, unrolled) in enumerate(zip(plan.rates, trainings, strict=True)):
        col, drawn = first_rate + k, drawn_col + k
        canvas.put(RATE_ROW, col, rate, "edit")
        rates.add(cell(RATE_ROW, col))
        canvas.put(HEAD_ROW, col, f'="rate "&{cell(RATE_ROW, col)}', "head_wrapped")
        canvas.put(HEAD_ROW, drawn, f"={cell(HEAD_ROW, col)}", "head_wrapped")
        losses = [placement.tensors[unrolled.graph.loss].value.seen_from_elsewhere() for placement in unrolled.steps]
        letter = get_column_letter(losses[0].col)
        for step, loss in enumerate(losses):
            recent = f"{loss.prefix}{letter}{losses[max(0, step - plan.recent + 1)].row}:{letter}{loss.row}"
            status = f"{loss.prefix}$D${loss.row}"
            mean = f'=IF({status}="{DIVERGED}","{DIVERGED}",AVERAGE({recent}))'
            source = cell(FIRST_ROW + step, col)
            canvas.put(FIRST_ROW + step, col, mean, "fine_loss")
            bounds = f"MAX({plan.lowest},MIN({source},{plan.highest}))"
            canvas.put(FIRST_ROW + step, drawn, f"=IF(ISNUMBER({source}),{bounds},{plan.highest})", "chart_data")
        lines.append(Line(drawn, cell(HEAD_ROW, drawn), *PALETTE[k % len(PALETTE)]))
    area = f"{cell(FIRST_ROW, first_rate)}:{cell(last_row, chart_col - 2)}"
    canvas.rules.append((area, text_rule(cell(FIRST_ROW, first_rate), DIVERGED, DIFFERS)))
    area = f"{cell(RATE_ROW, chart_col)}:{cell(FIRST_ROW + CHART_ROWS - 1, chart_col + 11)}"
    canvas.charts.append(
        Chart(area, plan.chart_title, "step", plan.y_title, lines, STEP_COL, FIRST_ROW,
              last_row, plan.alt, plan.lowest, plan.highest, log=True, plot_height=0.7)
    )  # fmt: skip
    return canvas
