"""Marks by hand: what is uncertain is listed, and what a teacher writes there counts and stays."""

import csv
import shutil

import pytest

from excel_classroom.grading.by_hand import HEADS
from excel_classroom.practice.key import Options
from excel_export.cli import main
from tests.support import handed_in as handed_in_files
from tests.support.chromium import chromium
from tests.support.handed_in import change, fill, formulas, hand_out, rows_of, saved
from tests.support.long_proofs import only_quick


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """Two students: one with something uncertain and an answer in words, one with a photo instead of a workbook."""
    tmp_path = tmp_path_factory.mktemp("by hand")
    key = hand_out(tmp_path / "in", ["Anna", "Bob", "Cleo"], options=Options(exam=True, questions=1))
    key.save(tmp_path / "key.json")
    answers = formulas(key.blanks)
    answers[0], answers[1] = "=NOSUCH(1)", 17.5
    into = fill(tmp_path / "in" / "Anna.xlsx", key.blanks, answers)
    row = 7 + len(key.blanks) + 5
    change(into, lambda book: book["Practice"].__setitem__(f"B{row}", "Because p − y;\nis small =1+1"))
    for name in ("Bob.xlsx", "Cleo.xlsx"):
        (tmp_path / "in" / name).unlink()
    (tmp_path / "in" / "Bob.jpg").write_bytes(b"\xff\xd8")
    return key, tmp_path


@pytest.fixture
def graded(handed_in, tmp_path):
    """What was handed in, in a folder of its own."""
    key, folder = handed_in
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return key, tmp_path


def grade(tmp_path, *more):
    rows = handed_in_files.grade(tmp_path / "in", tmp_path / "key.json", tmp_path / "grades.csv", *more)
    return {row["student"]: row for row in rows}


def lines(tmp_path):
    return rows_of(tmp_path / "grades by hand.csv")


def write(tmp_path, rows):
    with (tmp_path / "grades by hand.csv").open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.DictWriter(file, HEADS)
        table.writeheader()
        table.writerows(rows)


def test_what_is_uncertain_is_listed(graded, capsys):
    _, tmp_path = graded
    rows = grade(tmp_path)
    found = {(row["student"], row["blank"]): row for row in lines(tmp_path)}
    assert set(found) == {("Anna", "question 1"), ("Anna", "1"), ("Bob", "all")}
    assert found["Anna", "1"]["why to look at it"] == "our engine can't compute this formula"
    assert found["Anna", "1"]["what stands there"] == "'=NOSUCH(1)"
    assert found["Anna", "question 1"]["what stands there"] == "Because p − y; is small '=1+1".replace("'", "")
    assert found["Bob", "all"]["why to look at it"].startswith("no .xlsx file")
    assert rows["Anna"]["points"] == "10"
    assert "3 answers to look at" in capsys.readouterr().out


def test_what_a_teacher_writes_counts_and_survives(graded):
    key, tmp_path = graded
    (tmp_path / "rubric.toml").write_text("[points]\nquestion = 3\n")
    more = ("--rubric", str(tmp_path / "rubric.toml"), "--report", str(tmp_path / "report"))
    anna = grade(tmp_path, *more)["Anna"]
    assert (anna["points"], anna["of"]) == ("10", "15")
    rows = lines(tmp_path)
    for row in rows:
        if row["blank"] == "1":
            row |= {"your points": "0,5", "your remark": "nearly"}
        if row["blank"] == "question 1":
            row |= {"your points": "2", "your remark": "half of it"}
        if row["student"] == "Bob":
            row |= {"your points": "7", "your remark": "from a photo"}
    assert {row["student"]: row["file"] for row in rows} == {"Anna": "Anna.xlsx", "Bob": "Bob.jpg"}
    more_rows = [
        {"student": "Cleo", "blank": "all", "your points": "3"},
        {"student": "Anna", "blank": "2", "your points": "1"},
    ]
    write(tmp_path, [*rows, *more_rows])
    for _ in range(2):
        found = grade(tmp_path, *more)
        assert len(rows_of(tmp_path / "grades.csv")) == 3  # a line for each file, and one for who has none
        assert {name: found[name]["points"] for name in found} == {"Anna": "13.5", "Bob": "7", "Cleo": "3"}
        assert found["Bob"]["of"] == str(len(key.blanks))
        assert "points by hand; from a photo" in found["Bob"]["remarks"]
        kept = {(row["student"], row["blank"]): (row["your points"], row["your remark"]) for row in lines(tmp_path)}
        assert kept["Anna", "1"] == ("0.5", "nearly")
        assert kept["Cleo", "all"] == ("3", "")
    page = (tmp_path / "report" / "Anna.html").read_text()
    assert "Nearly." in page
    assert "Your teacher gave the points." in page
    assert "2 of 3 points" in page


