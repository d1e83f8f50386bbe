"""Formulas that read cells of one's own, have names of one's own, or functions that our engine lacks; and cheating."""

import pytest
from openpyxl.workbook.defined_name import DefinedName

from tests.support.handed_in import change, store


def test_a_calculation_in_a_free_corner_is_right_and_listed(handed_out, tmp_path):
    blank = handed_out.blanks[0]

    def elsewhere(book):
        book[blank.sheet]["BZ300"] = f"={blank.formula}"
        book.create_sheet("My notes")["A1"] = f"={blank.sheet}!BZ300*2"

    found = handed_out.answered(tmp_path, {0: "='My notes'!A1/2"}, elsewhere)
    assert found.points == found.of
    assert all(each.answer.holds for each in found.marks)
    assert "reads cells outside of the exercise: My notes!A1, Network!BZ300" in found.marks[0].doubts


def test_names_of_ones_own_are_carried_over(handed_out, tmp_path):
    def named(book):
        book.defined_names["mine"] = DefinedName("mine", attr_text=handed_out.blanks[0].formula)

    mark = handed_out.answered(tmp_path, {0: "=mine+0"}, named).marks[0]
    assert (mark.state, mark.answer.holds, mark.points) == ("right", True, 1)


@pytest.mark.parametrize(
    ("formula", "state"),
    [
        ("_xlfn.LET(_xlpm.a,{},_xlpm.a)", "right"),
        ("_xlfn.LAMBDA(_xlpm.x,_xlpm.x)({})", "right"),
        ("_xlfn.SINGLE({})", "right"),
        ("@({})", "right"),
        ("_xlfn.TAKE({},1)", "right"),
        ("{}+0*ROW(OFFSET(A1,1,1))", "right"),
        ("AGGREGATE(9,6,({}))", "uncertain"),
        ("SUM(({}))+SUM((A1,A1))", "uncertain"),
        ("NOSUCH({})", "uncertain"),
    ],
)
def test_functions_that_our_engine_lacks_are_never_wrong(handed_out, tmp_path, formula, state):
    mark = handed_out.answered(tmp_path, {0: f"={formula.format(handed_out.blanks[0].formula)}"}).marks[0]
    assert mark.state == state
    assert bool(mark.doubts) == (state == "uncertain")


def mark_of_stored(handed_out, into, number):
    """The mark of the first blank, where the file stores a number beside its formula."""
    return handed_out.marked(store(into, handed_out.blanks[0], number)).marks[0]


def test_until_a_teacher_looks_at_it_the_stored_number_counts(handed_out, tmp_path):
    into = handed_out.filled(tmp_path, {0: f"=AGGREGATE(9,6,{handed_out.blanks[0].formula})"})
    for stored, points in ((handed_out.right[0], 1), (handed_out.right[0] + 3, 0)):
        mark = mark_of_stored(handed_out, into, stored)
        assert (mark.state, mark.points) == ("uncertain", points)
        assert "our engine can't compute this formula" in mark.doubts


def test_what_our_engine_computes_otherwise_is_uncertain(handed_out, tmp_path):
    into = handed_out.filled(tmp_path, {0: "=3+4"})
    mark = mark_of_stored(handed_out, into, 8.0)
    assert (mark.state, mark.doubts) == ("uncertain", ("our engine computes 7, the file says 8",))
    assert mark_of_stored(handed_out, into, 7.0).state == "wrong"


def test_a_formula_that_holds_is_not_doubted_whatever_the_file_stores(handed_out, tmp_path):
    mark = mark_of_stored(handed_out, handed_out.filled(tmp_path), handed_out.right[0] + 3)
    assert (mark.state, mark.doubts) == ("right", ())


@pytest.mark.parametrize("sheet", ["Marks", "Answers"])
def test_who_reads_the_answers_has_not_found_them_whatever_the_sheet_is_called(practised, tmp_path, sheet):
    blank, renamed = practised.blanks[0], "My notes"

    def read(book):
        name = next(each for each in book.sheetnames if each.startswith(sheet))
        book[blank.sheet][blank.cell] = f"='{name}'!{'C6' if sheet == 'Marks' else blank.cell}"

    def rename(book):
        name = next(each for each in book.sheetnames if each.startswith(sheet))
        for cell in (cell for line in book for row in line for cell in row):
            if isinstance(cell.value, str) and cell.value.startswith("="):
                cell.value = cell.value.replace(f"'{name}'!", f"'{renamed}'!")
        book[name].title = renamed

    into = practised.filled(tmp_path, how=read)
    for how in (lambda book: None, rename):
        mark = practised.marked(change(into, how)).marks[0]
        assert (mark.points, mark.state) == (0, "wrong")
        assert any(doubt.startswith("reads the answers on the sheet") for doubt in mark.doubts), how


def test_a_calculation_of_ones_own_is_no_sheet_of_answers(practised, tmp_path):
    """It may have the network's functions, as many as it likes; a copy of the network knows no answer."""
    first, second, *_ = practised.blanks

    def calculate(book):
        sheet, network = book.create_sheet("My calculation"), book[first.sheet]
        for row in range(1, 20):
            sheet.cell(row, 1, f"={first.sheet}!E{row + 9}")
            sheet.cell(row, 2, f"=SUMPRODUCT(A{row}:A{row},A{row}:A{row})")
            sheet.cell(row, 3, f"=MAX(0,A{row})*B{row}")
        sheet["D1"] = f"={first.formula}".replace("(", f"({first.sheet}!", 1)
        network[first.cell] = f"={first.formula}+0*'My calculation'!C5"
        copy = book.copy_worksheet(network)
        copy.title = "My copy"
        network[second.cell] = f"={second.formula}+0*'My copy'!{first.cell}"

    found = practised.answered(tmp_path, how=calculate)
    assert found.points == found.of
    for mark, name in zip(found.marks, ("My calculation", "My copy"), strict=False):
        (doubt,) = mark.doubts
        assert doubt.startswith(f"reads cells outside of the exercise: {name}!")
