"""Charts of a table's columns. What they draw stands in columns of its own: bounded, and without words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from excel_export.formulas.expression import Expression
from excel_export.formulas.functions import IF, ISNUMBER, MAX, MIN
from excel_export.formulas.reference import Reference
from excel_export.sheets.training.step_table import STEP_COL, StepTable
from excel_export.xlsx.charts import Chart, Line

CHART_ROWS = 17


@dataclass(frozen=True)
class Curve:
    """One column as a line."""

    column: str
    """The key of the column."""
    color: str
    """As RRGGBB."""
    thin: bool = False
    """Drawn thin, with a dot at each point: single measurements beside their mean."""


@dataclass(frozen=True)
class Curves:
    """A chart of some columns, over the steps."""

    title: str
    y_title: str
    alt: str
    """What it shows, in words."""
    curves: Sequence[Curve]
    highest: float
    """What is larger is drawn there, and so is what is no number."""
    lowest: float | None = 0
    number_format: str = "General"


def bounded(source: Reference, lowest: float | None, highest: float) -> Expression:
    """A cell as a chart draws it: within bounds; what is no number is drawn at the top."""
    within = MIN(source, highest)
    return IF(ISNUMBER(source), within if lowest is None else MAX(lowest, within), highest)


def draw(table: StepTable, charts: Sequence[Curves], top: int, first_col: int) -> None:
    """Draw charts side by side above a table.

    Args:
        table: whose columns they show; its widths are set.
        charts: what to draw.
        top: the first row of the charts.
        first_col: the first column of what they draw; the columns before the one to its left are shared among them.
    """
    canvas, last_shown = table.canvas, first_col - 2
    share = sum(canvas.widths[col] for col in range(STEP_COL, last_shown + 1)) / len(charts)
    heads = {column.key: column.head for column in table.columns}
    head_row = table.first_row - 1
    canvas.say(head_row - 1, first_col, "what the charts draw: columns of the table, bounded", "hint")
    col, left = first_col, STEP_COL
    for number, chart in enumerate(charts, start=1):
        lines = []
        for curve in chart.curves:
            canvas.say(head_row, col, heads[curve.column], "head_wrapped")
            for cell in table.column(table.col_of[curve.column]).each():
                canvas.put(cell.row, col, bounded(cell, chart.lowest, chart.highest), "chart_data")
            lines.append(Line(col, canvas.at(head_row, col), curve.color, thin=curve.thin))
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
