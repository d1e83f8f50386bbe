"""What one file of a class got, whoever judged it, and which of a student's files counts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from excel_classroom.results.handed_in import CANVAS, MOODLE, HandedIn
from excel_classroom.results.table_layout import percent
from excel_export.shared.files import no_device
from excel_export.shared.grouped import grouped

KEEP = ("newest", "best", "first")
TEACHERS_PAGES = ("class.html", "similar.html", "words.html", "marking.html", "term.html")
"""Names that no student's page has."""


class WithPoints(Protocol):
    """What a file earned, and how it comes about."""

    @property
    def points(self) -> float:
        """All together."""

    @property
    def of(self) -> float:
        """The most that one can have."""


class Result:
    """A file and what it got."""

    file: HandedIn
    instead: str
    """The name of another file of this student, which counts instead."""

    @property
    def score(self) -> WithPoints | None:
        """What it earned; None where nothing could be judged."""
        raise NotImplementedError

    @property
    def counts(self) -> bool:
        """Whether it gets points."""
        return self.score is not None and not self.instead

    @property
    def percent(self) -> float:
        """What it earned of all points; 0 where it earned nothing."""
        return percent(self.score.points, self.score.of) if self.score else 0.0

    @property
    def who(self) -> str:
        """Whose it is, as far as one knows; else its name."""
        if self.file.student:
            return self.file.student.name
        match = MOODLE.match(self.file.name) or CANVAS.match(self.file.name.rpartition("/")[2])
        return match["who"] if match else self.file.name

    @property
    def comment(self) -> str:
        """What the platform shows beside the grade."""
        return f"{self.score.points:g} of {self.score.of:g} points. " if self.score else ""


Own = TypeVar("Own", bound=Result)


def attempts(results: Iterable[Own]) -> list[list[Own]]:
    """The files of each student together."""
    own = (each for each in results if each.file.student)
    return [*grouped(own, lambda each: each.file.student and each.file.student.fingerprint).values()]


def settle(several: Sequence[Own], keep: str = KEEP[0], among: Sequence[Own] = ()) -> Own:
    """Let one of several files count, of those that it can be, and return it.

    Args:
        several: all of one student.
        keep: which counts: one of `KEEP`.
        among: those that it can be, where not all.
    """
    choice = among or several
    if keep == "best":
        counts = max(choice, key=lambda each: (each.score.points if each.score else 0.0, *each.file.age))
    else:
        counts = (max if keep == "newest" else min)(choice, key=lambda each: each.file.age)
    for each in several:
        each.instead = "" if each is counts else counts.file.name
    return counts


def page_names(files: Sequence[HandedIn]) -> list[str]:
    """A name for each file's page: the student's and the file's, in letters that every system takes."""
    taken = {each.casefold() for each in TEACHERS_PAGES}
    names = []
    for file in files:
        letters = (each if unicodedata.category(each)[0] in "LMN" or each == "-" else "_" for each in file.name)
        stem = re.sub(r"_xlsx$", "", "".join(letters), flags=re.I)
        stem = no_device(re.sub("_+", "_", stem)[-60:].strip("_") or "file")
        name, serial = f"{stem}.html", 1
        while name.casefold() in taken:
            serial += 1
            name = f"{stem}_{serial}.html"
        taken.add(name.casefold())
        names.append(name)
    return names
