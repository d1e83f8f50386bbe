"""Work of ours that somebody hands in as his own is recognised: the whole workbook, or the sheet alone."""

import openpyxl

from excel_classroom.report.checked_file import CheckedFile
from excel_classroom.results.handed_in import HandedIn
from excel_export.lessons.one_row_a_step_sheet import NAME
from excel_export.workbook.contents import read_submission
from tests.support.scripts import ROOT
from tests.support.sheets_by_hand import one_row_a_step, save

SOLUTION = ROOT / "workbooks" / "lessons" / "02-two-layers-assignment.xlsx"


def said_of(path):
    """The remarks on a file, of which only the formulas and the properties count here."""
    read = read_submission(path)
    content = {
        name: [[*at, cell.value, cell.formula] for at, cell in cells.items()] for name, cells in read.sheets.items()
    }
    found = {"claims": [], "learning": [], "content": content, "properties": read.properties}
    return CheckedFile(HandedIn(path, path.name), found).remarks


def test_the_published_solution_as_it_is():
    said = said_of(SOLUTION)
    assert any("formulas of the published solution" in each for each in said)
    assert "made from a workbook that this program wrote" in said


def test_its_sheet_alone_in_a_file_of_ones_own(tmp_path):
    given, own = openpyxl.load_workbook(SOLUTION)[NAME], openpyxl.Workbook()
    for row in given.iter_rows():
        for cell in row:
            own.active[cell.coordinate] = cell.value
    own.save(tmp_path / "mine.xlsx")
    (said,) = said_of(tmp_path / "mine.xlsx")
    assert "of the published solution" in said


def test_a_students_own_sheet_is_not_ours(tmp_path):
    assert said_of(save(one_row_a_step(), tmp_path / "own.xlsx")) == []
