"""The parts of the file that lay charts over a sheet, and draw each."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from openpyxl.chart import LineChart
from openpyxl.chart.chartspace import ChartContainer, ChartSpace
from openpyxl.chart.plotarea import PlotArea
from openpyxl.xml.functions import tostring

from excel_export.formulas.reference import Reference
from excel_export.formulas.texts import Text
from excel_export.xlsx.charts import Chart
from excel_export.xlsx.path_chart import PathChart

_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_HEAD = (
    f'<xdr:wsDr xmlns:xdr="{_DRAWING}/spreadsheetDrawing" xmlns:a="{_DRAWING}/main" xmlns:c="{_DRAWING}/chart" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
)


def drawing_xml(charts: Sequence[Chart | PathChart]) -> bytes:
    """Lay charts over a sheet; the relation of the first is 'rId1'."""
    return (_HEAD + "".join(_frame(k, chart) for k, chart in enumerate(charts, start=1)) + "</xdr:wsDr>").encode()


def _frame(number: int, chart: Chart | PathChart) -> str:
    name, words = quoteattr(Text(chart.title)), quoteattr(Text(chart.alt))
    return (
        f'<xdr:twoCellAnchor editAs="twoCell">{corners(chart.area)}<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr>'
        f'<xdr:cNvPr id="{number}" name={name} descr={words}/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr>'
        '<xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>'
        f'<a:graphic><a:graphicData uri="{_DRAWING}/chart"><c:chart r:id="rId{number}"/></a:graphicData></a:graphic>'
        "</xdr:graphicFrame><xdr:clientData/></xdr:twoCellAnchor>"
    )


def corners(area: Reference) -> str:
    """Where something lies that covers some cells. Rows and columns count from 0; the lower right one lies behind."""
    places = {"from": (area.col - 1, area.row - 1), "to": (area.col + area.width - 1, area.row + area.height - 1)}
    return "".join(
        f"<xdr:{corner}><xdr:col>{col}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{row}</xdr:row>"
        f"<xdr:rowOff>0</xdr:rowOff></xdr:{corner}>"
        for corner, (col, row) in places.items()
    )


def chart_xml(chart: Chart | PathChart) -> bytes:
    """Draw a chart."""
    drawn, area = chart.drawn, PlotArea()
    area.layout = drawn.layout
    if isinstance(drawn, LineChart):
        area.lineChart = drawn
    else:
        area.scatterChart = drawn
    container = ChartContainer(
        plotArea=area, legend=drawn.legend, title=drawn.title, plotVisOnly=True, dispBlanksAs="gap"
    )
    container.autoTitleDeleted = False
    space = ChartSpace(chart=container, roundedCorners=False, style=drawn.style, spPr=drawn.graphical_properties)
    return bytes(tostring(space.to_tree()))
