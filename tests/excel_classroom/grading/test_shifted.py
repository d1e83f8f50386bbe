"""A row or a column that was inserted or deleted, a sheet with another name: it is followed, and costs nothing."""

import ironcalc
import openpyxl
import pytest

from excel_classroom.grading.papers import papers_of
from excel_classroom.practice.key import Options
from excel_export.shared.sandbox import NotGraded
from tests.support.handed_in import change, fill, formulas, hand_out, marked
from tests.support.long_proofs import only_quick


@pytest.fixture(scope="module", params=only_quick(["exam", "practice"], "exam"))
def handed_out(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("class") / "in"
    key = hand_out(folder, ["Anna"], options=Options(exam=request.param == "exam"))
    with papers_of(key) as papers:
        yield key, folder / "Anna.xlsx", papers


def shifted(path, into, sheet="Network", row=0, column=0, by=1, name=""):
    """Insert or delete rows and columns as a spreadsheet program does: all references follow."""
    model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
    k = [each["name"] for each in model.get_worksheets_properties()].index(sheet)
    if row and by > 0:
        model.insert_rows(k, row, by)
    elif row:
        model.delete_rows(k, row, -by)
    if column and by > 0:
        model.insert_columns(k, column, by)
    elif column:
        model.delete_columns(k, column, -by)
    if name:
        model.rename_sheet(k, name)
    model.evaluate()
    model.save_to_xlsx(str(into))
    return into


SHIFTS = {
    "a row": ({"row": 4}, "was inserted on the sheet 'Network'"),  # where rows are empty, it may be another of them
    "a row in the middle": ({"row": 12}, "row 12 was inserted"),
    "two rows": ({"row": 9, "by": 2}, "row 9 was inserted"),
    "a column": ({"column": 8}, ": column "),
    "a row and a column": ({"row": 9, "column": 8}, "row 9 was inserted on the sheet 'Network'; column "),
    "a row on the sheet of the step": ({"sheet": "Update", "row": 2}, "row 2 was inserted on the sheet 'Update'"),
    "another name": ({"name": "My network"}, "the sheet 'Network' has the name 'My network'"),
    "another name and a row": ({"name": "Mine!", "row": 9}, "row 9 was inserted"),
}


@pytest.mark.parametrize("shift", only_quick(list(SHIFTS), "a row", "a row and a column", "another name and a row"))
def test_a_shift_is_followed_and_costs_nothing(handed_out, tmp_path, shift):
    key, path, papers = handed_out
    how, said = SHIFTS[shift]
    filled = fill(path, key.blanks, formulas(key.blanks), into=tmp_path / "filled.xlsx")
    found = marked(papers, key.students[0], shifted(filled, tmp_path / "shifted.xlsx", **how))
    assert found.points == found.of
    assert all(each.state == "right" and each.holds for each in found.marks)
    assert found.remarks[0].startswith("put back before grading: ")
    assert said in found.remarks[0]


def test_what_stands_in_a_new_row_is_read(handed_out, tmp_path):
    """A helper in the new row, which an answer reads."""
    key, path, papers = handed_out
    k = max(range(len(key.blanks)), key=lambda each: len(key.blanks[each].formula))
    filled = fill(path, key.blanks, formulas(key.blanks), into=tmp_path / "filled.xlsx")
    moved = shifted(filled, tmp_path / "shifted.xlsx", row=4)
    sheet = key.blanks[k].sheet
    home = next(
        cell.coordinate
        for row in openpyxl.load_workbook(moved)[sheet]
        for cell in row
        if str(cell.value).startswith("=") and "HYPERLINK" not in str(cell.value) and cell.row > 4
    )

    def helped(book):
        book["Network"]["AZ4"] = book[sheet][home].value
        book[sheet][home] = "='Network'!AZ4"

    found = marked(papers, key.students[0], change(moved, helped))
    assert found.points == found.of


def test_what_cannot_be_followed_is_named(handed_out, tmp_path):
    key, path, papers = handed_out
    filled = fill(path, key.blanks, formulas(key.blanks), into=tmp_path / "filled.xlsx")

    def scrambled(book):
        sheet = book["Network"]
        numbers = [cell for row in sheet for cell in row if isinstance(cell.value, float)]
        for cell in numbers:
            cell.value = None

    with pytest.raises(NotGraded, match="cells of the sheet 'Network' were moved or deleted: such as Network!"):
        marked(papers, key.students[0], change(filled, scrambled))
