"""Whose file is which: by the fingerprint in the file, by the platform's name for it, and by the name of the file.

What is in the file counts first, then the platform, then the name. Where two differ, it is said. What doesn't fit is
named, never guessed: a workbook of another exercise, another student's file.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path, PurePath

from excel_export.grading.markup import GENERATOR, clean
from excel_export.grading.sandbox import NotGraded, ask
from excel_export.practice.key import FINGERPRINT_NAME, Key, Student
from excel_export.shared.errors import ExportError
from excel_export.shared.grouped import grouped
from excel_export.xlsx.write import EARLIEST, PROGRAM

MOST_FILES, SHOWN = 10_000, 3
# Moodle: Ada Lovelace_1234_assignsubmission_file_/week3.xlsx; Canvas: lovelaceada_LATE_1234_5678_week3.xlsx
MOODLE = re.compile(r"(?P<who>[^/]*?)_(?P<number>\d+)_assignsubmission_[a-z]+_?(?P<rest>.*)", re.S)
CANVAS = re.compile(r"(?P<who>[^_/]+)_(?P<late>(?:LATE_)?)(?P<number>\d+)_\d+_(?P<rest>[^/]*)", re.S)
REPORT = "class.html"
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


def files_in(folder: Path, ours: Collection[Path] = ()) -> tuple[list[Path], list[str]]:
    """The files in a folder and in those within it, in order, but for hidden ones and the locks of programs.

    Args:
        folder: where they are.
        ours: what this program writes: it is no submission.

    Returns:
        The files, and what was skipped and why.

    Raises:
        ExportError: there is no such folder, or it holds no file, or far too many.
    """
    if not folder.is_dir():
        raise ExportError(f"{folder}: no such folder")
    own = {path.resolve() for path in ours}
    found, skipped = [], []
    for where, folders, names in os.walk(folder):
        for name in [*folders]:
            path = Path(where, name)
            if path.is_symlink():
                found.append(path)  # it gets a line, but is not followed
            elif path.resolve() in own or _is_report(path):
                folders.remove(name)
                skipped.append(f"{shown_name(path, folder)}: a report of this program")
        found += [
            path
            for path in (Path(where, name) for name in names)
            if not path.name.startswith((".", "~$", "Thumbs.db", "desktop.ini")) and path.resolve() not in own
        ]
        if len(found) > MOST_FILES:
            raise ExportError(f"{folder}: holds more than {MOST_FILES:,} files")
    if not found:
        raise ExportError(f"{folder}: holds no file")
    return sorted(found, key=os.fsencode), skipped


def _is_report(folder: Path) -> bool:
    try:
        with (folder / REPORT).open("rb") as page:
            return GENERATOR.encode() in page.read(1000)
    except OSError:
        return False


def shown_name(path: Path, folder: Path) -> str:
    """The path of a file within a folder, whatever bytes its name is made of."""
    return clean(os.fsencode(path.relative_to(folder)).decode("utf-8", "replace"))


def attribute(
    folder: Path,
    files: Sequence[Path],
    key: Key,
    seen: Callable[[int], None] = lambda count: None,
    each: Callable[[Callable[[Path], HandedIn], Sequence[Path]], Iterable[HandedIn]] = map,
) -> list[HandedIn]:
    """Find out whose file each is.

    Args:
        folder: where they are.
        files: all of them.
        key: of the exercise.
        seen: told how many have been looked at.
        each: a function like `map`, perhaps with several at a time.
    """
    found = []
    for file in each(lambda path: _look(path, folder, key), files):
        found.append(file)
        seen(len(found))
    owned = [file for file in found if file.fingerprint and file.student and not file.problem]
    for group in grouped(owned, lambda file: file.fingerprint).values():
        _settle(group)
    return found


def _look(path: Path, folder: Path, key: Key) -> HandedIn:
    name = shown_name(path, folder)
    by_platform, by_name, late = owner(name, key.students)
    file = HandedIn(path, name, by_platform or by_name, late=late)
    if path.is_symlink() or not path.is_file():
        file.problem = "a link or a device, no file: it is not followed"
        return file
    if path.suffix.lower() != ".xlsx":
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
    match = MOODLE.match(name) or CANVAS.match(PurePath(name).name)
    if not match:
        folder = PurePath(name).parent.as_posix()
        return (None if folder == "." else _named(folder, students)), False, PurePath(name).name
    late = bool(match.groupdict().get("late"))
    mine = [student for student in students if student.platform and student.platform == match["number"]]
    return (mine[0] if len(mine) == 1 else _named(match["who"], students)), late, match["rest"]


def _named(text: str, students: Iterable[Student]) -> Student | None:
    """The student whose file or whose name stands in a text, such as 'Anna Miller final version.xlsx'."""
    words = _words(re.sub(r"\.xlsx$", "", text, flags=re.I))
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
