"""Charts of a table's columns, drawn from columns of their own, which are bounded and hold no words.

The losses before the first step determine how high a chart is.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import nn

from excel_export.compiler.reference.eager import run_eagerly
from excel_export.compiler.reference.widen import Widen
from excel_export.formulas import IF, ISNUMBER, MAX, MIN, Expression, OperandLike, Reference, equal
from excel_export.shared.errors import ExportError
from excel_export.sheets.training.step_table import DIVERGED, STEP_COL, Feed, StepTable
from excel_export.workbook.charts import Chart, Line

CHART_ROWS = 17
DECADES = 4
"""The powers of ten on a logarithmic axis."""


@dataclass(frozen=True)
class Curve:
    """One column as a line: Curve('loss', '1F77B4', thin=True)."""

    column: str
    """The key of the column: 'loss'."""
    color: str
    """The colour as RRGGBB."""
    thin: bool = False
    """True for a thin line with a dot at each point: single measurements beside their mean."""


@dataclass(frozen=True)
class Curves:
    """A chart of columns over the steps: Curves('The loss', 'loss', 'It falls.', [Curve('loss', '1F77B4')], 5.0)."""

    title: str
    """The title above the chart."""
    y_title: str
    """The name of the vertical axis."""
    alt: str
    """The chart in words, for screen readers."""
    curves: Sequence[Curve]
    """The lines."""
    highest: float
    """The upper end of the axis; larger numbers are drawn there."""
    lowest: float | None = 0
    """The lower end of the axis; None lets the program choose."""
    leaves: bool = True
    """True if a diverged curve leaves the chart at the top, False if it ends."""
    number_format: str = "General"
    """The format of the numbers at the axis."""


def draw(table: StepTable, charts: Sequence[Curves], top: int, status_col: int, first_col: int) -> None:
    """Draw charts side by side above a table, whose widths are set. Their curves end where the training diverges.

    Args:
        table: the table.
        charts: the charts.
        top: the first row of the charts.
        status_col: the column with 'diverged' in the rows of steps from which on the training has diverged.
        first_col: the first of the columns that the charts read. The charts end two columns before it.
    """
    canvas, last_shown, head_row = table.canvas, first_col - 2, table.first_row - 1
    share = sum(canvas.widths[col] for col in range(STEP_COL, last_shown + 1)) / len(charts)
    heads = {column.key: column.head for column in table.columns}
    canvas.put(head_row - 1, first_col, "chart data: columns of the table, clipped", "hint")
    draw_steps(table, first_col, status_col)
    col, left = first_col + 1, STEP_COL
    for number, chart in enumerate(charts, start=1):
        lines = []
        for curve in chart.curves:
            canvas.put(head_row, col, heads[curve.column], "head_wrapped")
            right = table.col_of[curve.column] - col
            draw_column(table, col, status_col, within(chart.lowest, chart.highest, right, chart.leaves))
            lines.append(Line(col, canvas.at(head_row, col), curve.color, thin=curve.thin, steps=first_col))
            col += 1
        right = left
        while right < last_shown and sum(canvas.widths[k] for k in range(STEP_COL, right + 1)) < number * share - 3:
            right += 1
        area = canvas.at(top, left, height=CHART_ROWS, width=right - left + 1)
        canvas.charts.append(
            Chart(
                area, chart.title, "step", chart.y_title, lines, STEP_COL, table.first_row, table.last_row, chart.alt,
                chart.lowest, chart.highest, number_format=chart.number_format,
            )
        )  # fmt: skip
        left = right + 1


CellContent = Callable[[Reference, OperandLike | None], Expression]
"""A function from the cell of a step in a chart's column, and the cell above it or None, to its formula."""


def draw_steps(table: StepTable, col: int, status_col: int) -> None:
    """Fill the column `col` with the steps at which curves are drawn: 1, 2, 3, 3, 3 if the training diverges at step 3.

    `status_col` is the column with 'diverged' in the rows of steps from which on it has.
    """
    table.canvas.put(table.first_row - 1, col, "step", "head_wrapped")
    draw_column(table, col, status_col, lambda cell, before: cell.at(0, STEP_COL - col).cells)


def draw_column(table: StepTable, col: int, status_col: int, content: CellContent) -> None:
    """Fill the column `col`, which a chart reads: content(cell, cell above) for each step, None above the first.

    After the step at which the training diverges, with 'diverged' in `status_col`, the last content is repeated.
    """
    for cell in table.column(col).each():
        before = cell.at(-1) if cell.row > table.first_row else None
        formula = content(cell, before)
        if before is not None:
            formula = IF(equal(before.at(0, status_col - col), DIVERGED), before, formula)
        table.canvas.put(cell.row, col, formula, "chart_data")


def within(lowest: float | None, highest: float, right: int, leaves: bool = True) -> CellContent:
    """Return the content of a chart's column for `draw_column`: the number `right` columns to the right, within bounds.

    For 0 and 5 it is MAX(0,MIN(D20,5)); None as `lowest` sets no lower bound. An error, as of a diverged training, is
    drawn at the top if `leaves` is true, else the number above is repeated.
    """

    def content(cell: Reference, before: OperandLike | None) -> Expression:
        source, otherwise = cell.at(0, right), lowest if before is None else before
        shown = MIN(source, highest)
        shown = shown if lowest is None else MAX(lowest, shown)
        return IF(ISNUMBER(source), shown, highest if leaves or otherwise is None else otherwise)

    return content


def losses_at_start(module: nn.Module, feed: Feed) -> list[float]:
    """Return the loss of `module` for each of `feed.examples`, with its parameters at first: [2.3, 0.7].

    Raises:
        ExportError: PyTorch cannot compute it, or it is infinite or NaN.
    """
    losses = []
    for number, inputs in enumerate(feed.examples, start=1):
        try:
            loss = float(run_eagerly(module, inputs).loss)
        except ExportError as error:
            try:  # it may mix types
                loss = float(run_eagerly(module, inputs, Widen()).loss)
            except ExportError:
                raise ExportError(f"example {number}: {error}") from None
        if not math.isfinite(loss):
            raise ExportError(f"the loss of example {number} is {loss}, which a spreadsheet cannot hold")
        losses.append(loss)
    return losses


def axis(losses: Sequence[float]) -> tuple[float, float]:
    """Return the ends of an axis with room for losses; the lower one is 0 if none is negative, else minus the upper.

    The upper one is the least of …, 0.5, 1, 2, 5, 10, … that reaches the largest absolute loss.

    Example:
        >>> axis([0.3, 7.0]), axis([-0.3, 4.0])
        ((0, 10.0), (-5.0, 5.0))
    """
    size = max(map(abs, losses))
    power = _power_of_ten(size)
    highest = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= size)
    return (-highest if min(losses) < 0 else 0), highest


def logarithmic_axis(losses: Sequence[float]) -> tuple[float, float]:
    """Return the ends of a logarithmic axis; if a loss is not positive, those of `axis`.

    The upper one is the power of ten above the largest loss, the lower one a ten-thousandth of it.

    Example:
        >>> logarithmic_axis([0.3, 40.0]), logarithmic_axis([0.0, 4.0])
        ((0.01, 100.0), (0, 5.0))
    """
    if min(losses) <= 0:
        return axis(losses)
    highest = 10 * _power_of_ten(max(losses))
    return highest / 10**DECADES, highest


def _power_of_ten(size: float) -> float:
    return float(f"1e{math.floor(math.log10(size))}") if size else 1
