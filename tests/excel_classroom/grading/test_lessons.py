"""Each lesson practised: with right answers, with mistakes, with nonsense. The sheet and the grader say the same."""

import pytest

from excel_classroom.grading.marks import FOLLOWS
from excel_classroom.grading.papers import papers_of
from excel_export.lessons.catalogue import own_lessons
from tests.support.handed_in import HandedOut, hand_out_of, in_the_sheet

NONSENSE = ("about one", 1e6, True, "=1/0", None)


@pytest.fixture(scope="module", params=own_lessons())
def handed_out(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param) / "in"
    key = hand_out_of(request.param, folder, ["Anna"])
    with papers_of(key) as papers:
        yield HandedOut(key, folder / "Anna.xlsx", papers)


@pytest.mark.slow
def test_right_answers_are_right(handed_out, tmp_path):
    filled = handed_out.filled(tmp_path)
    found = handed_out.marked(filled)
    assert {each.state for each in found.marks} == {"right"}
    assert set(in_the_sheet(filled, handed_out.blanks)) == {"right"}
    assert found.points == found.of


@pytest.mark.slow
def test_a_wrong_sign_is_found_and_what_follows_from_it_counts(handed_out, tmp_path):
    slip = handed_out.most_read
    found = handed_out.answered(tmp_path, {slip: -handed_out.right[slip]})
    assert [k for k, each in enumerate(found.marks) if not each.is_good] == [slip]
    assert found.marks[slip].mistake == "the wrong sign"
    assert found.points == found.of - 0.5
    assert any(FOLLOWS in each.notes for each in found.marks)


@pytest.mark.slow
def test_nonsense_is_wrong_and_harms_nothing(handed_out, tmp_path):
    found = handed_out.answered(tmp_path, [NONSENSE[k % len(NONSENSE)] for k in range(len(handed_out.blanks))])
    assert {each.state for each in found.marks} <= {"wrong", "empty"}
