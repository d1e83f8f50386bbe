"""Charts of a table's columns, charts of paths in a plane, and pictures, all of which lie over a sheet."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

import numpy as np
from openpyxl.chart import ScatterChart, Series
from openpyxl.chart.chartspace import ChartContainer, ChartSpace
from openpyxl.chart.data_source import StrRef
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.plotarea import PlotArea
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Font, Paragraph, ParagraphProperties
from openpyxl.xml.functions import tostring
from PIL import Image

from excel_export.formulas import Reference, Text
from excel_export.workbook.styles import FAINT, GREY, INK, PAPER

THICK = 28_575
"""The width of a line in EMU: 2¼ points."""
THIN = 12_700
"""The width of a thin line in EMU: 1 point."""
MOST_LABELS = 12
"""The most numbers on a horizontal axis, so that they do not overlap."""
ENLARGED = 4
"""The dots of the file for a pixel of a picture, on a side: programs blur what they enlarge themselves."""


@dataclass(frozen=True)
class Line:
    """One curve of a chart: Line(3, name=cell of its name, color='0B5394') draws the numbers of column C."""

    column: int
    """The column of the numbers, from 1 on."""
    name: Reference
    """The cell on the same sheet with the curve's name."""
    color: str
    """The colour, as RRGGBB."""
    dash: str = "solid"
    """The name of a dash in the file format, such as 'solid' or 'sysDash'."""
    thin: bool = False
    """True for a thin line with a dot at each point, as for single measurements beside their mean."""
    steps: int | None = None
    """The column of the horizontal coordinates, from 1 on; None for `Chart.steps_column`. Where they stay the same
    from row to row, a curve ends."""


@dataclass(frozen=True)
class Chart:
    """A chart of curves over the rows of a table on the chart's own sheet, such as the loss over steps 1 to 50."""

    area: Reference
    """The cells that the chart covers, however wide a program draws them."""
    title: str
    """The title above it."""
    x_title: str
    """The name of the horizontal axis."""
    y_title: str
    """The name of the vertical axis."""
    lines: Sequence[Line]
    """The curves."""
    steps_column: int
    """The column of the horizontal coordinates, from 1 on: those of the steps 1, 2, …."""
    first_row: int
    """The table's row with the first point of each curve, from 1 on."""
    last_row: int
    """The row with the last point."""
    alt: str
    """The chart in words, for screen readers."""
    lowest: float | None = None
    """The lower end of the vertical axis; None lets the program choose."""
    highest: float | None = None
    """The upper end of the vertical axis; None lets the program choose."""
    log: bool = False
    """True for a logarithmic vertical axis."""
    number_format: str = "General"
    """The number format at the vertical axis, such as '0.00'."""
    plot_height: float = 0.62
    """The height of the plot, between the title and the horizontal axis, as a share of the chart's."""

    @property
    def scatter_chart(self) -> ScatterChart:
        """The chart as an object of openpyxl, a ScatterChart, which `chart_xml` writes."""
        curves = [
            (self._cells(line.steps or self.steps_column), self._cells(line.column), line, line.thin)
            for line in self.lines
        ]
        drawn = _scatter_chart(self, curves, x=0.13, y=0.14, w=0.83, h=self.plot_height)
        x_axis, y_axis = drawn.x_axis, drawn.y_axis
        x_axis.majorGridlines = None
        x_axis.majorUnit, x_axis.scaling.min, x_axis.scaling.max = self._label_every, 0, self._steps
        x_axis.number_format, y_axis.number_format = "0", self.number_format
        y_axis.scaling.min, y_axis.scaling.max = self.lowest, self.highest
        # Each axis says where on the other one it lies: at its lower end.
        y_axis.crosses, y_axis.crossesAt = None, 0
        if self.log:
            y_axis.scaling.logBase = 10
        if self.lowest is not None:
            x_axis.crosses, x_axis.crossesAt = None, self.lowest
        if len(self.lines) == 1:
            drawn.legend = None
        return drawn

    @property
    def _steps(self) -> int:
        return self.last_row - self.first_row + 1

    @property
    def _label_every(self) -> int:
        return next(every for every in (1, 2, 5, 10, 20, 50, 100, self._steps) if self._steps <= MOST_LABELS * every)

    def _cells(self, column: int) -> str:
        return Reference(self.area.sheet, self.first_row, column, self._steps).fixed.everywhere


