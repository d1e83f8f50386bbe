"""What a person sees of a sheet at first, what of it is printed, and how cells are merged."""

import re
import zipfile

import pytest
from lxml import etree
from openpyxl import load_workbook

from excel_export import export
from excel_export.workbook.canvas import Canvas, Page
from excel_export.workbook.read import read_index
from excel_export.workbook.styles import CHOICE_EDGE, INPUT
from excel_export.workbook.write import write
from tests.excel_export.test_schema import findings
from tests.support.engines import sheet_parts
from tests.support.kinds import SMALL
from tests.support.package_rules import faults
from tests.support.sheets import load_sheet
from tests.support.tiny import Tiny, X
from tests.support.window import Window, in_a_window


@pytest.fixture
def written(tmp_path):
    def write_all(*canvases):
        path = tmp_path / "views.xlsx"
        write(canvases, {}, path, "Views")
        assert findings(path) == []
        assert faults(path) == []
        return path

    return write_all


def sheet(name="Sheet", rows=8, **options):
    canvas = Canvas(name, "0B5394", **options)
    for row in range(1, rows + 1):
        for col in range(1, 41):
            canvas.put(row, col, 100 * row + col, "cell")
    return canvas


def test_a_hidden_sheet_has_no_tab_and_can_be_shown_again(written):
    book = load_workbook(written(sheet("Front"), sheet("Helpers", hidden=True)))
    assert [each.sheet_state for each in book] == ["visible", "hidden"]


def test_hidden_columns_keep_their_widths(written):
    canvas = sheet(widths={2: 20, 4: 5, 30: 8})
    canvas.hide_columns(4, 6)
    canvas.hide_columns(29)
    with zipfile.ZipFile(written(canvas)) as package:
        columns = re.findall(rb"<col [^>]*>", package.read("xl/worksheets/sheet1.xml"))
    found = [tuple(re.search(rb'%b="(\d+)"' % of, col)[1] for of in (b"min", b"max", b"width")) for col in columns]
    assert found == [(b"2", b"2", b"20"), (b"4", b"4", b"5"), (b"5", b"6", b"13"), (b"29", b"29", b"13"),
                     (b"30", b"30", b"8"), (b"31", b"16384", b"13")]  # fmt: skip
    assert [b'hidden="1"' in col for col in columns] == [False, True, True, True, True, True]


def test_excel_marks_nothing_as_a_mistake_that_is_none(written):
    """Texts such as '3', formulas unlike their neighbours, and those that leave out numbers beside their range."""
    with zipfile.ZipFile(written(sheet(), sheet("Second"))) as package:
        for part in ("xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"):
            (ignored,) = etree.fromstring(package.read(part)).iter("{*}ignoredError")
            assert dict(ignored.attrib) == {
                "sqref": "A1:XFD1048576", "numberStoredAsText": "1", "formula": "1", "formulaRange": "1",
            }, "an error value is still marked"  # fmt: skip


def test_headings_may_go(written):
    first, second = load_workbook(written(sheet("With"), sheet("Without", headings=False))).worksheets
    assert first.sheet_view.showRowColHeaders is None
    assert second.sheet_view.showRowColHeaders is False


@pytest.mark.parametrize(
    ("freeze", "row", "col", "active"),
    [
        (None, 5, 5, "topLeft"),
        ("A4", 3, 5, "topLeft"), ("A4", 4, 5, "bottomLeft"),
        ("C1", 4, 2, "topLeft"), ("C1", 4, 3, "topRight"),
        ("C4", 3, 2, "topLeft"), ("C4", 3, 3, "topRight"), ("C4", 4, 2, "bottomLeft"), ("C4", 4, 3, "bottomRight"),
    ],
)  # fmt: skip
def test_the_cursor_stands_in_the_pane_of_its_cell(written, freeze, row, col, active):
    canvas = sheet(freeze=freeze)
    canvas.cursor = canvas.at(row, col)
    view = load_workbook(written(canvas)).active.sheet_view
    cell = canvas.cursor.area
    chosen = [(selection.pane or "topLeft", selection.activeCell) for selection in view.selection if selection.sqref]
    assert (active, cell) in chosen
    assert len({pane for pane, _ in chosen}) == len(chosen)
    if freeze:
        assert view.pane.activePane == active


@in_a_window
def test_a_window_opens_on_the_first_sheet_where_the_author_says(written):
    front, other = sheet("Front", freeze="A4"), sheet("Other")
    front.cursor, front.opens_at = front.at(2, 3), front.at(50, 1)
    other.cursor, other.opens_at = other.at(60, 20), other.at(55, 15)
    other.hide_columns(16, 18)
    with Window(written(front, sheet("Helpers", hidden=True), other)) as window:
        assert window.sheets() == ["Front", "Other"]
        assert (window.shown(), window.cursor()) == ("Front", "Front!C2")
        assert window.cell_on_screen("Front!A4") is window.cell_on_screen("Front!A49") is None
        (_, frozen, *_), (_, top, *_) = window.cell_on_screen("Front!A3"), window.cell_on_screen("Front!A50")
        assert 0 < top - frozen < 40
        window.show("Other")
        window.picture()
        assert window.cursor() == "Other!T60"
        assert window.cell_on_screen("Other!N60") is window.cell_on_screen("Other!Q60") is None
        left, _, width, _ = window.cell_on_screen("Other!O55")
        assert window.cell_on_screen("Other!S55")[0] == left + width + 1, "only a line is between them"


