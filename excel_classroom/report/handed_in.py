"""The workbooks of a folder, and whose they are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from excel_classroom.grading.attribution import HandedIn, owner
from excel_classroom.grading.collected import files_in
from excel_classroom.practice.class_list import Person
from excel_classroom.practice.key import Student
from excel_export.shared.errors import ExportError


def workbooks_in(folder: Path, suffixes: Sequence[str], ours: Sequence[Path] = ()) -> tuple[list[HandedIn], list[str]]:
    """The workbooks in a folder and in those within it, and the names of its other files; `ours` are none of them.

    Raises:
        ExportError: it holds no workbook, or far too many files.
    """
    found, _ = files_in(folder, ours)
    files = [each for each in found if each.path.suffix.lower() in suffixes and _is_file(each.path)]
    if not files:
        raise ExportError(f"{folder}: no workbook in this folder")
    others = [each.name for each in found if each not in {*files}]
    return [HandedIn(each.path, each.name) for each in files], others


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def attribute(files: Sequence[HandedIn], people: Sequence[Person]) -> list[str]:
    """Say whose each file is, by the platform's name for it or by its own; return the names of who has none."""
    students = [_student(person) for person in people]
    for file in files:
        by_platform, by_name, file.late = owner(file.name, students)
        file.student = by_platform or by_name
    there = {file.student.fingerprint for file in files if file.student}
    return [student.name for student in students if student.fingerprint not in there]


def _student(person: Person) -> Student:
    digest = hashlib.sha256(repr(person).encode("utf-8", "replace")).hexdigest()
    return Student(person.name, person.name, "", digest, id=person.id, email=person.email, platform=person.platform)
