"""Charts of paths in a plane: of each point one cell holds x, and another one y."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl.chart import Reference as ChartReference
from openpyxl.chart import ScatterChart, Series
from openpyxl.worksheet.worksheet import Worksheet

from excel_export.formulas.reference import Reference
from excel_export.xlsx.charts import THICK, THIN, anchor, frame, line_of, styled, write_titles
from excel_export.xlsx.styles import FAINT


@dataclass(frozen=True)
class Path:
    """Points that are joined, one after another."""

    xs: Reference
    """The cells of a column."""
    ys: Reference
    name: Reference
    """The cell that names it."""
    color: str
    dash: str = "solid"
    dots: bool = True
    """Whether each point has a dot; without, the line is thin."""


@dataclass(frozen=True)
class PathChart:
    """Paths over a plane; all cells are on the chart's own sheet."""

    area: Reference
    """The cells it covers."""
    title: str
    x_title: str
    y_title: str
    paths: Sequence[Path]
    alt: str
    """What it shows, in words."""
    x_limits: tuple[float, float]
    y_limits: tuple[float, float]


def add_path_chart(sheet: Worksheet, chart: PathChart) -> None:
    """Draw a chart of paths on a sheet."""
    drawn = ScatterChart()
    drawn.style, drawn.scatterStyle = 13, "lineMarker"
    write_titles(drawn, chart.title, chart.x_title, chart.y_title)
    for axis, (low, high) in ((drawn.x_axis, chart.x_limits), (drawn.y_axis, chart.y_limits)):
        axis.number_format, axis.crosses = "General", "min"
        axis.majorGridlines.spPr = line_of(FAINT)
        axis.scaling.min, axis.scaling.max = low, high
    frame(drawn, x=0.08, y=0.1, w=0.89, h=0.68)
    for path in chart.paths:
        series = Series(_cells(sheet, path.ys), _cells(sheet, path.xs))
        drawn.series.append(styled(series, path, THICK if path.dots else THIN, path.dots))
    drawn.anchor = anchor(chart.area)
    sheet.add_chart(drawn)


def _cells(sheet: Worksheet, column: Reference) -> ChartReference:
    return ChartReference(sheet, min_col=column.col, min_row=column.row, max_row=column.row + column.height - 1)
