"""A class of sixty, with real names, every kind of slip, format, attempt and trick: the table is as it must be."""

import os
import random
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest

from excel_classroom.practice.key import Key, Options, load
from excel_classroom.practice.source import digest_of, network_of
from excel_export.cli import main
from tests.support import handed_in as handed_in_files
from tests.support import simulated_class
from tests.support.engines import require_engine
from tests.support.handed_in import NET, SECRET, fill, formulas, saved
from tests.support.libreoffice import type_in
from tests.support.simulated_class import NAMES, Me, Work


def grade(folder, key, tmp_path, *more):
    rows = handed_in_files.grade(folder, key, tmp_path / "grades.csv", *more)
    return {row["file"] or row["student"]: row for row in rows}


def right_numbers(path, blanks):
    solved = openpyxl.load_workbook(path, data_only=True)
    return [float(solved[blank.sheet][blank.cell].value) for blank in blanks]


def hand_in(work, student, blanks, out, target, scratch):
    """Fill a workbook in as somebody does; return what is to be typed in LibreOffice."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if work.typed:
        cells = [
            [blank.sheet, blank.cell, str(answer)]
            for blank, answer in zip(blanks, work.answers, strict=True)
            if answer is not None
        ]
        return {"source": str(out / student.file), "target": str(target), "cells": cells}
    book = openpyxl.load_workbook(out / student.file)
    for blank, answer in zip(blanks, work.answers, strict=True):
        book[blank.sheet][blank.cell] = answer
        if isinstance(answer, str) and answer.startswith("'"):
            book[blank.sheet][blank.cell].data_type = "s"
    work.book(book, blanks)
    book.properties.lastModifiedBy = work.by or None
    book.save(target)
    if work.gnumeric:
        require_engine("gnumeric")
        scratch.mkdir(exist_ok=True)
        shutil.move(target, scratch / "own.xlsx")
        subprocess.run(["ssconvert", scratch / "own.xlsx", target], check=True, capture_output=True)
    elif work.by:
        saved(target, work.when)
    return None


@dataclass
class Class:
    """A class that handed in, and what the script knows of it."""

    key: Key
    folder: Path
    kinds: list[str]
    expected: dict[str, Work]
    more: list[str]
    """What is said to the grader."""


def handed_out_to(tmp_path, names):
    """Hand an exam out to a class, the same every time, with its solutions; return the key."""
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "list.csv").write_text(simulated_class.worksheet(names), "utf-8")
    source, options = f"{tmp_path / 'net.py'}:net", Options(exam=True, questions=1)
    Key(SECRET, source, options, digest_of(network_of(source)), str(tmp_path)).save(tmp_path / "key.json")
    arguments = ["--class", str(tmp_path / "list.csv"), "--key", str(tmp_path / "key.json"), "--exam", "--solutions"]
    assert main(["practice", source, "-o", str(tmp_path / "out"), *arguments]) == 0
    return load(tmp_path / "key.json")


def known_to(key, k, tmp_path):
    """One of the students, with what the script knows of each answer."""
    solution = tmp_path / "out solutions" / key.students[k].file
    return Me(key.blanks, right_numbers(solution, key.blanks), solution, random.Random(k))


def handed_in(tmp_path, names, kinds=None):
    """Hand an exam out to a class, and let each of them do something with it; the same every time."""
    key = handed_out_to(tmp_path, names)
    more = ["--report", str(tmp_path / "report"), "--format", "moodle", "--class", str(tmp_path / "list.csv")]
    made, typing = Class(key, tmp_path / "in", [], {}, more), {"de": [], "en-US": []}
    for k, student in enumerate(key.students):
        me = known_to(key, k, tmp_path)
        known = simulated_class.works(me)
        chosen = [*(kinds or known)]
        kind = chosen[k] if k < len(chosen) else "mixed"
        work = known.get(kind) or simulated_class.mixed(me)
        made.kinds.append(kind)
        own = f"{student.name.replace('/', ' ')}_{student.platform}_assignsubmission_file_"
        job = hand_in(work, student, key.blanks, tmp_path / "out", made.folder / own / work.file, tmp_path / "scratch")
        if job:
            typing[work.typed].append(job)
        made.expected[student.variant] = work
    for locale, jobs in typing.items():
        if jobs:
            type_in(jobs, locale, tmp_path / "office" / locale)
    return made


def is_as_the_script_knows(made, rows):
    """Hold the table against what each of them did, to the point."""
    by_student = {row["id"]: row for row in rows.values() if row["points"] != "" or row["file"] == ""}
    for k, (student, kind) in enumerate(zip(made.key.students, made.kinds, strict=True)):
        work = made.expected[student.variant]
        if work.points is None:
            assert by_student.get(student.id, {"points": ""})["points"] == "", (student.name, kind)
            continue
        row = by_student[student.id]
        found = [row[f"blank {j + 1}"] for j in range(len(made.key.blanks))]
        assert float(row["points"]) == pytest.approx(work.points), (k, student.name, kind, found, row["remarks"])
        assert work.says in row["remarks"], (student.name, kind, row["remarks"])
        for j, state in work.states.items():
            assert found[j].startswith(state), (student.name, kind, j, found)
        assert not kind.startswith("formulas") or row["remarks"] == ""


def is_the_same_in_another_order(made, tmp_path):
    """Grade the same files in another order, from another folder: the same bytes."""
    report, again = tmp_path / "report", tmp_path / "again"
    before = {path.name: path.read_bytes() for path in [*report.iterdir(), *tmp_path.glob("grades*")]}
    for path in sorted(made.folder.rglob("*"), key=os.fsencode, reverse=True):
        target = Path(os.fsdecode(os.fsencode(path).replace(os.fsencode(made.folder), os.fsencode(again))))
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            target.symlink_to(path.readlink())
        elif path.is_file():
            shutil.copy(path, target)
    shutil.rmtree(made.folder)
    again.rename(made.folder)
    (tmp_path / "grades by hand.csv").unlink(missing_ok=True)
    shutil.rmtree(report)
    grade(made.folder, tmp_path / "key.json", tmp_path, *made.more)
    after = {path.name: path.read_bytes() for path in [*report.iterdir(), *tmp_path.glob("grades*")]}
    assert before.keys() == after.keys()
    assert [name for name in before if before[name] != after[name]] == []


def test_a_class_of_four(tmp_path):
    """As the class of sixty below, with what usually breaks; two of them have the same name."""
    made = handed_in(tmp_path, NAMES[2:6], ["empty", "as comma", "own numbers", "unknown"])
    is_as_the_script_knows(made, grade(made.folder, tmp_path / "key.json", tmp_path, *made.more))
    is_the_same_in_another_order(made, tmp_path)


@pytest.mark.slow
def test_a_class_of_sixty(tmp_path, capsys):
    require_engine("libreoffice")
    made = handed_in(tmp_path, NAMES)
    assert [student.name for student in made.key.students] == [" ".join(name.split()) for name in NAMES]
    assert len({student.file.casefold() for student in made.key.students}) == 60
    assert len(list((tmp_path / "out").iterdir())) == 60
    said = extras(made.folder, made.key, made.expected, tmp_path / "out")
    rows = grade(made.folder, tmp_path / "key.json", tmp_path, *made.more)
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    for words in said:
        assert words in captured.out, words
    is_as_the_script_knows(made, rows)
    pairs = (tmp_path / "report" / "similar.html").read_text()
    odd = [student.variant for student, kind in zip(made.key.students, made.kinds, strict=True) if kind[:3] == "odd"]
    rows_of_pairs = [line for line in pairs.splitlines() if line.startswith("<tr><td>")]
    assert len(rows_of_pairs) <= 3
    assert all(name in rows_of_pairs[0] for name in odd)
    assert len((tmp_path / "grades moodle.csv").read_text("utf-8-sig").splitlines()) == 61
    is_the_same_in_another_order(made, tmp_path)


def extras(folder, key, expected, out):
    """Attempts, and what is no workbook of theirs; the last students do these."""
    said = []
    students = list(key.students)[-8:]

    def own(student):
        return folder / f"{student.name.replace('/', ' ')}_{student.platform}_assignsubmission_file_"

    attempts, photo, cut, none, swapped, bytes_, ods, late = students
    for number, (when, answer) in enumerate((("08:00", 5), ("10:00", None), ("09:00", 7))):
        answers = formulas(key.blanks) if answer is None else [answer] * len(key.blanks)
        fill(out / attempts.file, key.blanks, answers, "me", own(attempts) / f"{number}.xlsx", f"2026-11-20T{when}:00")
    (own(attempts) / "week3.xlsx").unlink()
    expected[attempts.variant] = Work([], len(key.blanks), "one of 3 attempts, the newest")
    for student, name, content in (
        (photo, "photo.jpg", b"\xff\xd8"),
        (cut, "week3.xlsx", None),
        (ods, "week3.ods", b"PK"),
    ):
        data = (own(student) / "week3.xlsx").read_bytes()
        (own(student) / "week3.xlsx").unlink()
        (own(student) / name).write_bytes(content if content is not None else data[: len(data) // 2])
        expected[student.variant] = Work([], None)
    said += ["no .xlsx file, but .jpg", "an .ods file that LibreOffice can't read", "not a workbook that can be read"]
    shutil.rmtree(own(none))
    expected[none.variant] = Work([], None, "no file was handed in")
    # Whose file it is stands in it, not in its name.
    (own(swapped) / "week3.xlsx").rename(own(swapped) / f"{late.name.replace('/', ' ')}.xlsx")
    os.rename(own(bytes_) / "week3.xlsx", os.fsencode(own(bytes_)) + b"/week3 \xff\xfe;=1+1;.xlsx")
    (folder / "a link").symlink_to(out)
    said.append("a link: not graded: a link or a device, no file: it is not followed")
    (folder / "report").mkdir()
    (folder / "report" / "class.html").write_text('<meta name="generator" content="excel-export grade">')
    shutil.copy(out / students[0].file, folder / "report" / "copy.xlsx")
    said.append("skipped report: a report of this program")
    return said
