"""Formulas that read cells of one's own, have names of one's own, or functions that our engine lacks; and cheating."""

import openpyxl
import pytest

from tests.support.handed_in import answered, change, fill, formulas, marked, store


def test_a_calculation_in_a_free_corner_is_right_and_listed(handed_out, tmp_path):
    key, path, papers = handed_out
    into = fill(path, key.blanks, formulas(key.blanks), into=tmp_path / "Anna.xlsx")

    def elsewhere(book):
        blank = key.blanks[0]
        book[blank.sheet]["BZ300"] = f"={blank.formula}"
        book.create_sheet("My notes")["A1"] = f"={blank.sheet}!BZ300*2"
        book[blank.sheet][blank.cell] = "='My notes'!A1/2"

    found = marked(papers, key.students[0], change(into, elsewhere))
    assert found.points == found.of
    assert all(each.holds for each in found.marks)
    assert "reads cells outside of the exercise: My notes!A1, Network!BZ300" in found.marks[0].doubts


def test_names_of_ones_own_are_carried_over(handed_out, tmp_path):
    key, path, papers = handed_out
    into = fill(path, key.blanks, formulas(key.blanks), into=tmp_path / "Anna.xlsx")
    blank = key.blanks[0]

    def named(book):
        book.defined_names["mine"] = openpyxl.workbook.defined_name.DefinedName("mine", attr_text=blank.formula)
        book[blank.sheet][blank.cell] = "=mine+0"

    found = marked(papers, key.students[0], change(into, named))
    assert (found.marks[0].state, found.marks[0].holds, found.marks[0].points) == ("right", True, 1)


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
    key, *_ = handed_out
    answers = formulas(key.blanks)
    answers[0] = f"={formula.format(key.blanks[0].formula)}"
    mark = answered(handed_out, tmp_path, answers).marks[0]
    assert mark.state == state
    assert bool(mark.doubts) == (state == "uncertain")


def test_until_a_teacher_looks_at_it_the_stored_number_counts(handed_out, tmp_path):
    key, path, papers = handed_out
    answers, blank, paper = formulas(key.blanks), key.blanks[0], papers.paper(key.students[0])
    answers[0] = f"=AGGREGATE(9,6,{blank.formula})"
    into = fill(path, key.blanks, answers, into=tmp_path / "Anna.xlsx")
    for stored, points in ((paper.right[0], 1), (paper.right[0] + 3, 0)):
        mark = marked(papers, key.students[0], store(into, blank, stored)).marks[0]
        assert (mark.state, mark.points) == ("uncertain", points)
        assert "our engine can't compute this formula" in mark.doubts


def test_what_our_engine_computes_otherwise_is_uncertain(handed_out, tmp_path):
    key, path, papers = handed_out
    answers, blank = formulas(key.blanks), key.blanks[0]
    answers[0] = "=3+4"
    into = fill(path, key.blanks, answers, into=tmp_path / "Anna.xlsx")
    mark = marked(papers, key.students[0], store(into, blank, 8.0)).marks[0]
    assert (mark.state, mark.doubts) == ("uncertain", ("our engine computes 7, the file says 8",))
    mark = marked(papers, key.students[0], store(into, blank, 7.0)).marks[0]
    assert mark.state == "wrong"


def test_a_formula_that_holds_is_not_doubted_whatever_the_file_stores(handed_out, tmp_path):
    key, path, papers = handed_out
    into = fill(path, key.blanks, formulas(key.blanks), into=tmp_path / "Anna.xlsx")
    stale = papers.paper(key.students[0]).right[0] + 3
    mark = marked(papers, key.students[0], store(into, key.blanks[0], stale)).marks[0]
    assert (mark.state, mark.doubts) == ("right", ())


@pytest.mark.parametrize("sheet", ["Marks", "Answers"])
def test_who_reads_the_answers_has_not_found_them_whatever_the_sheet_is_called(practised, tmp_path, sheet):
    key, path, papers = practised
    blank = key.blanks[0]
    renamed = "My notes"

    def read(book):
        name = next(each for each in book.sheetnames if each.startswith(sheet))
        cell = "C6" if sheet == "Marks" else blank.cell
        book[blank.sheet][blank.cell] = f"='{name}'!{cell}"

    def rename(book):
        name = next(each for each in book.sheetnames if each.startswith(sheet))
        for line in book:
            for row in line:
                for each in row:
                    if isinstance(each.value, str) and each.value.startswith("="):
                        each.value = each.value.replace(f"'{name}'!", f"'{renamed}'!")
        book[name].title = renamed

    into = change(fill(path, key.blanks, formulas(key.blanks), into=tmp_path / "Anna.xlsx"), read)
    for name in (None, renamed):
        if name:
            change(into, rename)
        mark = marked(papers, key.students[0], into).marks[0]
        assert mark.points == 0
        assert mark.state == "wrong"
        assert any(doubt.startswith("reads the answers on the sheet") for doubt in mark.doubts), name


def test_a_calculation_of_ones_own_is_no_sheet_of_answers(practised, tmp_path):
    """It may have the network's functions, as many as it likes; a copy of the network knows no answer."""
    key, path, papers = practised
    blank = key.blanks[0]

    def calculate(book):
        sheet, network = book.create_sheet("My calculation"), book[blank.sheet]
        for row in range(1, 20):
            sheet.cell(row, 1, f"={blank.sheet}!E{row + 9}")
            sheet.cell(row, 2, f"=SUMPRODUCT(A{row}:A{row},A{row}:A{row})")
            sheet.cell(row, 3, f"=MAX(0,A{row})*B{row}")
        sheet["D1"] = f"={blank.formula}".replace("(", f"({blank.sheet}!", 1)
        network[blank.cell] = f"={blank.formula}+0*'My calculation'!C5"
        copy = book.copy_worksheet(network)
        copy.title = "My copy"
        network[key.blanks[1].cell] = f"={key.blanks[1].formula}+0*'My copy'!{blank.cell}"

    into = change(fill(path, key.blanks, formulas(key.blanks), into=tmp_path / "Anna.xlsx"), calculate)
    found = marked(papers, key.students[0], into)
    assert found.points == found.of
    for mark, name in zip(found.marks, ("My calculation", "My copy"), strict=False):
        (doubt,) = mark.doubts
        assert doubt.startswith(f"reads cells outside of the exercise: {name}!")
