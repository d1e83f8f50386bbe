"""What the file says of charts: corners, axes and labels as Excel draws them."""

import zipfile

import pytest
from lxml import etree
from openpyxl import load_workbook
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string

from excel_export import LearningRates, export
from excel_export.authoring import Canvas, Chart, Line
from excel_export.workbook.charts import Path, PathChart
from excel_export.workbook.write import write
from tests.excel_export.test_schema import findings
from tests.support.engines import sheet_parts
from tests.support.long_proofs import only_quick
from tests.support.sheets import load_sheet
from tests.support.tiny import Tiny, X

NAMESPACE = {"c": "http://schemas.openxmlformats.org/drawingml/2006/chart"}


@pytest.fixture
def made(tmp_path):
    def make(rows=40, lines=1, **options):
        canvas = Canvas("Here", "0B5394")
        for row in range(1, rows + 2):
            for col in (1, 2, 3):
                canvas.put(row, col, float(row * col), "cell")
        lines = [Line(2, canvas.at(1, 2), "0B5394")] * lines
        canvas.charts.append(
            Chart(canvas.at(2, 5, 10, 6), "curves", "step", "loss", lines, 1, 2, rows + 1, "words", **options)
        )
        path = Path(canvas.at(2, 2, 10), canvas.at(2, 3, 10), canvas.at(1, 2), "0B5394")
        canvas.charts.append(
            PathChart(canvas.at(13, 5, 10, 6), "plane", "x", "y", [path, path], "words", (-4, 12), (-2.5, 3))
        )
        write([canvas], {}, tmp_path / "charts.xlsx", "Charts")
        assert findings(tmp_path / "charts.xlsx") == []
        with zipfile.ZipFile(tmp_path / "charts.xlsx") as package:
            return [etree.fromstring(package.read(f"xl/charts/chart{k}.xml")) for k in (1, 2)]

    return make


def values(chart, path):
    return [item.get("val") for item in chart.xpath(path, namespaces=NAMESPACE)]


def test_corners_are_square(made):
    for chart in made():
        assert values(chart, "/c:chartSpace/c:roundedCorners") == ["0"]


def test_the_axes_stand_below_and_at_the_left_and_cross_at_their_lower_ends(made):
    """Each axis says where on the other one it lies."""
    for chart, lowest in zip(made(lowest=0.01, highest=100, log=True), ((0, 0.01), (-4, -2.5)), strict=True):
        assert values(chart, "//c:valAx/c:axPos") == ["b", "l"]
        assert [float(value) for value in values(chart, "//c:valAx/c:scaling/c:min")] == [*lowest]
        assert [float(value) for value in values(chart, "//c:valAx/c:crossesAt")] == [*reversed(lowest)]
        assert not values(chart, "//c:crosses")
        for axis in chart.xpath("//c:valAx", namespaces=NAMESPACE):
            assert len(axis.xpath("c:crosses | c:crossesAt", namespaces=NAMESPACE)) == 1


FEW = [(1, 1), (3, 1), (12, 1), (13, 2), (24, 2), (25, 5), (60, 5), (61, 10)]


@pytest.mark.parametrize(("rows", "every"), only_quick([*FEW, (5_000, 5_000)], *FEW))
def test_few_points_have_a_label_each_and_many_a_dozen_at_most(made, rows, every):
    lines, _ = made(rows)
    assert values(lines, "//c:valAx/c:majorUnit") == [str(every)]


def test_a_reader_finds_both(made, tmp_path):
    made()
    lines, plane = load_workbook(tmp_path / "charts.xlsx")["Here"]._charts
    assert lines.series[0].yVal.numRef.f == "'Here'!$B$2:$B$41"
    assert lines.series[0].xVal.numRef.f == "'Here'!$A$2:$A$41"
    assert [series.yVal.numRef.f for series in plane.series] == ["'Here'!$C$2:$C$11"] * 2
    with zipfile.ZipFile(tmp_path / "charts.xlsx") as package:
        drawing = package.read("xl/drawings/drawing1.xml").decode()
    assert drawing.count('descr="words"') == 2


def rows_and_columns(sheet):
    """How many rows and columns of a sheet are frozen."""
    column, row = coordinate_from_string(sheet.freeze_panes) if sheet.freeze_panes else ("A", 1)
    return row - 1, column_index_from_string(column) - 1


@pytest.mark.parametrize("kind", only_quick(["slice-regression", "trainings", "letters"], "trainings"))
def test_no_frozen_line_cuts_a_chart(kind, made_of, tmp_path):
    """A chart that lies on both sides of it is cut as soon as one scrolls."""
    path = tmp_path / "book.xlsx"
    if kind == "trainings":
        rates = LearningRates(("SGD:0.1", "Adam:0.1"), [(X,), (2 * X,)], steps=3)
        export(Tiny(), (X,), path, rates=rates)
    else:
        path = made_of(kind if kind.startswith("slice") else f"example {kind}").path
    seen = 0
    with zipfile.ZipFile(path) as package:
        drawn = [name for name, part in sheet_parts(package).items() if b"<drawing " in package.read(part)]
    for sheet in (load_sheet(path, name) for name in drawn):
        for chart in sheet._charts:
            first, last = chart.anchor._from, chart.anchor.to
            for frozen, ends in zip(
                rows_and_columns(sheet), ((first.row, last.row), (first.col, last.col)), strict=True
            ):
                assert ends[0] >= frozen or ends[1] <= frozen, f"{sheet.title}: {chart.title}"
            seen += 1
    assert seen


@pytest.mark.parametrize(("lines", "legends"), [(1, 0), (2, 1)])
def test_only_several_lines_have_a_legend(made, lines, legends):
    assert len(made(lines=lines)[0].xpath("//c:legend", namespaces=NAMESPACE)) == legends
