"""What a blank gets: the grader, the marks in the sheet and PyTorch agree."""

import pytest

from excel_export.grading.papers import papers_of
from excel_export.grading.sandbox import NotGraded
from tests.support.handed_in import change, fill, formulas, hand_out, in_the_sheet, marked, says


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class") / "in"
    key = hand_out(folder, ["Anna"])
    with papers_of(key) as papers:
        yield key.students[0], folder / "Anna.xlsx", papers


def answered(handed_out, tmp_path, answers):
    student, path, papers = handed_out
    into = fill(path, student.blanks, answers, into=tmp_path / "Anna.xlsx")
    found = marked(papers, student, into)
    assert says(found.marks) == in_the_sheet(into, student.blanks)
    return found


def test_right_formulas_hold_and_get_all_points(handed_out, tmp_path):
    found = answered(handed_out, tmp_path, formulas(handed_out[0].blanks))
    assert found.points == found.of == len(handed_out[0].blanks)
    assert all(each.state == "right" and each.kind == "formula" and each.holds for each in found.marks)
    assert found.remarks == ()


def test_right_numbers_as_the_cells_show_them(handed_out, tmp_path):
    student, _, papers = handed_out
    found = answered(handed_out, tmp_path, [round(number, 4) for number in papers.paper(student).right])
    assert found.points == found.of
    assert {each.kind for each in found.marks} == {"number"}
    assert all(each.holds is None for each in found.marks)


def test_one_slip_costs_one_blank(handed_out, tmp_path):
    blanks = handed_out[0].blanks
    first = next(k for k in range(len(blanks)) if any(k in each.reads for each in blanks))
    answers = formulas(blanks)
    answers[first] = 17.5
    found = answered(handed_out, tmp_path, answers)
    assert [k for k, each in enumerate(found.marks) if not each.is_good] == [first]
    assert any(each.state == "right given earlier" for each in found.marks)
    assert all(each.holds for k, each in enumerate(found.marks) if k != first)
    assert found.points == found.of - 1


def test_nothing_at_all(handed_out, tmp_path):
    found = answered(handed_out, tmp_path, [None] * len(handed_out[0].blanks))
    assert {each.state for each in found.marks} == {"empty"}
    assert found.points == 0


def test_after_an_empty_blank_a_formula_is_not_right_by_chance(handed_out, tmp_path):
    blanks = handed_out[0].blanks
    answers = formulas(blanks)
    first = next(k for k in range(len(blanks)) if any(k in each.reads for each in blanks))
    answers[first] = None
    found = answered(handed_out, tmp_path, answers)
    after = [each for blank, each in zip(blanks, found.marks, strict=True) if first in blank.reads]
    assert {each.state for each in after} <= {"right", "wrong", "known mistake"}


@pytest.mark.parametrize("answer", ["nonsense", " ", "0,52", True, "=1/0", '=""', "=NOSUCH(1)", "=A1:B9", "=1E+308*10"])
def test_what_is_no_answer(handed_out, tmp_path, answer):
    found = answered(handed_out, tmp_path, [answer] * len(handed_out[0].blanks))
    assert not any(each.is_good for each in found.marks)


def test_a_huge_number_is_not_right(handed_out, tmp_path):
    """Of a ReLU of it, it is right from the numbers before it."""
    found = answered(handed_out, tmp_path, [1e300] * len(handed_out[0].blanks))
    assert "right" not in {each.state for each in found.marks}


def test_a_formula_for_these_inputs_only(handed_out, tmp_path):
    student, _, papers = handed_out
    answers = [f"={number!r}+0" for number in papers.paper(student).right]
    found = answered(handed_out, tmp_path, answers)
    # A slope of 0 or 1 may be the same with other inputs.
    assert sum(each.holds is False for each in found.marks) > len(answers) / 2
    assert any("would be wrong with other inputs" in remark for remark in found.remarks)


def test_a_calculation_in_a_free_corner(handed_out, tmp_path):
    student, path, papers = handed_out
    into = fill(path, student.blanks, formulas(student.blanks), into=tmp_path / "Anna.xlsx")

    def elsewhere(book):
        blank = student.blanks[0]
        book[blank.sheet]["BZ300"] = f"={blank.formula}"
        book.create_sheet("My notes")["A1"] = f"={blank.sheet}!BZ300*2"
        book[blank.sheet][blank.cell] = "='My notes'!A1/2"

    found = marked(papers, student, change(into, elsewhere))
    assert found.points == found.of
    assert all(each.holds for each in found.marks)


def test_who_reads_the_answers_has_not_found_them(handed_out, tmp_path):
    student, path, papers = handed_out
    answers = formulas(student.blanks)
    answers[0] = "=Marks!C6"
    into = fill(path, student.blanks, answers, into=tmp_path / "Anna.xlsx")
    assert in_the_sheet(into, student.blanks)[0] == "right"
    found = marked(papers, student, into)
    assert not found.marks[0].is_good
    assert any("reads the answers" in remark for remark in found.remarks)


def test_a_changed_given_number_is_named_and_does_not_count(handed_out, tmp_path):
    student, path, papers = handed_out
    into = fill(path, student.blanks, formulas(student.blanks), into=tmp_path / "Anna.xlsx")
    cell = papers.places.typed["x"].at(0, 0)
    change(into, lambda book: book[cell.sheet].__setitem__(cell.area, 123))
    found = marked(papers, student, into)
    assert found.points == found.of
    assert found.remarks == (f"cells were changed that are no blanks: {cell.sheet}!{cell.area}",)


def test_moved_cells_and_lost_sheets_are_named(handed_out, tmp_path):
    student, path, papers = handed_out
    into = fill(path, student.blanks, formulas(student.blanks), into=tmp_path / "Anna.xlsx")
    change(into, lambda book: book["Network"].insert_rows(3))
    with pytest.raises(NotGraded, match="cells of the sheet 'Network' were moved or deleted"):
        marked(papers, student, into)
    change(into, lambda book: book.remove(book["Network"]))
    with pytest.raises(NotGraded, match="the sheet 'Network' is missing"):
        marked(papers, student, into)
