"""One file of a class: its student, its points, and which of a student's files counts."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path, PurePath
from typing import TypeVar

from excel_classroom.practice.class_list import numbered
from excel_classroom.practice.key import Student
from excel_classroom.results.pages import TEACHERS_PAGES
from excel_classroom.results.tables import clean, percent
from excel_export.shared.files import no_device
from excel_export.shared.grouped import grouped
from excel_export.workbook.write import EPOCH, PROGRAM

# What platforms make of a file's name, in the download of all submissions.
# Moodle: Ada Lovelace_1234_assignsubmission_file_/week3.xlsx; Canvas: lovelaceada_LATE_1234_5678_week3.xlsx
MOODLE = re.compile(r"(?P<who>[^/]*?)_(?P<number>\d+)_assignsubmission_[a-z]+_?(?P<rest>.*)", re.S)
CANVAS = re.compile(r"(?P<who>[^_/]+)_(?P<late>(?:LATE_)?)(?P<number>\d+)_\d+_(?P<rest>[^/]*)", re.S)
KEEP = ("newest", "best", "first")
"""The rules by which one of a student's files counts."""
_WORD = re.compile(r"[^\W_]+(?:[^\W_]|[^\x00-\x7f])*")  # vowels of some scripts are no letters


@dataclass
class HandedIn:
    """One file that was handed in: HandedIn(path, 'Ada/week3.xlsx'). The other fields are set while it is read."""

    path: Path
    """The file itself."""
    name: str
    """The path within the submissions, as people see it; no two files have the same."""
    student: Student | None = None
    """The student who handed it in; None if not known."""
    fingerprint: str = ""
    """The fingerprint in the file; '' if it has none."""
    problem: str = ""
    """The reason why it can't be read or gets no grade; '' if it gets one."""
    remarks: list[str] = field(default_factory=list)
    """Remarks for the teacher; [] for none."""
    who_saved: str = ""
    """The person who saved it, by the file itself; '' if not known."""
    saved: datetime | None = None
    """The moment when it was saved, by the file itself, in this computer's time zone; None if not known."""
    late: bool = False
    """True if the platform calls it late."""
    other: Student | None = None
    """Another student whose file it might be, by the platform or by its name; None for nobody else."""

    def note_properties(self, properties: Mapping[str, str]) -> None:
        """Set `saved` and `who_saved` by its properties: {'modified': '2026-11-20T23:59:00Z', 'creator': 'Ada'}."""
        who = properties.get("lastModifiedBy") or properties.get("creator", "")
        try:
            saved = datetime.fromisoformat(properties.get("modified", "").replace("Z", "+00:00"))
        except ValueError:
            saved = None
        if saved and saved.year > EPOCH.year:
            self.saved = saved.astimezone()
        self.who_saved = "" if who == PROGRAM else clean(who)

    @property
    def age(self) -> tuple[float, str]:
        """A key to sort files by: (seconds since 1970 of saving, or 0.0, and the name), (1795305599.0, 'Ada.xlsx')."""
        return self.saved.timestamp() if self.saved else 0.0, self.name

    @property
    def saved_at(self) -> str:
        """The second in which it was saved, in this computer's time zone: '2026-11-20 23:59:59'; '' if not known."""
        return f"{self.saved:%Y-%m-%d %H:%M:%S}" if self.saved else ""

    @property
    def saved_words(self) -> str:
        """The person and the moment of saving, in this computer's time zone: "by 'Ada', 2026-11-20 23:59".

        It is "by 'Ada'" or '2026-11-20 23:59' if only one of them is known, and '?' if none is.
        """
        when = f"{self.saved:%Y-%m-%d %H:%M}" if self.saved else ""
        return ", ".join(part for part in (self.who_saved and f"by {self.who_saved!r}", when) if part) or "?"


@dataclass(eq=False)
class Result:
    """A file of a student with its `score`, (11.0, 12.0), and the page about it, 'Ada.html'; `Grade` is a subclass."""

    file: HandedIn
    """The file and its student."""
    page: str = ""
    """The name of its page; '' for a file without one."""
    instead: str = ""
    """The name of another file of this student, which counts instead; '' if this one may count."""

    @property
    def score(self) -> tuple[float, float] | None:
        """The points and the points that can be earned: (11.0, 12.0); None if nothing could be judged."""
        raise NotImplementedError

    @property
    def counts(self) -> bool:
        """True if the file has a score, and no other file of the student counts instead."""
        return self.score is not None and not self.instead

    @property
    def percent(self) -> float:
        """The points in percent of those that can be earned: 50.0 for 6 of 12; 0 without any."""
        return percent(*self.score) if self.score else 0.0

    @property
    def comment(self) -> str:
        """The text that the platform shows beside the grade: '11 of 12 points. '; '' without a score."""
        return "{:g} of {:g} points. ".format(*self.score) if self.score else ""


