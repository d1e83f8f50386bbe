"""Whose file is which: by the fingerprint in the file, by the platform's name for it, and by the name of the file.

What is in the file counts first, then the platform, then the name. Where two differ, it is said. What doesn't fit is
named, never guessed: a workbook of another exercise, another student's file.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path, PurePath

from excel_classroom.grading.collected import Found
from excel_classroom.grading.locked_in import ask
from excel_classroom.grading.markup import clean
from excel_classroom.grading.names_of_platforms import CANVAS, MOODLE
from excel_classroom.practice.key import FINGERPRINT_NAME, Key, Student
from excel_export.shared.grouped import grouped
from excel_export.shared.sandbox import NotGraded
from excel_export.workbook.write import EARLIEST, PROGRAM

SHOWN = 3
READ = (".xlsx", ".xlsm")
"""The files that are read; one with macros as if it had none."""
_WORD = re.compile(r"[^\W_]+(?:[^\W_]|[^\x00-\x7f])*")  # vowels of some scripts are no letters


@dataclass
class HandedIn:
    """One file that was handed in."""

    path: Path
    name: str
    """Its path within the folder, for people."""
    student: Student | None = None
    """Who handed it in."""
    fingerprint: str = ""
    problem: str = ""
    """Why it gets no grade; '' if it gets one."""
    remarks: list[str] = field(default_factory=list)
    who_saved: str = ""
    saved: datetime | None = None
    """When, as the file says."""
    late: bool = False
    """Whether the platform calls it late."""
    others: list[Student] = field(default_factory=list)
    """Who else it might be, by the platform or by its name."""

    @property
    def age(self) -> tuple[float, str]:
        """By what the files of one student are put in order: when each was saved, or else its name."""
        return self.saved.timestamp() if self.saved else 0.0, self.name

    @property
    def saved_at(self) -> str:
        """The second in which it was saved; '' where that isn't known."""
        return f"{self.saved:%Y-%m-%d %H:%M:%S}" if self.saved else ""

    @property
    def saved_words(self) -> str:
        """Who saved it when, in words."""
        when = f"{self.saved:%Y-%m-%d %H:%M}" if self.saved else ""
        return ", ".join(part for part in (self.who_saved and f"by {self.who_saved!r}", when) if part) or "?"


def attribute(
    files: Sequence[Found],
    key: Key,
    seen: Callable[[int], None] = lambda count: None,
    each: Callable[[Callable[[Found], HandedIn], Sequence[Found]], Iterable[HandedIn]] = map,
) -> list[HandedIn]:
    """Find out whose file each is.

    Args:
        files: all of them.
        key: of the exercise.
        seen: told how many have been looked at.
        each: a function like `map`, perhaps with several at a time.
    """
    found = []
    for file in each(lambda file: _look(file, key), files):
        found.append(file)
        seen(len(found))
    owned = [file for file in found if file.fingerprint and file.student and not file.problem]
    for group in grouped(owned, lambda file: file.fingerprint).values():
        _settle(group)
    return found


def _look(given: Found, key: Key) -> HandedIn:
    path, name = given.path, given.name
    by_platform, by_name, late = owner(name, key.students)
    file = HandedIn(path, name, by_platform or by_name, problem=given.problem, late=late)
    if file.problem:
        return file
    if path.is_symlink() or not path.is_file():
        file.problem = "a link or a device, no file: it is not followed"
        return file
    if path.suffix.lower() not in READ:
        file.problem = f"no .xlsx file, but {clean(path.suffix) or 'without an ending'}: save it as .xlsx"
        return file
    try:
        answer = ask("look", path, name=FINGERPRINT_NAME)
    except NotGraded as error:
        file.problem = str(error)
        return file
    note_properties(file, answer["properties"])
    if answer["macros"]:
        file.remarks.append("holds macros, which were not run")
    file.fingerprint = answer["fingerprint"]
    handed_to = key.student(file.fingerprint) if file.fingerprint else None
    if not file.fingerprint:
        file.problem = "a spreadsheet, but none of this exercise's: it has no fingerprint"
    elif not handed_to:
        file.problem = "a workbook of another exercise: its fingerprint is not in this key"
    else:
        file.student = handed_to
        if by_platform:
            file.others = [by_platform] if by_platform is not handed_to else []
        elif by_name and by_name is not handed_to:
            file.others = [by_name]
        if by_platform is handed_to and by_name and by_name is not handed_to:
            file.remarks.append(f"its name says {by_name.name}")
    return file