@pytest.mark.slow
def test_nobody_pays_for_a_copy_of_his_file(graded, capsys):
    """Anna's file comes as Bob's and as Cleo's, too: each file has a line of its own, for who handed it in."""
    key, tmp_path = graded
    anna = fill(tmp_path / "in" / "Anna.xlsx", key.blanks, formulas(key.blanks), by="Anna")
    (tmp_path / "in" / "Bob.jpg").unlink()
    for name in ("Bob", "Cleo"):
        fill(anna, key.blanks, formulas(key.blanks), by=name, into=tmp_path / "in" / f"{name}.xlsx")
    rows = grade(tmp_path, "--report", str(tmp_path / "report"))
    assert {name: (row["file"], row["points"]) for name, row in rows.items()} == {
        "Anna": ("Anna.xlsx", str(len(key.blanks))), "Bob": ("Bob.xlsx", ""), "Cleo": ("Cleo.xlsx", ""),
    }  # fmt: skip
    found = lines(tmp_path)
    assert {(row["student"], row["file"]) for row in found if row["blank"] == "all"} == {
        ("Bob", "Bob.xlsx"), ("Cleo", "Cleo.xlsx"),
    }  # fmt: skip
    waiting = f"{len(found)} answers to look at"
    assert waiting in capsys.readouterr().out
    assert f"{len(found)} to look at" in (tmp_path / "report" / "class.html").read_text()
    for row in found:
        row |= (
            {"your points": "0"} if row["student"] == "Bob" else {"your points": "4"} if row["blank"] == "all" else {}
        )
    write(tmp_path, found)
    rows = grade(tmp_path)
    assert {name: row["points"] for name, row in rows.items()} == {
        "Anna": str(len(key.blanks)), "Bob": "0", "Cleo": "4",
    }  # fmt: skip
    assert len(rows_of(tmp_path / "grades.csv")) == 3
    assert "another student's file" in rows["Bob"]["remarks"]


def test_points_for_one_of_two_files_count(graded):
    """A photo counts where a teacher gives it points, and else the workbook."""
    _, tmp_path = graded
    (tmp_path / "in" / "Anna.jpg").write_bytes(b"\xff\xd8")
    assert grade(tmp_path)["Anna"]["points"] == "10"
    rows = [row | ({"your points": "9"} if row["file"] == "Anna.jpg" else {}) for row in lines(tmp_path)]
    write(tmp_path, rows)
    grade(tmp_path)
    both = {row["file"]: row for row in rows_of(tmp_path / "grades.csv") if row["student"] == "Anna"}
    assert [both[name]["points"] for name in ("Anna.jpg", "Anna.xlsx")] == ["9", ""]
    assert "another attempt counts: Anna.jpg" in both["Anna.xlsx"]["remarks"]


def test_without_names(graded):
    key, tmp_path = graded
    grade(tmp_path, "--anonymous", "--report", str(tmp_path / "report"))
    code = f"student {key.students[0].fingerprint[:6]}"
    assert {row["student"] for row in lines(tmp_path)} == {code, f"student {key.students[1].fingerprint[:6]}"}
    page = (tmp_path / "report" / "marking.html").read_text()
    assert code in page
    assert "Because p − y;" in page
    assert "Anna" not in page
    rows = lines(tmp_path)
    for row in rows:
        row |= {"your points": "1"} if row["blank"] == "1" else {}
    write(tmp_path, rows)
    assert grade(tmp_path)["Anna"]["points"] == "11"


@pytest.mark.parametrize(
    "row",
    only_quick(
        [
            {"student": "Nobody", "blank": "1", "your points": "1"},
            {"student": "Anna", "blank": "99", "your points": "1"},
            {"student": "Anna", "blank": "1", "your points": "many"},
        ],
        {"student": "Anna", "blank": "1", "your points": "many"},
    ),
)
def test_what_makes_no_sense_is_one_line(graded, row, capsys):
    _, tmp_path = graded
    write(tmp_path, [row])
    command = ["grade", str(tmp_path / "in"), "--key", str(tmp_path / "key.json"), "-o", str(tmp_path / "grades.csv")]
    assert main(command) == 1
    error = capsys.readouterr().err
    assert "there is no such thing" in error
    assert error.count("\n") == 1


def test_a_file_of_something_else_is_not_overwritten(graded, capsys):
    _, tmp_path = graded
    (tmp_path / "grades by hand.csv").write_text("my own notes\n")
    command = ["grade", str(tmp_path / "in"), "--key", str(tmp_path / "key.json"), "-o", str(tmp_path / "grades.csv")]
    assert main(command) == 1
    assert "not the file of marks by hand" in capsys.readouterr().err
    assert (tmp_path / "grades by hand.csv").read_text() == "my own notes\n"