@dataclass(frozen=True)
class Path:
    """Points of a plane, joined by lines: Path(xs=B3:B9, ys=C3:C9, name=cell of its name, color='0B5394')."""

    xs: Reference
    """The cells of a column with the horizontal coordinates."""
    ys: Reference
    """The cells of a column with the vertical coordinates."""
    name: Reference
    """The cell with the path's name, for the legend."""
    color: str
    """The colour, as RRGGBB."""
    dash: str = "solid"
    """The name of a dash in the file format, such as 'solid' or 'sysDash'."""
    dots: bool = True
    """True if each point has a dot; without dots, the line is thin."""


@dataclass(frozen=True)
class PathChart:
    """A chart of paths in a plane, such as that through the points (weight, loss) of all steps, from cells."""

    area: Reference
    """The cells that the chart covers."""
    title: str
    """The title above it."""
    x_title: str
    """The name of the horizontal axis."""
    y_title: str
    """The name of the vertical axis."""
    paths: Sequence[Path]
    """The paths."""
    alt: str
    """The chart in words, for screen readers."""
    x_limits: tuple[float, float] | None = None
    """The ends of the horizontal axis, (0, 5); None lets the program choose."""
    y_limits: tuple[float, float] | None = None
    """The ends of the vertical axis; None lets the program choose."""
    plot: tuple[float, float, float, float] = (0.08, 0.1, 0.89, 0.68)
    """The place of the plot in the chart: left, top, width and height, as shares of the chart's width and height."""
    is_bare: bool = False
    """True for a small chart without a title and a legend, which stand beside it."""

    @property
    def scatter_chart(self) -> ScatterChart:
        """The chart as an object of openpyxl, a ScatterChart, which `chart_xml` writes."""
        curves = [(path.xs.fixed.everywhere, path.ys.fixed.everywhere, path, path.dots) for path in self.paths]
        drawn = _scatter_chart(self, curves, **dict(zip("xywh", self.plot, strict=True)))
        for axis, limits, other in (
            (drawn.x_axis, self.x_limits, drawn.y_axis), (drawn.y_axis, self.y_limits, drawn.x_axis),
        ):  # fmt: skip
            axis.number_format = "General" if limits else "0.00"
            axis.majorGridlines.spPr = _line_of(FAINT)
            if limits:
                axis.scaling.min, axis.scaling.max = limits
                other.crosses, other.crossesAt = None, limits[0]
            else:
                other.crosses = "min"
        if self.is_bare:
            drawn.title = drawn.legend = None
        return drawn


@dataclass(frozen=True)
class Picture:
    """A grey picture over some cells: Picture(cells, uint8 pixels (28, 28), 'a 3')."""

    area: Reference
    """The cells that the picture covers."""
    pixels: np.ndarray
    """The grey values, uint8 (height, width): 0 is black, 255 white."""
    alt: str
    """The picture in words, for screen readers."""

    @property
    def png(self) -> bytes:
        """The picture as the bytes of a PNG file, 4 by 4 dots for each pixel, since programs blur what they enlarge.

        It is not compressed, so that every machine gives the same bytes.
        """
        file = io.BytesIO()
        dots = self.pixels.repeat(ENLARGED, 0).repeat(ENLARGED, 1)
        Image.fromarray(dots).save(file, "PNG", compress_level=0)
        return file.getvalue()


def _scatter_chart(
    chart: Chart | PathChart, curves: Sequence[tuple[str, str, Line | Path, bool]], **plot: float
) -> ScatterChart:
    """Return a chart with curves, each as the cells of its coordinates, its look, and whether its points have dots.

    `plot` has the position of the plot in shares of the chart: x, y, w and h.
    """
    drawn = ScatterChart()
    drawn.style, drawn.scatterStyle = 13, "lineMarker"
    drawn.title, drawn.x_axis.title, drawn.y_axis.title = chart.title, chart.x_title, chart.y_title
    drawn.title.tx.rich.p[0].r[0].rPr = _characters(1400, bold=True)
    drawn.title.overlay = False
    for axis in (drawn.x_axis, drawn.y_axis):
        axis.title.tx.rich.p[0].r[0].rPr = _characters(1100)
        axis.title.overlay = axis.delete = False
        axis.txPr, axis.tickLblPos = _text(1000), "low"
        axis.spPr = _line_of(GREY)
        axis.crosses = "autoZero"
    drawn.x_axis.axPos = "b"
    drawn.y_axis.majorGridlines.spPr = _line_of(FAINT)
    drawn.legend.position, drawn.legend.txPr = "b", _text(1000)
    drawn.graphical_properties = GraphicalProperties(solidFill=PAPER, ln=LineProperties(solidFill=FAINT))
    drawn.layout = Layout(manualLayout=ManualLayout(layoutTarget="inner", xMode="edge", yMode="edge", **plot))
    for xs, ys, curve, dots in curves:
        # Of a chart over steps, single measurements are thin and have dots; in a plane, paths without dots are thin.
        thin = dots if isinstance(curve, Line) else not dots
        series = Series(ys, xs)
        series.tx = SeriesLabel()
        series.tx.strRef = StrRef(f=curve.name.fixed.everywhere)
        series.smooth = False
        width = THIN if thin else THICK
        series.graphicalProperties.line = LineProperties(solidFill=curve.color, w=width, prstDash=curve.dash)
        series.marker.symbol, series.marker.size = "circle" if dots else "none", 5
        line = LineProperties(solidFill=curve.color)
        series.marker.graphicalProperties = GraphicalProperties(solidFill=curve.color, ln=line)
        drawn.series.append(series)
    return drawn


