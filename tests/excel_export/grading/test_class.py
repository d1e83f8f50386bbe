"""A whole class: written, filled in, saved by LibreOffice, handed in, graded. The table is what the script did."""

import random
import shutil
from pathlib import Path

import openpyxl
import pytest

from excel_export.cli import main
from excel_export.practice.key import load
from tests.support.engines import require_engine
from tests.support.handed_in import NET, fill, formulas, hand_out, rows_of
from tests.support.hostile import STUDENTS, hostile_files
from tests.support.libreoffice import save_as

KINDS = ("formulas", "numbers", "one slip", "one sign", "three empty")


def grade(folder, key, tmp_path, *more):
    table = tmp_path / "grades.csv"
    assert main(["grade", str(folder), "--key", str(key), "-o", str(table), *more]) == 0
    return {row["file"] or row["student"]: row for row in rows_of(table)}


def answers_of(kind, blanks, right, source):
    """What a student of a kind types, and what the grader must say of each blank."""
    answers, expected = formulas(blanks), ["right"] * len(blanks)
    if kind in ("numbers", "three empty"):
        answers = [float(f"{number:.4f}") for number in right]
    if kind == "one slip":
        k = source.randrange(len(blanks))
        answers[k], expected[k] = right[k] + 3 + abs(right[k]), "wrong"
        expected = [("given" if k in blank.reads else each) for blank, each in zip(blanks, expected, strict=True)]
    if kind == "one sign":
        k = next(k for k, number in enumerate(right) if abs(number) > 0.05)
        answers[k], expected[k] = -right[k], "sign"
        expected = [("given" if k in blank.reads else each) for blank, each in zip(blanks, expected, strict=True)]
    if kind == "three empty":
        for k in source.sample(range(len(blanks)), 3):
            answers[k], expected[k] = None, "empty"
    return answers, expected


def agrees(state, expected):
    return {
        "right": state == "right", "given": state in ("right", "right given earlier"), "empty": state == "empty",
        "wrong": state.startswith(("wrong", "known mistake")), "sign": state == "known mistake: the wrong sign",
    }[expected]  # fmt: skip


def in_cell(book, name):
    ((sheet, cell),) = name.destinations
    return book[sheet][cell.replace("$", "")].value


@pytest.mark.slow
def test_a_class_of_thirty(tmp_path):
    require_engine("libreoffice")
    (tmp_path / "net.py").write_text(NET)
    names = [f"Student {k:02}" for k in range(30)]
    (tmp_path / "names.csv").write_text("name\n" + "\n".join(names))
    arguments = ["--class", str(tmp_path / "names.csv"), "--key", str(tmp_path / "key.json"), "--solutions"]
    assert main(["practice", f"{tmp_path / 'net.py'}:net", "-o", str(tmp_path / "out"), *arguments]) == 0
    key, source = load(tmp_path / "key.json"), random.Random(0)
    assert [student.name for student in key.students] == names
    (tmp_path / "filled").mkdir()
    expected = {}
    for k, student in enumerate(key.students):
        solved = openpyxl.load_workbook(tmp_path / "out solutions" / student.file, data_only=True)
        right = [float(solved[blank.sheet][blank.cell].value) for blank in key.blanks]
        answers, expected[student.file] = answers_of(KINDS[k % len(KINDS)], key.blanks, right, source)
        fill(tmp_path / "out" / student.file, key.blanks, answers, into=tmp_path / "filled" / student.file)
    folder = tmp_path / "in"
    save_as("xlsx", sorted((tmp_path / "filled").iterdir()), folder)
    first, second, third, fourth, fifth, sixth = (student.file for student in key.students[:6])
    shutil.copy(folder / first, folder / second)
    shutil.copy(folder / third, folder / fourth)
    (folder / fifth).write_bytes((folder / fifth).read_bytes()[:5000])
    (folder / sixth).unlink()
    rows = grade(folder, tmp_path / "key.json", tmp_path, "--report", str(tmp_path / "report"))
    assert len(rows) == 30
    for copy, original in ((second, first), (fourth, third)):
        assert rows[copy]["points"] == ""
        assert f"the same variant as {original}" in rows[copy]["remarks"]
        assert f"the same variant as {copy}" in rows[original]["remarks"]
        for file, other in ((copy, original), (original, copy)):
            [page] = (tmp_path / "report").glob(f"{Path(file).stem.replace(' ', '_')}.html")
            assert Path(other).stem not in page.read_text()
    assert rows[fifth]["remarks"].startswith("not a workbook")
    assert rows[names[5]]["remarks"] == "no file was handed in"
    for student in key.students:
        if student.file in (second, fourth, fifth, sixth):
            continue
        row = rows[student.file]
        states = [row[f"blank {k + 1}"] for k in range(len(key.blanks))]
        wanted = expected[student.file]
        assert all(map(agrees, states, wanted)), (student.name, states, wanted)
        # What LibreOffice computed in the sheet itself.
        book = openpyxl.load_workbook(folder / student.file, data_only=True)
        marks = [in_cell(book, book.defined_names[f"mark_{k + 1}"]) for k in range(len(key.blanks))]
        assert marks == [SAYS[state.partition(":")[0]] for state in states], student.name


@pytest.mark.slow
def test_two_hundred_files_with_ten_hostile_among_them(tmp_path):
    names = [f"Student {k}" for k in range(10)]
    key = hand_out(tmp_path / "out", [*names, *STUDENTS])
    key.save(tmp_path / "key.json")
    folder = tmp_path / "in"
    expected = hostile_files(tmp_path / "out", key, folder)
    for student in key.students[: len(names)]:
        fill(tmp_path / "out" / student.file, key.blanks, formulas(key.blanks))
        for k in range(19):
            (folder / f"{student.name} try {k}").mkdir()
            shutil.copy(tmp_path / "out" / student.file, folder / f"{student.name} try {k}")
    rows = grade(folder, tmp_path / "key.json", tmp_path, "--seconds", "2")
    assert len(rows) == 200
    for name, row in rows.items():
        if name in expected:
            assert row["points"] == ""
            assert expected[name] in row["remarks"]
        else:
            assert row["percent"] == "100", name
