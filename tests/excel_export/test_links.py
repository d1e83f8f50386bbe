"""Links: what stands still is a text with a link of its own, which every program follows; the rest are formulas."""

import re
import zipfile

import pytest
from openpyxl import load_workbook

from excel_export.authoring import Canvas
from excel_export.formulas import Name, joined
from excel_export.workbook.write import write
from tests.excel_export.test_schema import findings
from tests.support.kinds import SMALL
from tests.support.package_rules import faults
from tests.support.window import Window, in_a_window

STANDS_STILL = re.compile(r"""=HYPERLINK\("#'(?:[^'"]|'')+'!\$?[A-Z]+\$?\d+",""")


def places(cell):
    """Where a link of its own leads: the sheet and the cell."""
    sheet, _, target = cell.hyperlink.location.rpartition("!")
    return sheet.removeprefix("'").removesuffix("'").replace("''", "'"), target


@pytest.mark.parametrize("kind", SMALL)
def test_a_link_that_stands_still_is_no_formula_alone(made_of, kind):
    book = load_workbook(made_of(kind).path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    links = [cell for cell in cells if cell.hyperlink]
    assert len(links) > 20
    for cell in links:
        sheet, target = places(cell)
        assert book[sheet].sheet_state == "visible", cell
        assert re.fullmatch(r"[A-Z]+\d+", target), cell
        assert cell.hyperlink.display in (cell.value, None)
        assert cell.hyperlink.display or str(cell.value).startswith("=HYPERLINK("), cell
    formulas = [cell for cell in cells if STANDS_STILL.match(str(cell.value))]
    assert all(cell.hyperlink for cell in formulas), formulas


@pytest.fixture
def linked(tmp_path):
    here, there = Canvas("Here", "0B5394"), Canvas("It's odd & <so>", "0B5394")
    for row in range(1, 6):
        here.heights[row] = 30
        here.say(row, 1, "", "cell")
    here.widths = {2: 30, 3: 30}
    here.link(2, 2, there.at(7, 3), 'go & see "it" →', "link")
    here.merge(here.at(2, 2, width=2))
    here.link(4, 2, there.at(9, 3), joined("to row ", Name("number")), "link")
    here.put(5, 1, 9, "cell")
    there.say(1, 1, "the other sheet", "cell")
    write([here, there], {"number": here.at(5, 1)}, tmp_path / "linked.xlsx", "Links")
    return tmp_path / "linked.xlsx"


def test_it_says_what_it_leads_to_whatever_the_sheet_is_called(linked):
    assert findings(linked) == []
    assert faults(linked) == []
    book = load_workbook(linked)
    still, computed = book["Here"]["B2"], book["Here"]["B4"]
    assert still.value == still.hyperlink.display == 'go & see "it" →'
    with zipfile.ZipFile(linked) as package:
        assert b'<hyperlink ref="B2:C2" ' in package.read("xl/worksheets/sheet1.xml"), "all of a merge can be clicked"
    assert places(still) == (book.sheetnames[1], "C7")
    assert computed.value == "=HYPERLINK(\"#'It''s odd & <so>'!C9\",\"to row \"&number)"
    assert places(computed) == (book.sheetnames[1], "C9")


@in_a_window
@pytest.mark.parametrize(("cell", "row"), [("B2", 7), ("B4", 9)])
def test_a_click_leads_there_in_a_window(linked, cell, row):
    with Window(linked) as window:
        left, top, _, height = window.cell_on_screen(f"Here!{cell}")
        window.follow(left + 20, top + height / 2)
        window.picture()
        assert window.cursor() == f"It's odd & <so>!C{row}"
