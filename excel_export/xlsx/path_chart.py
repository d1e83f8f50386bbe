"""Charts of paths in a plane: of each point one cell holds x, and another one y."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl.chart import Reference as ChartReference
from openpyxl.chart import ScatterChart, Series
from openpyxl.chart.data_source import StrRef
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.worksheet.worksheet import Worksheet

from excel_export.formulas.reference import Reference
from excel_export.xlsx.charts import THICK, THIN, anchor, characters, text
from excel_export.xlsx.styles import FAINT, GREY, PAPER


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
    drawn.title, drawn.x_axis.title, drawn.y_axis.title = chart.title, chart.x_title, chart.y_title
    drawn.title.tx.rich.p[0].r[0].rPr = characters(1400, bold=True)
    drawn.title.overlay = False
    for axis, (low, high) in ((drawn.x_axis, chart.x_limits), (drawn.y_axis, chart.y_limits)):
        axis.title.tx.rich.p[0].r[0].rPr = characters(1100)
        axis.title.overlay = axis.delete = False
        axis.txPr, axis.tickLblPos, axis.number_format, axis.crosses = text(1000), "low", "General", "min"
        axis.spPr = GraphicalProperties(ln=LineProperties(solidFill=GREY, w=9525))
        axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill=FAINT, w=9525))
        axis.scaling.min, axis.scaling.max = low, high
    drawn.legend.position = "b"
    drawn.legend.txPr = text(1000)
    drawn.graphical_properties = GraphicalProperties(solidFill=PAPER, ln=LineProperties(solidFill=FAINT))
    drawn.layout = Layout(manualLayout=ManualLayout(layoutTarget="inner", xMode="edge", yMode="edge",
                                                    x=0.08, y=0.1, w=0.89, h=0.68))  # fmt: skip
    for path in chart.paths:
        series = Series(_cells(sheet, path.ys), _cells(sheet, path.xs))
        series.tx = SeriesLabel()
        series.tx.strRef = StrRef(f=path.name.fixed.everywhere)
        series.smooth = False
        width = THICK if path.dots else THIN
        series.graphicalProperties.line = LineProperties(solidFill=path.color, w=width, prstDash=path.dash)
        series.marker.symbol = "circle" if path.dots else "none"
        series.marker.size = 5
        series.marker.graphicalProperties = GraphicalProperties(
            solidFill=path.color, ln=LineProperties(solidFill=path.color)
        )
        drawn.series.append(series)
    drawn.anchor = anchor(chart.area)
    sheet.add_chart(drawn)


def _cells(sheet: Worksheet, column: Reference) -> ChartReference:
    return ChartReference(sheet, min_col=column.col, min_row=column.row, max_row=column.row + column.height - 1)
