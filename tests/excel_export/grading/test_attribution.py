"""Whose file is which: what doesn't fit is named, never guessed."""

import shutil

import pytest

from excel_export import ExportError, export
from excel_export.grading.attribution import attribute, files_in
from tests.support.handed_in import change, fill, formulas, hand_out
from tests.support.tiny import Tiny, X


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class") / "out"
    return folder, hand_out(folder, ["Anna", "Anna Maria", "Bob", "Zoë Łuk"])


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def rolled(folder, key):
    return {file.name: file for file in attribute(folder, files_in(folder), key)}


def test_names_of_files_as_learning_platforms_make_them(handed_out, folder):
    out, key = handed_out
    names = {
        "Anna_1234_assignsubmission_file_/homework.xlsx": "Anna",
        "anna maria - Anna.xlsx": "Anna Maria",
        "2026-11-20 BOB (final version).XLSX": "Bob",
        "Zoë_Łuk.xlsx": "Zoë Łuk",
    }
    for name, student in names.items():
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(out / f"{student}.xlsx", folder / name)
    found = rolled(folder, key)
    assert {name: file.student.name for name, file in found.items()} == names
    assert not any(file.problem or file.remarks for file in found.values())


def test_a_file_with_any_name_is_whose_fingerprint_it_has(handed_out, folder):
    out, key = handed_out
    shutil.copy(out / "Bob.xlsx", folder / "x.xlsx")
    (file,) = rolled(folder, key).values()
    assert (file.student.name, file.problem) == ("Bob", "")


def test_another_students_file_and_its_owner(handed_out, folder):
    out, key = handed_out
    anna = next(student for student in key.students if student.name == "Anna")
    fill(out / "Anna.xlsx", anna.blanks, formulas(anna.blanks), by="Anna", into=folder / "Anna.xlsx")
    fill(folder / "Anna.xlsx", anna.blanks, formulas(anna.blanks), by="B. Smith", into=folder / "Bob.xlsx")
    found = rolled(folder, key)
    assert not found["Anna.xlsx"].problem
    assert "the same variant as Bob.xlsx (saved by 'B. Smith', " in found["Anna.xlsx"].remarks[0]
    problem = found["Bob.xlsx"].problem
    assert problem.startswith("another student's file: it was handed out to Anna; the same variant as Anna.xlsx")
    assert "saved by 'Anna'" in problem
    assert found["Bob.xlsx"].student.name == "Bob"


def test_two_of_one_variant_and_no_name_says_whose(handed_out, folder):
    out, key = handed_out
    shutil.copy(out / "Bob.xlsx", folder / "1.xlsx")
    shutil.copy(out / "Bob.xlsx", folder / "2.xlsx")
    assert all("its name doesn't say whose it is" in file.problem for file in rolled(folder, key).values())


def test_what_is_none_of_ours(handed_out, folder, tmp_path):
    out, key = handed_out
    export(Tiny(), (X,), folder / "export.xlsx")
    hand_out(tmp_path / "other" / "out", ["Anna"])
    shutil.copy(out / "Bob.xlsx", folder / "forged.xlsx")
    change(folder / "forged.xlsx", lambda book: book["Practice"].__setitem__(_fingerprint(book), "0123456789abcdef"))
    (folder / "cut.xlsx").write_bytes((out / "Bob.xlsx").read_bytes()[:3000])
    (folder / "text.xlsx").write_text("not a workbook")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    (folder / "link.xlsx").symlink_to(out / "Bob.xlsx")
    (folder / "~$Bob.xlsx").write_bytes(b"lock")
    found = {name: file.problem for name, file in rolled(folder, key).items()}
    assert found["export.xlsx"] == "a spreadsheet, but none of this exercise's: it has no fingerprint"
    assert found["forged.xlsx"] == "a workbook of another exercise: its fingerprint is not in this key"
    assert found["cut.xlsx"].startswith("not a workbook")
    assert found["text.xlsx"].startswith("not a workbook")
    assert found["photo.jpg"] == "no .xlsx file, but .jpg: save it as .xlsx"
    assert found["link.xlsx"] == "a link or a device, no file"
    assert len(found) == 6


def _fingerprint(book):
    return book.defined_names["practice_fingerprint"].attr_text.rpartition("!")[2].replace("$", "")


def test_folders_that_hold_nothing(tmp_path):
    with pytest.raises(ExportError, match="no such folder"):
        files_in(tmp_path / "nowhere")
    with pytest.raises(ExportError, match="holds no file"):
        files_in(tmp_path)
