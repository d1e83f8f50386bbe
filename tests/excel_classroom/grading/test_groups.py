"""The page marking.html: the same answer of several students stands once, and what is typed there regrades them all."""

import shutil
from types import SimpleNamespace

import pytest

from excel_classroom.grading.answers import NUMBER
from excel_classroom.grading.groups import _answered
from excel_classroom.practice.key import Options
from excel_classroom.practice.mistakes import SIGN
from tests.support import handed_in as handed_in_files
from tests.support.chromium import LAPTOP, chromium
from tests.support.handed_in import change, fill, formulas, hand_out, rows_of

NAMES = ["Anna", "Bob", "Cleo", "Dan"]


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """Four students: three with the same slip in blank 1 and the same words, one with all right."""
    folder = tmp_path_factory.mktemp("groups")
    key = hand_out(folder / "in", NAMES, options=Options(count=5, questions=1))
    key.save(folder / "key.json")
    for k, name in enumerate(NAMES):
        answers = formulas(key.blanks)
        if k < 3:
            answers[0] = f"=-({key.blanks[0].formula})" if k else f"= - ({key.blanks[0].formula})"
        path = fill(folder / "in" / f"{name}.xlsx", key.blanks, answers)
        row = 7 + len(key.blanks) + 5
        change(path, lambda book, row=row: book["Practice"].__setitem__(f"B{row}", "Because it is small"))
    return key, folder


@pytest.fixture
def graded(handed_in, tmp_path):
    key, folder = handed_in
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return key, tmp_path, grade(tmp_path)


def grade(folder, *more):
    more = ("--report", str(folder / "report"), *more)
    rows = handed_in_files.grade(folder / "in", folder / "key.json", folder / "grades.csv", *more)
    return {row["student"]: row for row in rows}


def saved(page, folder):
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save").click()
    waiting.value.save_as(folder / "saved.csv")
    return str(folder / "saved.csv")


def test_one_field_marks_all_who_gave_the_answer(graded, tmp_path_factory):
    key, folder, rows = graded
    count = len(key.blanks)
    assert [rows[name]["points"] for name in NAMES] == [f"{count - 0.5:g}"] * 3 + [str(count)]
    down = tmp_path_factory.mktemp("down")
    with chromium() as opened:
        page = opened.page
        page.set_viewport_size({"width": LAPTOP[0], "height": LAPTOP[1]})
        page.goto((folder / "report" / "marking.html").as_uri())
        assert page.title().startswith("net.py:net")
        group = page.locator("tr[data-place='1']")
        assert group.count() == 1
        assert group.locator("td").first.inner_text() == "3"
        assert "the wrong sign" in group.inner_text()
        assert f"={key.blanks[0].formula}" in page.locator("body").inner_text()
        words = page.locator("tr[data-place='question 1']")
        assert words.count() == 1
        assert words.locator("td").first.inner_text() == "4"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        group.get_by_label("your points").fill("0.25")
        group.get_by_label("your remark").fill("mind the sign")
        page.screenshot(path=down / "marking.png")
        # What was typed is there again, and what was saved is read.
        page.reload()
        assert group.get_by_label("your points").input_value() == "0.25"
        assert "2 fields are typed" in page.locator("#kept").inner_text()
        marked = saved(page, down)
        rows = grade(folder, "--marked", marked)
        assert [rows[name]["points"] for name in NAMES] == [f"{count - 0.75:g}"] * 3 + [str(count)]
        assert {row["student"] for row in rows_of(folder / "grades by hand.csv") if row["blank"] == "1"} == {*NAMES[:3]}
        page.reload()
        assert page.locator("#kept").inner_text() == ""
        assert group.get_by_label("your remark").input_value() == "mind the sign"
        assert opened.said == []


def test_a_question_is_withdrawn_for_everybody(graded, tmp_path_factory):
    key, folder, _ = graded
    count, down = len(key.blanks), tmp_path_factory.mktemp("down")
    with chromium() as opened:
        opened.page.goto((folder / "report" / "marking.html").as_uri())
        opened.page.get_by_role("button", name="withdraw this question").first.click()
        opened.page.locator("input.worth").nth(1).fill("3")
        rows = grade(folder, "--marked", saved(opened.page, down))
    assert [(row["points"], row["of"]) for row in rows.values()] == [(str(count + 1), str(count + 1))] * 4
    assert grade(folder)["Anna"]["of"] == str(count + 1)  # it is kept without the page, too


def test_numbers_are_alike_by_their_mistake_or_else_by_what_was_typed():
    def alike(text, mistake):
        answer = SimpleNamespace(kind=NUMBER, text=text)
        mark = SimpleNamespace(
            state="wrong", mistake=mistake, answer=answer, doubts=(), notes=(), right=1.0, points=0.0
        )
        student = SimpleNamespace(variant="Ada", name="Ada")
        grade = SimpleNamespace(file=SimpleNamespace(student=student, name="Ada.xlsx"))
        return _answered(grade, mark, "1", {}, anonymous=False).alike

    assert alike("0.5", SIGN) == alike("0.7", SIGN) != alike("0.5", "")
    assert alike("0.5", "") != alike("0.7", "")
