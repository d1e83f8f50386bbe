"""A row or a column that was inserted or deleted, a block that was moved, a sheet with another name: it is followed."""

import shutil
from functools import partial

import ironcalc
import openpyxl
import pytest
from openpyxl.cell.cell import MergedCell
from openpyxl.utils import range_boundaries

from excel_classroom.grading.papers import papers_of
from excel_classroom.practice.key import Options
from excel_export.shared.a1_notation import CELLS, place
from excel_export.shared.cells import name_of
from excel_export.shared.sandbox import NotGraded
from tests.support.handed_in import change, fill, formulas, hand_out, marked
from tests.support.long_proofs import only_quick


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
    how, said = SHIFTS[shift]
    found = handed_out.marked(shifted(handed_out.filled(tmp_path), tmp_path / "shifted.xlsx", **how))
    assert found.points == found.of
    assert all(each.state == "right" and each.answer.holds for each in found.marks)
    assert found.remarks[0].startswith("put back before grading: ")
    assert said in found.remarks[0]


def test_a_sheet_of_practice_with_another_name_is_none_of_the_answers(practised, tmp_path):
    """The marks read both."""
    found = practised.marked(shifted(practised.filled(tmp_path), tmp_path / "shifted.xlsx", name="Mine"))
    assert found.points == found.of


def test_what_stands_in_a_new_row_is_read(handed_out, tmp_path):
    """A helper in the new row, which an answer reads."""
    moved = shifted(handed_out.filled(tmp_path), tmp_path / "shifted.xlsx", row=4)
    sheet = max(handed_out.blanks, key=lambda each: len(each.formula)).sheet
    home = next(
        cell.coordinate
        for row in openpyxl.load_workbook(moved)[sheet]
        for cell in row
        if str(cell.value).startswith("=") and "HYPERLINK" not in str(cell.value) and cell.row > 4
    )

    def helped(book):
        book["Network"]["AZ4"] = book[sheet][home].value
        book[sheet][home] = "='Network'!AZ4"

    found = handed_out.marked(change(moved, helped))
    assert found.points == found.of


def cut_and_pasted(path, into, sheet, area, down, right, to=""):
    """Move a block as a spreadsheet program does, perhaps to another sheet: references to its cells follow."""
    left, top, last, bottom = range_boundaries(area)

    def moved(match, own, is_moved):
        name, first, second = (match[1] or own).strip("'"), match[2], match[3] or match[2]
        ends = [place(first), place(second)]
        if name == sheet and all(top <= row <= bottom and left <= col <= last for row, col in ends):
            cells = ":".join(name_of(row + down, col + right) for row, col in ends[: 1 + bool(match[3])])
            return f"'{to or sheet}'!{cells}" if match[1] or to else cells
        return f"'{sheet}'!{match[0]}" if to and is_moved and not match[1] else match[0]

    def how(book):
        target = book[to] if to in book.sheetnames else book.create_sheet(to) if to else book[sheet]
        block = {cell for row in book[sheet][area] for cell in row}
        for own in book:
            for cell in (cell for row in own for cell in row if isinstance(cell.value, str) and cell.data_type == "f"):
                change = partial(moved, own=own.title, is_moved=cell in block)
                cell.value = CELLS.sub(lambda match, change=change: change(match), cell.value)
        values = {(cell.row, cell.column): cell.value for cell in block}
        for cell in block:
            cell.value = None
        for (row, col), value in values.items():
            target.cell(row + down, col + right).value = value

    shutil.copy(path, into)
    return change(into, how)


def block_of(papers, tensor):
    """Where a tensor stands, as a sheet and an area."""
    grid = papers.plan.reference.tensor_cells[tensor]
    corners = name_of(grid.rows.min(), grid.cols.min()), name_of(grid.rows.max(), grid.cols.max())
    return grid.sheet, ":".join(corners)


@pytest.mark.parametrize("to", ["", "My corner", "Update"])
@pytest.mark.parametrize("typed", only_quick(["formulas", "numbers"], "formulas"))
def test_a_block_that_was_cut_and_pasted_elsewhere_is_followed(handed_out, tmp_path, typed, to):
    """With the blanks in it and what the student typed there; nothing tells such a number from another."""
    given = openpyxl.load_workbook(handed_out.path, data_only=True)

    def numbers_beside(blank):
        sheet, area = block_of(handed_out.papers, blank.tensor)
        return sum(isinstance(cell.value, float) for row in given[sheet][area] for cell in row)

    asked = [each for each in handed_out.blanks if len(each.index) == 2 and each.sheet == "Network"]
    blank = max(asked, key=numbers_beside)
    sheet, area = block_of(handed_out.papers, blank.tensor)
    numbers = [round(number, 4) for number in handed_out.right]
    filled = handed_out.filled(tmp_path, numbers if typed == "numbers" else {})
    moved = cut_and_pasted(filled, tmp_path / "moved.xlsx", sheet, area, 40, 9, to)
    assert openpyxl.load_workbook(moved)[sheet][blank.cell].value is None
    found = handed_out.marked(moved)
    assert found.points == found.of
    assert all(each.state == "right" for each in found.marks)
    home = f" of the sheet '{sheet}'" if to else ""
    assert f"the block {area}{home} was moved to " in found.remarks[0]
    assert found.remarks[0].endswith(f" on the sheet '{to or sheet}'")


def test_a_cell_that_was_overwritten_is_no_block(handed_out, tmp_path):
    def overwritten(book):
        cell = next(cell for row in book["Network"] for cell in row if isinstance(cell.value, float) and cell.value)
        book["Network"]["BZ90"], cell.value = cell.value, 99.0

    found = handed_out.answered(tmp_path, how=overwritten)
    assert [each for each in found.remarks if "was moved" in each] == []
    assert any(each.startswith("cells were changed that are no blanks: Network!") for each in found.remarks)


def test_what_cannot_be_followed_is_named(handed_out, tmp_path):
    def scrambled(book):
        for cell in (cell for row in book["Network"] for cell in row if isinstance(cell.value, float)):
            cell.value = None

    with pytest.raises(NotGraded, match="cells of the sheet 'Network' were moved or deleted: such as Network!"):
        handed_out.answered(tmp_path, how=scrambled)


def test_the_numbers_of_another_student_in_ones_own_file(tmp_path):
    """Bob copies Anna's sheets into his file, which still has his name: no column was inserted."""
    folder = tmp_path / "in"
    key = hand_out(folder, ["Anna", "Bob"], options=Options(count=5, exam=True))
    fill(folder / "Anna.xlsx", key.blanks, formulas(key.blanks))
    book, hers = openpyxl.load_workbook(folder / "Bob.xlsx"), openpyxl.load_workbook(folder / "Anna.xlsx")
    for sheet in (each for each in hers if each.title != "Practice"):
        for cell in (cell for row in sheet for cell in row if not isinstance(cell, MergedCell)):
            book[sheet.title][cell.coordinate] = cell.value
    book.save(folder / "Bob.xlsx")
    with papers_of(key) as papers:
        with pytest.raises(NotGraded, match="another student's file: the numbers in it are those that Anna was given"):
            marked(papers, key.students[1], folder / "Bob.xlsx")
        assert marked(papers, key.students[0], folder / "Anna.xlsx").points == len(key.blanks)