def test_a_page_says_how_it_is_printed(written):
    long, whole = (
        sheet("Long", page=Page("Letter", landscape=False)),
        sheet("Whole", 60, page=Page("A3", one_page=True)),
    )
    long.page = Page("Letter", landscape=False, heads=("this", "that & more"))
    long.printed = long.at(1, 1, 90, 8)
    cut = sheet("Cut", 60)
    cut.hide_columns(21)
    cut.hide_columns(3, 5)
    canvases = [long, whole, cut, sheet("Not for paper", 60, page=None), sheet("Helpers", page=None, hidden=True)]
    first, second, third, fourth, fifth = load_workbook(written(*canvases)).worksheets
    setups = [(each.page_setup.orientation, each.page_setup.paperSize, each.page_setup.fitToHeight)
              for each in (first, second)]  # fmt: skip
    assert setups == [("portrait", 1, 0), ("landscape", 8, 1)]
    assert (first.oddHeader.center.text, second.oddHeader.center.text) == ("this   |   that && more", None)
    assert not any(each.print_title_rows for each in (first, second))
    assert (first.print_area, second.print_area) == ("'Long'!$A$1:$H$90", "'Whole'!$A$1:$AN$60")
    assert (first.oddFooter.left.text, first.oddFooter.right.text) == ("&A", "&P / &N")
    assert third.print_area == "'Cut'!$A$1:$T$60"
    assert fourth.print_area == "'Not for paper'!$A$1:$J$50"
    assert (fourth.page_setup.fitToWidth, fourth.page_setup.fitToHeight) == (1, 1)
    assert fifth[fifth.print_area.split("!")[1].replace("$", "")].value is None


def test_merged_cells_are_printed_to_their_end(written):
    canvas = sheet(rows=1)
    canvas.hide_columns(10)
    canvas.say(3, 2, "A paragraph of two lines across the shown columns.", "cell", height=2, width=7)
    canvas.say(6, 2, "One that goes on where columns are hidden.", "cell", height=2, width=30)
    alone = Canvas("Alone", "0B5394")
    alone.say(1, 2, "A paragraph.", "cell", height=3, width=4)
    areas = [each.print_area for each in load_workbook(written(canvas, alone))]
    assert areas == ["'Sheet'!$A$1:$I$7", "'Alone'!$A$1:$E$3"]


def test_gradients_are_decimals_and_those_near_zero_powers_of_ten(tmp_path):
    export(Tiny(), (X,), tmp_path / "net.xlsx")
    sheet = load_sheet(tmp_path / "net.xlsx", "Network")
    gradients = [entry.grid for entry in read_index(tmp_path / "net.xlsx") if entry.what == "gradient"]
    powers = [
        formats.sqref
        for formats in sheet.conditional_formatting
        for rule in formats.rules
        if rule.operator == "between" and rule.dxf.numFmt.formatCode == "0.0E+0;-0.0E+0;0"
    ]
    for grid in gradients:
        assert sheet[grid.first.area].number_format == "0.0000;-0.0000;0"
        assert any(grid.first.area in area for area in powers)


def styles(path):
    """The number of each cell's style, by sheet; openpyxl changes those of merged cells when it reads a file."""
    with zipfile.ZipFile(path) as package:
        return {
            name: {cell.get("r"): cell.get("s") for cell in etree.fromstring(package.read(part)).iter("{*}c")}
            for name, part in sheet_parts(package).items()
        }


@pytest.mark.parametrize("kind", SMALL)
def test_every_cell_of_a_merge_has_the_style_of_the_first(made_of, kind):
    path, merges = made_of(kind).path, 0
    found = styles(path)
    for sheet in load_workbook(path):
        for area in sheet.merged_cells.ranges:
            names = [sheet.cell(row, col).coordinate for row, col in area.cells]
            first = found[sheet.title].get(area.start_cell.coordinate)
            assert {found[sheet.title].get(name) for name in names} == {first}, (sheet.title, area)
            merges += 1
    assert merges > 2


def test_what_is_written_over_a_merged_cell_takes_its_place(tmp_path):
    canvas = Canvas("Here", "0B5394")
    canvas.put(2, 2, 7, "cell", height=2)
    canvas.put(2, 2, 8, "cell", height=2, width=2)
    write([canvas], {}, tmp_path / "merged.xlsx", "Merged")
    sheet = load_workbook(tmp_path / "merged.xlsx")["Here"]
    assert (sheet["B2"].value, [str(area) for area in sheet.merged_cells.ranges]) == (8, ["B2:C3"])


def test_a_merge_loses_no_content_of_its_first_cell_and_reaches_over_rows(tmp_path):
    canvas = Canvas("Here", "0B5394")
    canvas.merge(canvas.at(2, 2, 3, 3))
    canvas.put(2, 2, 7, "choice")
    canvas.put(2, 6, 8, "cell")
    canvas.stripe(3, 1, 3, "head")
    write([canvas], {}, tmp_path / "merged.xlsx", "Merged")
    found = styles(tmp_path / "merged.xlsx")["Here"]
    merged = {f"{letter}{row}" for letter in "BCD" for row in (2, 3, 4)}
    assert {found[name] for name in merged} == {found["B2"]}
    assert found["A3"] != found["B2"]
    sheet = load_workbook(tmp_path / "merged.xlsx")["Here"]
    assert (sheet["B2"].value, sheet["F2"].value) == (7, 8)
    assert sheet["B2"].fill.fgColor.rgb == f"FF{INPUT}"
    assert sheet["B2"].border.top.color.rgb == f"FF{CHOICE_EDGE}"