def test_the_marking_page_saves_what_the_next_run_reads(graded, tmp_path_factory):
    """In a browser: points and a remark are typed, the button is pressed, and the file that comes down is passed on."""
    key, tmp_path = graded
    grade(tmp_path, "--report", str(tmp_path / "report"))
    down = tmp_path_factory.mktemp("down")
    with chromium() as opened:
        page = opened.page
        page.goto((tmp_path / "report" / "marking.html").as_uri())
        bob = page.locator("tr", has_text="Bob.jpg")
        bob.get_by_label("your points").fill("7")
        bob.get_by_label("your remark").fill('from a photo, "nearly"')
        page.screenshot(path=down / "marking.png")
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Save").click()
        waiting.value.save_as(down / "saved.csv")
        assert opened.said == []
        assert waiting.value.suggested_filename == "grades by hand.csv"
    rows = grade(tmp_path, "--marked", str(down / "saved.csv"))
    assert (rows["Bob"]["points"], rows["Bob"]["of"]) == ("7", str(len(key.blanks)))
    assert 'from a photo, "nearly"' in rows["Bob"]["remarks"]
    assert grade(tmp_path)["Bob"]["points"] == "7"  # it is kept without the page, too


def test_more_time_for_one_student(tmp_path):
    """Both files are late; what Anna was granted, Bob was not."""
    key = hand_out(tmp_path / "in", ["Anna", "Bob"], options=Options(count=4))
    key.save(tmp_path / "key.json")
    for name in ("Anna", "Bob"):
        saved(fill(tmp_path / "in" / f"{name}.xlsx", key.blanks, formulas(key.blanks)), "2026-11-22T10:00:00")
    (tmp_path / "rubric.toml").write_text('[late]\ndeadline = "2026-11-20T23:59:00+00:00"\nper_day = 0.25\n')
    more = ("--rubric", tmp_path / "rubric.toml")
    most = len(key.blanks)
    assert {row["points"] for row in grade(tmp_path, *more).values()} == {f"{most / 2:g}"}
    write(tmp_path, [{"student": "Anna", "blank": "all", "your points": "On time", "your remark": "ill until Friday"}])
    for _ in range(2):
        rows = grade(tmp_path, *more)
        assert {name: row["points"] for name, row in rows.items()} == {"Anna": str(most), "Bob": f"{most / 2:g}"}
        assert rows["Anna"]["remarks"] == "on time; ill until Friday"
        assert lines(tmp_path)[0]["your points"] == "on time"


def test_who_is_excused_has_no_points_on_the_pages(graded):
    """Before: class.html said 0 %, and the student's page counted the points."""
    _, tmp_path = graded
    write(tmp_path, [{"student": "Anna", "blank": "all", "your points": "excused", "your remark": "ill"}])
    assert grade(tmp_path, "--report", tmp_path / "report")["Anna"]["points"] == ""
    page = (tmp_path / "report" / "Anna.html").read_text()
    assert "<p class='score'>excused</p>" in page
    assert " points, " not in page
    line = (tmp_path / "report" / "class.html").read_text().partition(">Anna</a>")[2].partition("</tr>")[0]
    assert "<td class='number'>excused</td>" in line


def test_who_is_called_everybody_is_not_all(tmp_path):
    """A line for all changes what a blank is worth; a student of that name has a line of its own."""
    key = hand_out(tmp_path / "in", ["Everybody", "Bob"], options=Options(count=4))
    key.save(tmp_path / "key.json")
    for name in ("Everybody", "Bob"):
        fill(tmp_path / "in" / f"{name}.xlsx", key.blanks, [*formulas(key.blanks)[:-1], "=NOSUCH(1)"])
    grade(tmp_path)
    own, blank = lines(tmp_path), str(len(key.blanks))
    assert sorted(row["student"] for row in own)[0] == "Bob"
    code = next(row["student"] for row in own if row["student"] != "Bob")
    assert code.startswith("student ")
    write(tmp_path, [{"student": code, "blank": blank, "your points": "0.5", "your remark": ""},
                     {"student": "everybody", "blank": "1", "your points": "3", "your remark": ""}])  # fmt: skip
    for _ in range(2):
        rows, most = grade(tmp_path, "--report", tmp_path / "report"), len(key.blanks) + 2
        assert {name: (row["points"], row["of"]) for name, row in rows.items()} == {
            "Everybody": (f"{most - 0.5:g}", str(most)), "Bob": (f"{most - 1:g}", str(most)),
        }  # fmt: skip
        assert {row["student"] for row in lines(tmp_path)} == {code, "Bob", "everybody"}
    assert code in (tmp_path / "report" / "marking.html").read_text()
