"""The Learning rates sheet: the same network trained from the same weights at several rates, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import nn

from excel_export.compiler.limits import refuse_many_steps
from excel_export.compiler.unroll import LARGEST_RATE
from excel_export.formulas.expression import equal, joined, total
from excel_export.formulas.functions import AVERAGE, IF, link
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import Reference
from excel_export.shared.errors import ExportError
from excel_export.sheets.allowed import REFUSED
from excel_export.sheets.book import Book
from excel_export.sheets.training import examples, rate_cells, rate_steps
from excel_export.sheets.training.curves import bounded
from excel_export.sheets.training.examples import Examples
from excel_export.sheets.training.feed import Feed
from excel_export.sheets.training.first_losses import logarithmic_axis, losses_at_start
from excel_export.sheets.training.rate_steps import RateSteps
from excel_export.sheets.training.step_table import DIVERGED, FAR, STEP_COL, StepTable
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.charts import Chart, Line
from excel_export.xlsx.index import Entry
from excel_export.xlsx.page import Page
from excel_export.xlsx.rules import text_rule
from excel_export.xlsx.styles import DIFFERS, FORWARD, PALETTE

NAME = "Learning rates"
WHAT = "one network, trained at several learning rates side by side: which learns fastest?"
RATE_ROW, HEAD_ROW, FIRST_ROW = 5, 6, 7
CHART_ROWS, CHART_COLS = 30, 12
REFUSED_RATES = f"{REFUSED}; of a rate that is too small or too large, the nearest one from 0 to {LARGEST_RATE:,}"
TEXT = (
    "The same network trains on the same examples, from the same parameters, at several learning rates. Too small a "
    "rate crawls, too large a one overshoots further at every step until it diverges: change the yellow rates."
)


@dataclass(frozen=True)
class LearningRates:
    """Trainings that differ in their learning rate alone, to be compared on two sheets."""

    rates: Sequence[float] = (0.01, 0.03, 0.1, 0.3, 1, 3)
    examples: Examples | Feed | None = None
    """The inputs of one step after another; None are those of the `Training`."""
    steps: int = 30
    start: nn.Module | None = None
    """The module that is trained, with the parameters that it begins with; the exported one where it is None."""
    title: str = "Which learning rate?"
    text: str = TEXT
    chart_title: str = ""
    y_title: str = ""
    alt: str = ""
    """What the chart shows, in words."""
    bounds: tuple[float, float] | None = None
    """The ends of the chart's axis, which is logarithmic where both are positive; None are ends that fit the losses at
    the start."""


def trained_at(number: int) -> str:
    """What the index calls the parameters after the training at the rate of that number, counted from 1."""
    return f"after training at rate {number}"


def each_step_at(number: int) -> str:
    """What the index calls the losses of the training at the rate of that number, counted from 1."""
    return f"at each step at rate {number}"


def draw(book: Book, module: nn.Module, compared: LearningRates, feed: Feed | None = None) -> None:
    """Draw the comparison, and its steps.

    Args:
        book: the workbook.
        module: what is trained, unless `compared` says another.
        compared: the trainings.
        feed: where the inputs come from, unless `compared` says it.

    Raises:
        ExportError: there is no example, they do not fit the module, or a step does not fit into a row.
    """
    _refuse_odd(compared)
    start, given = compared.start or module, compared.examples or feed
    if given is None:
        raise ExportError("say which examples the learning rates are compared on")
    feed = given if isinstance(given, Feed) else examples.draw(book, "Rate examples", start, given)
    graph = feed.graph(start)
    refuse_many_steps(graph, compared.steps * len(compared.rates))
    canvas = Canvas(NAME, FORWARD, freeze=f"C{FIRST_ROW}", zoom=85, page=Page(one_page=True))
    table = StepTable(canvas, FIRST_ROW, compared.steps, feed)
    steps, read = RateSteps(compared.title, graph, compared.steps, canvas.at(1, 1)), feed.reader(start, graph)
    losses = []
    for number in range(len(compared.rates)):
        rate = _used(table, number).fixed
        unrolled = steps.draw(number, rate, lambda step: read(table.cells_from_afar(step)))
        for value, grid in unrolled.parameters(unrolled.last).items():
            book.entries.append(Entry(value.name, trained_at(number + 1), grid))
        loss = unrolled.steps[0].tensors[graph.loss].value.first
        losses.append(replace(loss, height=compared.steps))
        grid = Grid(loss.sheet, loss.row, loss.col, (compared.steps,), (1,), (0,))
        book.entries.append(Entry("loss", each_step_at(number + 1), grid))
    bounds = compared.bounds or logarithmic_axis(losses_at_start(start, feed))
    _draw_table(table, compared, steps, losses, bounds)
    book.add(canvas, WHAT)
    book.add_hidden(steps.canvas, rate_steps.WHAT)


def _used(table: StepTable, number: int) -> Reference:
    """The cell with one of the rates as it is used; to the left of it stands whether what was typed is refused."""
    return table.canvas.at(RATE_ROW, table.far_col + 2 * number + 1)


def _refuse_odd(compared: LearningRates) -> None:
    if not compared.rates:
        raise ExportError("there is no learning rate to compare")
    for rate in compared.rates:
        rate_cells.refuse_odd(rate)
    if compared.steps < 1:
        raise ExportError(f"a training has at least one step, not {compared.steps}")


def _draw_table(
    table: StepTable, compared: LearningRates, steps: RateSteps, losses: list[Reference], bounds: tuple[float, float]
) -> None:
    canvas, first_rate, count = table.canvas, table.next_col, len(compared.rates)
    chart_col = first_rate + count + 1
    drawn_col, last_shown = chart_col + CHART_COLS + 3, chart_col + CHART_COLS
    canvas.say(1, 2, compared.title, "title")
    canvas.say(2, 2, compared.text, "text")
    canvas.put(3, 2, link(Canvas("Start", "").at(1, 1), "← Start"), "link")
    canvas.merge(canvas.at(2, 2, width=last_shown - 1))
    canvas.printed = canvas.at(1, 1, table.last_row, last_shown)
    canvas.heights |= {1: 30, 2: 34, RATE_ROW: 24, HEAD_ROW: 32}
    canvas.widths = {1: 2, STEP_COL: 7, chart_col - 1: 2}
    canvas.widths |= dict.fromkeys(range(first_rate, first_rate + count), 11)
    shown = f"loss, mean of the last {table.recent} steps" if table.recent > 1 else "loss"
    canvas.say(RATE_ROW - 1, drawn_col, "what the chart draws: the same, bounded", "hint")
    canvas.say(RATE_ROW, STEP_COL, "Learning rates →", "label")
    table.draw_heads()
    for step in range(compared.steps):
        table.draw_row(step, table.cells(step))
    lines, flags = [], []
    for number, rate in enumerate(compared.rates):
        col, drawn = first_rate + number, drawn_col + number
        flag, used = rate_cells.draw(canvas, canvas.at(RATE_ROW, col), rate, _used(table, number).at(0, -1))
        flags.append(flag)
        canvas.put(HEAD_ROW, col, joined("rate ", used), "head_wrapped")
        canvas.put(HEAD_ROW, drawn, canvas.at(HEAD_ROW, col), "head_wrapped")
        for step in range(compared.steps):
            before = min(step, table.recent - 1)
            recent = replace(losses[number].at(step - before), height=before + 1)
            status = steps.status(number, step)
            mean = IF(equal(status, DIVERGED), DIVERGED, AVERAGE(recent))
            canvas.put(FIRST_ROW + step, col, mean, "fine_loss")
            canvas.put(FIRST_ROW + step, drawn, bounded(canvas.at(FIRST_ROW + step, col), *bounds), "chart_data")
        lines.append(Line(drawn, canvas.at(HEAD_ROW, drawn), *PALETTE[number % len(PALETTE)]))
    canvas.put(RATE_ROW - 1, first_rate, IF(total([*flags, table.refused]) > 0, REFUSED_RATES, f"the {shown}"), "hint")
    canvas.hide_columns(table.next_col + FAR)
    table_of_means = canvas.at(FIRST_ROW, first_rate, compared.steps, count)
    canvas.format(table_of_means, text_rule(canvas.at(FIRST_ROW, first_rate), DIVERGED, DIFFERS))
    lowest, highest = bounds
    canvas.charts.append(
        Chart(
            canvas.at(RATE_ROW, chart_col, CHART_ROWS + FIRST_ROW - RATE_ROW, CHART_COLS),
            compared.chart_title or f"The same steps at {count} learning rates", "step",
            compared.y_title or shown,
            lines, STEP_COL, FIRST_ROW, table.last_row,
            compared.alt or f"The loss over {compared.steps} steps at {count} learning rates.",
            lowest, highest, log=lowest > 0, plot_height=0.7,
        )
    )  # fmt: skip
