"""A command typed again works; a file in which somebody's work may be is replaced only with --overwrite."""

import zipfile

import pytest
from openpyxl import Workbook, load_workbook

from excel_export.cli import main
from tests.support.libreoffice import save_as, soffice

SOURCE = """
from tests.support.tiny import Tiny, X

def tiny():
    return Tiny(), (X,)
"""
EXPORT = ("net.py:tiny", "--only-network", "-o", "net.xlsx")
TYPED = {
    "net.xlsx": EXPORT,
    "net.html": ("page", "net.py:tiny", "-o", "net.html"),
    "lesson.xlsx": ("lesson", "one-neuron", "-o", "lesson.xlsx"),
    "lesson.html": ("lesson", "one-neuron", "--page", "-o", "lesson.html"),
    "blanks.xlsx": ("lesson", "one-neuron", "--practice", "-o", "blanks.xlsx"),
    "practice.xlsx": ("practice", "net.py:tiny", "--blanks", "2", "--solutions", "-o", "practice.xlsx"),
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with net.py, in which the commands are typed."""
    (tmp_path / "net.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", TYPED)
def test_a_command_typed_again_replaces_its_own_file(name, folder, capsys):
    assert main(TYPED[name]) == 0
    assert f"wrote {name}" in capsys.readouterr().out
    first = (folder / name).read_bytes()
    assert main(TYPED[name]) == 0
    said = capsys.readouterr().out
    assert f"replaced {name}" in said
    assert f"wrote {name}" not in said
    assert (folder / name).read_bytes() == first


def saved_by_openpyxl(path):
    load_workbook(path).save(path)


def saved_by_libreoffice(path):
    [saved] = save_as("xlsx", [path], path.parent / "saved")
    saved.replace(path)


def without_a_name(path):
    """As Google Sheets writes a workbook: without the part that names a program."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist() if name != "docProps/app.xml"}
    with zipfile.ZipFile(path, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)


def no_workbook(path):
    path.write_bytes(b"an hour's work")


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-30])


@pytest.mark.parametrize(
    "change",
    [
        saved_by_openpyxl, without_a_name, no_workbook, cut_short,
        pytest.param(saved_by_libreoffice, marks=pytest.mark.skipif(not soffice(), reason="without LibreOffice")),
    ],
)  # fmt: skip
def test_what_another_program_saved_stays(change, folder, capsys):
    assert main(EXPORT) == 0
    change(folder / "net.xlsx")
    theirs = (folder / "net.xlsx").read_bytes()
    capsys.readouterr()
    assert main(EXPORT) == 1
    out, err = capsys.readouterr()
    assert err == ("Error: net.xlsx was saved by another program: --overwrite replaces it, and -o names another file\n")
    assert out == "", "refused before any work"
    assert (folder / "net.xlsx").read_bytes() == theirs
    assert main([*EXPORT, "--overwrite"]) == 0
    assert "replaced net.xlsx" in capsys.readouterr().out
    assert (folder / "net.xlsx").read_bytes() != theirs


def test_a_lesson_with_blanks_is_replaced_if_asked_for(folder):
    (folder / "blanks.xlsx").write_bytes(b"an hour's work")
    assert main(TYPED["blanks.xlsx"]) == 1
    assert main([*TYPED["blanks.xlsx"], "--overwrite"]) == 0
    assert (folder / "blanks.xlsx").read_bytes() != b"an hour's work"


def test_solutions_in_which_somebody_wrote_stay(folder, capsys):
    (folder / "practice solutions.xlsx").write_bytes(b"an hour's work")
    assert main(TYPED["practice.xlsx"]) == 1
    assert "practice solutions.xlsx was saved by another program" in capsys.readouterr().err
    assert not (folder / "practice.xlsx").exists()


def test_a_copy_with_derivatives_can_be_made_again_but_not_over_another_sheet(folder, capsys):
    workbook = Workbook()
    for cell, content in {"A1": 3, "B1": "=A1^2", "C1": "=B1+A1"}.items():
        workbook.active[cell] = content
    workbook.save(folder / "sheet.xlsx")
    workbook.save(folder / "mine.xlsx")
    mine = (folder / "mine.xlsx").read_bytes()
    command = ["differentiate", "sheet.xlsx", "--loss", "C1", "-o", "copy.xlsx"]
    assert main(command) == main(command) == 0
    assert "replaced copy.xlsx with " in capsys.readouterr().out
    assert main([*command[:-1], "mine.xlsx"]) == 1
    assert (folder / "mine.xlsx").read_bytes() == mine


@pytest.mark.parametrize("separator", ["comma", "semicolon"])
def test_a_table_of_grades_is_replaced_a_list_of_students_is_not(folder, capsys, separator):
    (folder / "names.csv").write_text("name\nAnn\n")
    assert main(["practice", "net.py:tiny", "-o", "week", "--class", "names.csv", "--blanks", "2"]) == 0
    grade = ["grade", "week", "--key", "week.key.json", "--separator", separator, "-o"]
    assert main([*grade, "grades.csv"]) == main([*grade, "grades.csv"]) == 0
    assert "replaced grades.csv" in capsys.readouterr().out
    assert main([*grade, "names.csv"]) == 1
    assert "names.csv is there already: --overwrite" in capsys.readouterr().err
    assert (folder / "names.csv").read_text() == "name\nAnn\n"
