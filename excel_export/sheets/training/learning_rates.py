"""Learning rates: the same network trained from the same weights at several rates, side by side.

They are the lower part of the sheet Training; without a training, they have a sheet Learning rates or Learning rules.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from excel_export.book.book import Book
from excel_export.book.sheet import Drawn, SheetSpec
from excel_export.compiler.place.limits import refuse_many_steps
from excel_export.compiler.unroll.unrolled import Unrolled
from excel_export.optim import LearningRule
from excel_export.shared.errors import ExportError
from excel_export.sheets.training import examples, rate_steps, training
from excel_export.sheets.training.examples import Examples
from excel_export.sheets.training.rate_steps import RateSteps
from excel_export.sheets.training.rate_table import NAME, NAME_OF_RULES, RateTable
from excel_export.sheets.training.step_table import Feed
from excel_export.sheets.training.training_charts import logarithmic_axis, losses_at_start
from excel_export.sheets.training.training_options import as_compared
from excel_export.workbook.read import Entry

__all__ = ["NAME", "SHEET", "LearningRates", "each_step_at", "trained_at"]

SHOWS_RULES = "one network, trained by several learning rules side by side: which is fastest?"


@dataclass(frozen=True)
class LearningRates:
    """Trainings side by side that differ in rate or rule only: LearningRates((0.01, 0.1), steps=20)."""

    rates: Sequence[float | str | tuple[str | LearningRule, float]] = (0.01, 0.03, 0.1, 0.3, 1, 3)
    """Learning rates of plain SGD; or rules with their rates: 'Adam:0.01', 'momentum:0.1:weight_decay=0.01', or a
    `LearningRule` and a rate."""
    examples: Examples | Feed | None = None
    """The inputs of one step after another; None for those of the `Training`."""
    steps: int = 30
    """The number of steps of each training."""
    start: nn.Module | None = None
    """The module that is trained, with its parameters at first; None for the exported one."""
    title: str = ""
    """The heading; '' for 'Which learning rate?' or 'Which learning rule?'."""
    text: str = ""
    """A few sentences for the reader; '' for an explanation of what is compared."""
    chart_title: str = ""
    """The title of the chart; '' for 'The same steps at 6 learning rates'."""
    y_title: str = ""
    """The name of the axis of the losses; '' for 'loss', or 'loss, mean of the last 3 steps' with three examples."""
    alt: str = ""
    """The chart in words, for screen readers; '' for 'The loss over 30 steps at 6 learning rates.'."""
    bounds: tuple[float, float] | None = None
    """The ends of the chart's axis, (0.001, 10.0), logarithmic if both are above 0; None to fit the first losses."""
    then: Sequence[SheetSpec[Any]] = ()
    """Further sheets, which find the numbers of each step in the index: `Book.entries`."""


def trained_at(number: int) -> str:
    """Return the words in the index of cells for trained parameters: 'after training at rate 1' for 1, the first."""
    return f"after training at rate {number}"


def each_step_at(number: int) -> str:
    """Return the word in the index of cells for the losses of a training; trainings count from 1.

    Example:
        >>> each_step_at(2)
        'at each step at rate 2'
    """
    return f"at each step at rate {number}"


def draw(book: Book) -> Drawn[None] | None:
    """Draw the comparison of learning rates and its steps; None if the author compares none.

    Raises:
        ExportError: there is no example, they do not fit the module, or a step does not fit into a row.
    """
    compared, module, trained = book.option(LearningRates), book.module, book.result(training.SHEET)
    if not (compared and module):
        return None
    drawn = Drawn[None](then=compared.then)
    # Examples of their own are the exported module's, others the training's.
    if trained and not compared.examples:
        module = trained.module
    items = [as_compared(each) for each in compared.rates]
    if not items:
        raise ExportError("there is no learning rate to compare")
    if compared.steps < 1:
        raise ExportError(f"a training has at least one step, not {compared.steps}")
    start, given = compared.start or module, compared.examples or (trained.feed if trained else None)
    if given is None:
        raise ExportError("say which examples the learning rates are compared on")
    feed = given if isinstance(given, Feed) else examples.draw(drawn, "Rate examples", start, given)
    graph = feed.graph(start, compared.steps)
    refuse_many_steps(graph, compared.steps * len(items), max(len(each.states) for each in items))
    bounds = compared.bounds or logarithmic_axis(losses_at_start(start, feed))
    table = RateTable(items, compared.steps, feed, compared.title, trained)
    steps = RateSteps(graph, table)
    read = feed.reader(start, graph)
    losses = []
    for number in range(len(items)):
        unrolled = steps.draw(number, lambda step: read(table.rows.cells_from_afar(step)))
        for value, grid in unrolled.parameters(unrolled.last).items():
            drawn.entries.append(Entry(value.name, trained_at(number + 1), grid))
        loss = unrolled.steps[0].tensors[graph.loss].value.first
        losses.append(replace(loss, height=compared.steps))
        cells = steps.canvas.column(loss.row, loss.col, compared.steps)
        drawn.entries.append(Entry("loss", each_step_at(number + 1), cells))
        if table.of_rules:
            drawn.entries += _remembered(unrolled, items[number].states, number + 1)
    for name, cell in steps.names.items():
        if name.text in book.names:
            raise ExportError(f"a learning rule has the name of something else: {name.text}")
        drawn.name(name, cell)
    table.draw(compared.text, [steps.status(number, 0) for number in range(len(items))], losses, bounds)
    table.draw_chart(compared.chart_title, compared.y_title, compared.alt, bounds)
    if not trained:
        drawn.add(table.canvas, SHOWS_RULES if table.of_rules else "")
    words = "every step, and what each rule remembers"
    if steps.is_readable:
        table.canvas.link(table.top + 2, table.first_col, steps.canvas.at(1, 1), f"{words} →", "link")
    elif table.of_rules:
        hidden = f"{words}: hidden sheet {steps.canvas.name}"
        table.canvas.put(table.top + 2, table.first_col, hidden, "hint")
    add = drawn.add if steps.is_readable else drawn.add_hidden
    add(steps.canvas, rate_steps.SHOWS_RULES if table.of_rules else rate_steps.SHOWS)
    return drawn


def _remembered(unrolled: Unrolled, states: Sequence[str], number: int) -> Iterator[Entry]:
    for value in unrolled.graph.of_kind("parameter"):
        tensor = unrolled.steps[0].tensors[value]
        kept = {state: grid for state, grid in tensor.helpers.items() if state in states}
        for what, grid in {"parameter": tensor.value, **kept}.items():
            rows, cols = (1, *grid.row_strides), (0, *grid.col_strides)
            whole = replace(grid, shape=(len(unrolled.steps), *grid.shape), row_strides=rows, col_strides=cols)
            yield Entry(value.name, f"{what} {each_step_at(number)}", whole)


SHEET = SheetSpec(
    NAME,
    "one network, trained at several learning rates side by side: which is fastest?",
    draw,
    order=610,
    also=("Rate examples", rate_steps.NAME, NAME_OF_RULES, rate_steps.NAME_OF_RULES),
)