Own = TypeVar("Own", bound=Result)


def attempts(results: Iterable[Own]) -> list[list[Own]]:
    """Return the results of each student, [[Ada's, Ada's], [Alan's]], in the order in which they come.

    Files without a student are left out.
    """
    own = (each for each in results if each.file.student)
    return [*grouped(own, lambda each: each.file.student).values()]


def settle(several: Sequence[Own], keep: str = KEEP[0], among: Sequence[Own] = ()) -> Own:
    """Choose the file of a student that counts, and return it; `instead` becomes its name in the others, '' in itself.

    Args:
        several: the files of one student.
        keep: 'newest' or 'first' by the time of saving, or 'best' by points, the newest of equal ones.
        among: those of the files that may count; () for all.
    """
    choice = among or several
    if keep == "best":
        counts = max(choice, key=lambda each: (each.score[0] if each.score else 0.0, *each.file.age))
    else:
        counts = (max if keep == "newest" else min)(choice, key=lambda each: each.file.age)
    for each in several:
        each.instead = "" if each is counts else counts.file.name
    return counts


def page_names(files: Sequence[HandedIn]) -> dict[str, str]:
    """Return a name for each file's page by the file's name, {'Ada/week3.xlsx': 'Ada_week3.html'}; none comes twice."""
    taken, names = {each.casefold() for each in TEACHERS_PAGES}, {}
    for file in files:
        letters = (each if unicodedata.category(each)[0] in "LMN" or each == "-" else "_" for each in file.name)
        stem = re.sub(r"_xlsx$", "", "".join(letters), flags=re.I)
        stem = no_device(re.sub("_+", "_", stem)[-60:].strip("_") or "file")
        name = numbered(f"{stem}.html", f"{stem}_", ".html", lambda each: each.casefold() in taken)
        taken.add(name.casefold())
        names[file.name] = name
    return names


def owner(name: str, students: Sequence[Student]) -> tuple[Student | None, Student | None, bool]:
    """Return the student by the platform, the student by the file's own name, and True if the platform says late.

    A name, or the folder if no platform made it, fits if it has a student's name or file name; either student is None
    if no name, or more than one, fits. `name` is the path within the submissions.

    Example:
        >>> ada, alan = Student("Ada Lovelace"), Student("Alan Turing")
        >>> owner("lovelaceada_LATE_1234_5678_Alan Turing.xlsx", [ada, alan]) == (ada, alan, True)
        True
    """
    of_canvas = (CANVAS.match(part) for part in reversed(PurePath(name).parts))
    match = MOODLE.match(name) or next(filter(None, of_canvas), None)
    if not match:
        folder = PurePath(name).parent.as_posix()
        return None if folder == "." else _named(folder, students), _named(PurePath(name).name, students), False
    mine = [student for student in students if student.platform and student.platform == match["number"]]
    by_platform = mine[0] if len(mine) == 1 else _named(match["who"], students)
    return by_platform, _named(match["rest"], students), bool(match.groupdict().get("late"))


def _named(text: str, students: Iterable[Student]) -> Student | None:
    """Return the student named in a text, 'Anna Miller final version.xlsx'; None without just one."""
    words = _words(re.sub(r"\.(?:xls[xm]|ods)$", "", text, flags=re.I))
    best: dict[int, list[Student]] = defaultdict(list)
    for student in students:
        names = (Path(student.file).stem, student.name, " ".join(reversed(student.name.split())))
        own = [each for each in map(_words, names) if each.strip()]
        # Canvas leaves out the spaces.
        found = [each for each in own if each in words or each.replace(" ", "") == words.replace(" ", "")]
        if found:
            best[max(map(len, found))].append(student)
    longest = best[max(best)] if best else []
    return longest[0] if len(longest) == 1 else None


@cache
def _words(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(each for each in plain if not 0x300 <= ord(each) < 0x370)
    return f" {' '.join(_WORD.findall(unicodedata.normalize('NFC', plain)))} "
