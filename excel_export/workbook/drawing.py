"""The parts of the file that lay charts, pictures and form controls over a sheet, and draw each chart."""

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from openpyxl.chart.chartspace import ChartContainer, ChartSpace
from openpyxl.chart.plotarea import PlotArea
from openpyxl.xml.functions import tostring

from excel_export.formulas import Text
from excel_export.workbook.charts import Chart, PathChart, Picture
from excel_export.workbook.form_controls import Placed, corners

_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_HEAD = (
    f'<xdr:wsDr xmlns:xdr="{_DRAWING}/spreadsheetDrawing" xmlns:a="{_DRAWING}/main" xmlns:c="{_DRAWING}/chart" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
)


def drawing_xml(charts: Sequence[Chart | PathChart], pictures: Sequence[Picture], controls: Sequence[Placed]) -> bytes:
    """Lay charts, pictures and form controls over a sheet; the first two have the relations 'rId1' and so on."""
    frames = [_frame(k, chart) for k, chart in enumerate(charts, start=1)]
    frames += [_picture(k, picture) for k, picture in enumerate(pictures, start=len(charts) + 1)]
    return f"{_HEAD}{''.join((*frames, *(control.frame for control in controls)))}</xdr:wsDr>".encode()


def _picture(number: int, picture: Picture) -> str:
    return (
        f'<xdr:twoCellAnchor editAs="twoCell">{corners(picture.area, "xdr:")}<xdr:pic><xdr:nvPicPr>'
        f'<xdr:cNvPr id="{number}" name={quoteattr(f"Picture {number}")} descr={quoteattr(Text(picture.alt))}/>'
        '<xdr:cNvPicPr><a:picLocks noChangeAspect="1"/></xdr:cNvPicPr></xdr:nvPicPr>'
        f'<xdr:blipFill><a:blip r:embed="rId{number}"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill>'
        '<xdr:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic><xdr:clientData/></xdr:twoCellAnchor>'
    )


def _frame(number: int, chart: Chart | PathChart) -> str:
    name, words = quoteattr(Text(chart.title)), quoteattr(Text(chart.alt))
    return (
        f'<xdr:twoCellAnchor editAs="twoCell">{corners(chart.area, "xdr:")}<xdr:graphicFrame macro="">'
        f'<xdr:nvGraphicFramePr><xdr:cNvPr id="{number}" name={name} descr={words}/><xdr:cNvGraphicFramePr/>'
        "</xdr:nvGraphicFramePr>"
        '<xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>'
        f'<a:graphic><a:graphicData uri="{_DRAWING}/chart"><c:chart r:id="rId{number}"/></a:graphicData></a:graphic>'
        "</xdr:graphicFrame><xdr:clientData/></xdr:twoCellAnchor>"
    )


def chart_xml(chart: Chart | PathChart) -> bytes:
    """Draw a chart."""
    drawn, area = chart.drawn, PlotArea()
    area.layout = drawn.layout
    area.scatterChart = drawn
    container = ChartContainer(
        plotArea=area, legend=drawn.legend, title=drawn.title, plotVisOnly=True, dispBlanksAs="gap"
    )
    container.autoTitleDeleted = False
    space = ChartSpace(chart=container, roundedCorners=False, style=drawn.style, spPr=drawn.graphical_properties)
    return bytes(tostring(space.to_tree()))