def _line_of(color: str) -> GraphicalProperties:
    return GraphicalProperties(ln=LineProperties(solidFill=color, w=9525))


def _characters(size: int, bold: bool = False) -> CharacterProperties:
    return CharacterProperties(sz=size, b=bold, solidFill=INK, latin=Font(typeface="Calibri"))


def _text(size: int) -> RichText:
    properties = ParagraphProperties(defRPr=_characters(size))
    return RichText(p=[Paragraph(pPr=properties, endParaRPr=_characters(size))])


_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_HEAD = (
    f'<xdr:wsDr xmlns:xdr="{_DRAWING}/spreadsheetDrawing" xmlns:a="{_DRAWING}/main" xmlns:c="{_DRAWING}/chart" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
)


def drawing_xml(charts: Sequence[Chart | PathChart], pictures: Sequence[Picture]) -> bytes:
    """Return the XML that lays charts, then pictures over a sheet, b'<xdr:wsDr …'; their ids are 'rId1', 'rId2', …."""
    frames = [_frame(k, chart) for k, chart in enumerate(charts, start=1)]
    frames += [_picture(k, picture) for k, picture in enumerate(pictures, start=len(charts) + 1)]
    return f"{_HEAD}{''.join(frames)}</xdr:wsDr>".encode()


def _picture(number: int, picture: Picture) -> str:
    return _anchored(
        picture.area,
        "<xdr:pic><xdr:nvPicPr>"
        f'<xdr:cNvPr id="{number}" name={quoteattr(f"Picture {number}")} descr={quoteattr(Text(picture.alt))}/>'
        '<xdr:cNvPicPr><a:picLocks noChangeAspect="1"/></xdr:cNvPicPr></xdr:nvPicPr>'
        f'<xdr:blipFill><a:blip r:embed="rId{number}"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill>'
        '<xdr:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic>',
    )


def _frame(number: int, chart: Chart | PathChart) -> str:
    name, words = quoteattr(Text(chart.title)), quoteattr(Text(chart.alt))
    return _anchored(
        chart.area,
        f'<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="{number}" name={name} descr={words}/>'
        "<xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr>"
        '<xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>'
        f'<a:graphic><a:graphicData uri="{_DRAWING}/chart"><c:chart r:id="rId{number}"/></a:graphicData></a:graphic>'
        "</xdr:graphicFrame>",
    )


def _anchored(area: Reference, what: str) -> str:
    place = _corners(area)
    return f'<xdr:twoCellAnchor editAs="twoCell">{place}{what}<xdr:clientData/></xdr:twoCellAnchor>'


def _corners(area: Reference) -> str:
    """Return the XML of the corners of cells; rows and columns count from 0, the lower right lies behind."""
    places = {"from": (area.col - 1, area.row - 1), "to": (area.last.col, area.last.row)}
    return "".join(
        f"<xdr:{corner}><xdr:col>{col}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{row}</xdr:row>"
        f"<xdr:rowOff>0</xdr:rowOff></xdr:{corner}>"
        for corner, (col, row) in places.items()
    )


def chart_xml(chart: Chart | PathChart) -> bytes:
    """Return the XML of a chart: b'<chartSpace …'."""
    drawn, area = chart.scatter_chart, PlotArea()
    area.layout = drawn.layout
    area.scatterChart = drawn
    # The points of a bare chart may stand apart, with an empty column between them.
    blanks = "span" if isinstance(chart, PathChart) and chart.is_bare else "gap"
    container = ChartContainer(
        plotArea=area, legend=drawn.legend, title=drawn.title, plotVisOnly=True, dispBlanksAs=blanks
    )
    container.autoTitleDeleted = False
    space = ChartSpace(chart=container, roundedCorners=False, style=drawn.style, spPr=drawn.graphical_properties)
    return bytes(tostring(space.to_tree()))
