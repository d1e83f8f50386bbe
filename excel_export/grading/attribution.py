"""Whose file is which: by the fingerprint in the file, the key's list of students, and the name of the file.

What doesn't fit is named, never guessed: another student's file, a copy, a workbook of another exercise.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from excel_export.grading.sandbox import NotGraded, ask
from excel_export.practice.key import FINGERPRINT_NAME, Key, Student
from excel_export.shared.errors import ExportError
from excel_export.xlsx.write import EPOCH, PROGRAM

MOST_FILES, SHOWN = 10_000, 3


@dataclass
class HandedIn:
    """One file that was handed in."""

    path: Path
    name: str
    """Its path within the folder, for people."""
    student: Student | None = None
    """Whose it is: as whose it was handed in, else whom it was handed out to."""
    fingerprint: str = ""
    problem: str = ""
    """Why it gets no grade; '' if it gets one."""
    remarks: list[str] = field(default_factory=list)
    saved: str = ""
    """Who saved it when, as the file says."""


def files_in(folder: Path) -> list[Path]:
    """The files in a folder and in those within it, in order, but for hidden ones and the locks of programs.

    Raises:
        ExportError: there is no such folder, or it holds no file, or far too many.
    """
    if not folder.is_dir():
        raise ExportError(f"{folder}: no such folder")
    found = []
    for where, _, names in os.walk(folder):
        found += [Path(where, name) for name in names if not name.startswith((".", "~$", "Thumbs.db", "desktop.ini"))]
        if len(found) > MOST_FILES:
            raise ExportError(f"{folder}: holds more than {MOST_FILES:,} files")
    if not found:
        raise ExportError(f"{folder}: holds no file")
    return sorted(found)


def attribute(
    folder: Path, files: Iterable[Path], key: Key, seen: Callable[[int], None] = lambda count: None
) -> list[HandedIn]:
    """Find out whose file each is; `seen` is told how many have been looked at."""
    found = []
    for count, path in enumerate(files, 1):
        found.append(_look(path, str(path.relative_to(folder)), key))
        seen(count)
    _compare(found)
    return found


def _look(path: Path, name: str, key: Key) -> HandedIn:
    named = _named_student(name, key.students)
    file = HandedIn(path, name, named)
    if path.is_symlink() or not path.is_file():
        file.problem = "a link or a device, no file"
        return file
    if path.suffix.lower() != ".xlsx":
        file.problem = f"no .xlsx file, but {path.suffix or 'without an ending'}: save it as .xlsx"
        return file
    try:
        answer = ask("look", path, names=[FINGERPRINT_NAME])
    except NotGraded as error:
        file.problem = str(error)
        return file
    properties = answer["properties"]
    who = properties.get("lastModifiedBy") or properties.get("creator", "")
    when = properties.get("modified", "")
    saved = ", ".join(part for part in (who and f"by {who!r}", when) if part)
    file.saved = "when it was given out" if who == PROGRAM and when.startswith(f"{EPOCH.year}") else saved
    if answer["macros"]:
        file.remarks.append("holds macros, which were not run")
    file.fingerprint = answer["texts"].get(FINGERPRINT_NAME, "")
    owner = key.student(file.fingerprint) if file.fingerprint else None
    if not file.fingerprint:
        file.problem = "a spreadsheet, but none of this exercise's: it has no fingerprint"
    elif not owner:
        file.problem = "a workbook of another exercise: its fingerprint is not in this key"
    elif named and named is not owner:
        file.problem = f"another student's file: it was handed out to {owner.name}"
    elif not named:
        file.student = owner
    return file


def _compare(files: list[HandedIn]) -> None:
    """Name the files that are the same variant."""
    groups: dict[str, list[HandedIn]] = defaultdict(list)
    for file in files:
        if file.fingerprint:
            groups[file.fingerprint].append(file)
    for group in (group for group in groups.values() if len(group) > 1):
        unclear = [file for file in group if not file.problem and not _is_named(file)]
        for file in group:
            others = [f"{other.name} (saved {other.saved or '?'})" for other in group if other is not file]
            more = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
            words = f"the same variant as {'; '.join(others[:SHOWN])}{more}; this one was saved {file.saved or '?'}"
            if file in unclear:
                file.problem = f"{words}; its name doesn't say whose it is"
            elif file.problem:
                file.problem = f"{file.problem}; {words}"
            else:
                file.remarks.append(words)


def _is_named(file: HandedIn) -> bool:
    return bool(file.student and _named_student(file.name, [file.student]))


def _named_student(name: str, students: Iterable[Student]) -> Student | None:
    """The student whose file or whose name stands in a path, such as 'Anna Miller_123_file/anna.xlsx'."""
    path = _words(re.sub(r"\.xlsx$", "", name, flags=re.I))
    best: dict[int, list[Student]] = defaultdict(list)
    for student in students:
        marks = [words for words in (_words(Path(student.file).stem), _words(student.name)) if words.strip()]
        length = max((len(words) for words in marks if words in path), default=0)
        if length:
            best[length].append(student)
    longest = best[max(best)] if best else []
    return longest[0] if len(longest) == 1 else None


@cache
def _words(text: str) -> str:
    """A text as words between spaces, without marks and capitals."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold())
    return f" {' '.join(words)} "
