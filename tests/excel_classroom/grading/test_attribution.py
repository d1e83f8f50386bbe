"""Whose file is which: what is in it counts first, then the platform, then its name; where two differ, it is said."""

import os
import shutil
from dataclasses import replace

import pytest

from excel_classroom.grading.attribution import attribute
from excel_classroom.results.collected import files_in
from excel_export import ExportError, export
from tests.support.handed_in import change, fill, formulas, hand_out
from tests.support.tiny import Tiny, X


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class") / "out"
    key = hand_out(folder, ["Anna", "Anna Maria", "Bob", "Zoë Łuk", "अनिता देवी", "สมชาย ใจดี"])
    numbers = {"Anna": "101", "Bob": "102"}
    return folder, replace(
        key, students=tuple(replace(each, platform=numbers.get(each.name, "")) for each in key.students)
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def attributed(folder, key):
    files = files_in(folder)[0]
    attribute(files, key)
    return {file.name: file for file in files}


def test_names_of_files_as_learning_platforms_make_them(handed_out, folder):
    out, key = handed_out
    names = {
        "Anna_1234_assignsubmission_file_/homework.xlsx": "Anna",
        "anna maria - Anna.xlsx": "Anna Maria",
        "2026-11-20 BOB (final version).XLSX": "Bob",
        "lukzoe_LATE_301_5001_homework.xlsx": "Zoë Łuk",
        "अनिता देवी_77_assignsubmission_file/x.xlsx": "अनिता देवी",
        "สมชาย ใจดี.xlsx": "สมชาย ใจดี",
    }
    for name, student in names.items():
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(out / f"{student}.xlsx", folder / name)
    found = attributed(folder, key)
    assert {name: file.student.name for name, file in found.items()} == names
    assert not any(file.problem or file.remarks for file in found.values())
    assert [name for name, file in found.items() if file.late] == ["lukzoe_LATE_301_5001_homework.xlsx"]


@pytest.mark.parametrize(
    ("owner", "name", "remarks"),
    [
        ("Bob", "x.xlsx", []),
        ("Anna", "Anna_12_assignsubmission_file_/Bob.xlsx", ["its name says Bob"]),
        ("Bob", "anna_102_5001_week3.xlsx", []),  # the platform's number counts more than its name
        ("Anna", "Bob_102_assignsubmission_file_/week3.xlsx", ["it was handed out to Anna, but comes as Bob's"]),
    ],
)
def test_the_content_then_the_platform_then_the_name(handed_out, folder, owner, name, remarks):
    """It is whose fingerprint it has; where the platform says something else, or the name, it is said."""
    out, key = handed_out
    (folder / name).parent.mkdir(exist_ok=True)
    shutil.copy(out / f"{owner}.xlsx", folder / name)
    (file,) = attributed(folder, key).values()
    assert (file.student.name, file.problem, file.remarks) == (owner, "", remarks)


def test_another_students_file_and_its_owner(handed_out, folder):
    out, key = handed_out
    fill(out / "Anna.xlsx", key.blanks, formulas(key.blanks), by="Anna", into=folder / "Anna.xlsx")
    fill(folder / "Anna.xlsx", key.blanks, formulas(key.blanks), by="B. Smith", into=folder / "Bob.xlsx")
    found = attributed(folder, key)
    assert not found["Anna.xlsx"].problem
    assert found["Anna.xlsx"].remarks == ["Bob.xlsx is the same file, as Bob's: by 'B. Smith', 2026-11-20 08:30"]
    problem = found["Bob.xlsx"].problem
    assert problem.startswith("another student's file: it was handed out to Anna, but comes as Bob's")
    assert "and so is Anna.xlsx (saved by 'Anna'" in problem


def test_several_files_of_one_student_are_attempts(handed_out, folder):
    out, key = handed_out
    for name in ("1.xlsx", "2.xlsx", "Bob again.xlsx"):
        shutil.copy(out / "Bob.xlsx", folder / name)
    found = attributed(folder, key)
    assert {file.student.name for file in found.values()} == {"Bob"}
    assert not any(file.problem or file.remarks for file in found.values())


def test_what_is_none_of_ours(handed_out, folder, tmp_path):
    out, key = handed_out
    export(Tiny(), (X,), folder / "export.xlsx")
    hand_out(tmp_path / "other" / "out", ["Anna"])
    shutil.copy(out / "Bob.xlsx", folder / "forged.xlsx")
    change(folder / "forged.xlsx", lambda book: book["Practice"].__setitem__(_fingerprint(book), "0123456789abcdef"))
    (folder / "cut.xlsx").write_bytes((out / "Bob.xlsx").read_bytes()[:3000])
    (folder / "text.xlsx").write_text("not a workbook")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    (folder / "Bob.eml").write_text("From: bob@example.org")
    (folder / "link.xlsx").symlink_to(out / "Bob.xlsx")
    (folder / "linked folder").symlink_to(out)
    (folder / "~$Bob.xlsx").write_bytes(b"lock")
    found = {name: file.problem for name, file in attributed(folder, key).items()}
    assert found["export.xlsx"] == "a spreadsheet, but none of this exercise's: it has no fingerprint"
    assert found["forged.xlsx"] == "a workbook of another exercise: its fingerprint is not in this key"
    assert found["cut.xlsx"].startswith("not a workbook")
    assert found["text.xlsx"].startswith("not a workbook")
    assert found["photo.jpg"] == "no .xlsx file, but .jpg: save it as .xlsx"
    assert found["link.xlsx"] == found["linked folder"] == "a link or a device, no file: it is not followed"
    assert found["Bob.eml"].startswith("a mail: save what is attached to it")
    assert len(found) == 8


def test_names_of_any_bytes(handed_out, folder):
    out, key = handed_out
    shutil.copy(out / "Bob.xlsx", os.fsencode(folder) + b"/Bob \xff\xfe.xlsx")
    (file,) = attributed(folder, key).values()
    assert (file.name, file.student.name, file.problem) == ("Bob ��.xlsx", "Bob", "")


def test_what_this_program_wrote_is_no_submission(handed_out, folder):
    out, key = handed_out
    shutil.copy(out / "Bob.xlsx", folder)
    for name, page in (("report", '<meta name="generator" content="excel-export grade">'), ("essays", "<html>")):
        (folder / name).mkdir()
        (folder / name / "class.html").write_text(page)
        shutil.copy(out / "Bob.xlsx", folder / name / "copy.xlsx")
    (folder / "grades.csv").write_text("x")
    files, skipped = files_in(folder, [folder / "grades.csv"])
    assert [each.name for each in files] == [
        "Bob.xlsx",
        "essays/class.html",
        "essays/copy.xlsx",
    ]
    assert skipped == ["report: a report of this program"]
    assert len(files_in(folder, [folder / "essays", folder / "grades.csv"])[0]) == 1
    assert key


def _fingerprint(book):
    return book.defined_names["practice_fingerprint"].attr_text.rpartition("!")[2].replace("$", "")


def test_folders_that_hold_nothing(tmp_path):
    with pytest.raises(ExportError, match="no such folder"):
        files_in(tmp_path / "nowhere")
    with pytest.raises(ExportError, match="holds no file"):
        files_in(tmp_path)
