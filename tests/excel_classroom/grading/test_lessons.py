"""Each lesson practised: with right answers, with mistakes, with nonsense. The sheet and the grader say the same."""

import pytest

from excel_classroom.grading.marks import FOLLOWS
from excel_classroom.grading.papers import papers_of
from excel_export.lessons.catalogue import own_lessons
from tests.support.handed_in import agree, fill, formulas, hand_out_of, in_the_sheet, marked

NONSENSE = ("about one", 1e6, True, "=1/0", None)


@pytest.fixture(scope="module", params=own_lessons())
def handed_out(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param) / "in"
    key = hand_out_of(request.param, folder, ["Anna"])
    with papers_of(key) as papers:
        yield folder / "Anna.xlsx", key, papers


@pytest.mark.slow
def test_right_answers_are_right(handed_out, tmp_path):
    path, key, papers = handed_out
    filled = fill(path, key.blanks, formulas(key.blanks), into=tmp_path / path.name)
    found = marked(papers, key.students[0], filled)
    assert {each.state for each in found.marks} == {"right"}
    assert set(in_the_sheet(filled, key.blanks)) == {"right"}
    assert found.points == found.of


@pytest.mark.slow
def test_a_wrong_sign_is_found_and_what_follows_from_it_counts(handed_out, tmp_path):
    path, key, papers = handed_out
    right, answers = papers.paper(key.students[0]).right, formulas(key.blanks)
    slip = next(k for k, number in enumerate(right) if abs(number) > 0.001)
    answers[slip] = -right[slip]
    filled = fill(path, key.blanks, answers, into=tmp_path / path.name)
    found = marked(papers, key.students[0], filled)
    assert agree(found.marks, in_the_sheet(filled, key.blanks))
    assert [k for k, each in enumerate(found.marks) if not each.is_good] == [slip]
    assert found.marks[slip].mistake == "the wrong sign"
    assert found.points == found.of - 0.5
    assert any(FOLLOWS in each.notes for each in found.marks)


@pytest.mark.slow
def test_nonsense_is_wrong_and_harms_nothing(handed_out, tmp_path):
    path, key, papers = handed_out
    answers = [NONSENSE[k % len(NONSENSE)] for k in range(len(key.blanks))]
    filled = fill(path, key.blanks, answers, into=tmp_path / path.name)
    found = marked(papers, key.students[0], filled)
    assert agree(found.marks, in_the_sheet(filled, key.blanks))
    assert {each.state for each in found.marks} <= {"wrong", "empty"}