def note_properties(file: HandedIn, properties: dict[str, str]) -> None:
    """Take over who saved a file when, as the file says."""
    who = properties.get("lastModifiedBy") or properties.get("creator", "")
    try:
        saved = datetime.fromisoformat(properties.get("modified", "").replace("Z", "+00:00"))
    except ValueError:
        saved = None
    if saved and saved.year > EARLIEST[0]:
        file.saved = saved.astimezone() if saved.tzinfo else saved.astimezone(None)
    file.who_saved = "" if who == PROGRAM else clean(who)


def _settle(group: list[HandedIn]) -> None:
    """Of the files that were handed out to one student: which are somebody else's, and what is said of it."""
    handed_to = group[0].student
    assert handed_to
    own = [file for file in group if not file.others]
    for file in group:
        if not file.others:
            continue
        said = f"it was handed out to {handed_to.name}, but comes as {file.others[0].name}'s"
        if own:
            named = "; ".join(f"{other.name} (saved {other.saved_words})" for other in own[:SHOWN])
            file.problem = f"another student's file: {said}; this one was saved {file.saved_words}, and so is {named}"
            file.student = file.others[0]
        else:
            file.remarks.append(said)
    strangers = [file for file in group if file.problem]
    for file in own:
        for other in strangers[:SHOWN]:
            file.remarks.append(f"{other.name} is the same file, as {other.others[0].name}'s: {other.saved_words}")


def owner(name: str, students: Sequence[Student]) -> tuple[Student | None, Student | None, bool]:
    """Who the platform says it is, who the file's own name says, and whether the platform says that it is late."""
    by_platform, late, own_name = _by_platform(name, students)
    return by_platform, _named(own_name, students), late


def _by_platform(name: str, students: Iterable[Student]) -> tuple[Student | None, bool, str]:
    """Who the platform says it is, whether it says that the file is late, and the name that the student gave it."""
    of_canvas = (CANVAS.match(part) for part in reversed(PurePath(name).parts))
    match = MOODLE.match(name) or next(filter(None, of_canvas), None)
    if not match:
        folder = PurePath(name).parent.as_posix()
        return (None if folder == "." else _named(folder, students)), False, PurePath(name).name
    late = bool(match.groupdict().get("late"))
    mine = [student for student in students if student.platform and student.platform == match["number"]]
    return (mine[0] if len(mine) == 1 else _named(match["who"], students)), late, match["rest"]


def _named(text: str, students: Iterable[Student]) -> Student | None:
    """The student whose file or whose name stands in a text, such as 'Anna Miller final version.xlsx'."""
    words = _words(re.sub(r"\.(?:xls[xm]|ods)$", "", text, flags=re.I))
    best: dict[int, list[Student]] = defaultdict(list)
    for student in students:
        names = (Path(student.file).stem, student.name, " ".join(reversed(student.name.split())))
        own = [each for each in map(_words, names) if each.strip()]
        # Canvas leaves out the spaces.
        found = [each for each in own if each in words or each.replace(" ", "") == words.replace(" ", "")]
        length = max(map(len, found), default=0)
        if length:
            best[length].append(student)
    longest = best[max(best)] if best else []
    return longest[0] if len(longest) == 1 else None


@cache
def _words(text: str) -> str:
    """A text as words between spaces, without accents and capitals."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(each for each in plain if not 0x300 <= ord(each) < 0x370)
    return f" {' '.join(_WORD.findall(unicodedata.normalize('NFC', plain)))} "
