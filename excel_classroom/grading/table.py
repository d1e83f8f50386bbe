"""grades.csv: a line for each file, and one for each student without a file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from excel_classroom.grading.attribution import HandedIn
from excel_classroom.grading.marks import Marks
from excel_classroom.grading.markup import clean
from excel_classroom.practice.key import Key, Student
from excel_export.shared.files import write_atomically

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
NO_FILE, NOT_YET = "no file was handed in", "not graded: the program was stopped before"
# Where a table is read by another separator than it was written with, a name's second half begins a cell.
_FORMULA = re.compile(r"(^|[;,\t|\"'])(\s*)([=+\-@＝＋－＠])")


@dataclass
class Grade:
    """A file and what it got; without marks, the file's problem says why."""

    file: HandedIn
    marks: Marks | None = None
    instead: str = ""
    """The name of another file of this student, which counts instead."""
    more: list[str] = field(default_factory=list)
    """Remarks that other files lead to."""

    @property
    def counts(self) -> bool:
        """Whether it gets points."""
        return self.marks is not None and not self.instead

    @property
    def remarks(self) -> list[str]:
        """What a teacher should know."""
        own = [self.file.problem] if self.file.problem else []
        if self.instead and self.marks:
            own.append(f"{self.marks.points:g} points, but another attempt counts: {self.instead}")
        return [*own, *self.more, *self.file.remarks, *(self.marks.remarks if self.marks else ())]

    @property
    def student(self) -> str:
        """The student's name, or nothing."""
        return self.file.student.name if self.file.student else ""


@dataclass(frozen=True)
class Layout:
    """How a table is written."""

    separator: str = ","
    decimal: str = "."

    def number(self, number: float) -> str:
        """A number with the decimal sign that was asked for."""
        return f"{number:.10g}".replace(".", self.decimal)

    def table(self, rows: Iterable[Sequence[str]]) -> bytes:
        """The rows as a file. By its first bytes, Excel knows the encoding."""
        text = io.StringIO()
        csv.writer(text, delimiter=self.separator, lineterminator="\r\n").writerows(rows)
        return text.getvalue().encode("utf-8-sig", "replace")


STANDARD = Layout()


def percent(points: float, of: float) -> float:
    """Points as a percentage, with one decimal; 0 where there is nothing to get."""
    return round(100 * points / of, 1) if of else 0.0


def score_words(points: float, of: float) -> str:
    """What a file earned, for its page."""
    return f"{points:g} of {of:g} points, {percent(points, of):g} %"


def late_words(lost: float) -> str:
    """What being late costs, for its page."""
    return f"The file came late: {100 * lost:g} % of the points are lost."


def write_table(path: Path, grades: Sequence[Grade], absent: Sequence[Student], key: Key, layout: Layout) -> None:
    """Write the table; `absent` are the students without a file.

    Raises:
        UserError: the file cannot be written.
    """
    count = len(key.blanks)
    blanks = [f"blank {k + 1}" for k in range(count)]
    rows = [["student", "id", "e-mail", "file", "points", "of", "percent", *blanks, "remarks"]]
    for grade in grades:
        marks, scores, states = grade.marks, ["", "", ""], [""] * count
        if marks and grade.counts:
            numbers = (marks.points, marks.of, percent(marks.points, marks.of))
            scores = [layout.number(number) for number in numbers]
        if marks:
            states = [f"{mark.state}: {mark.mistake}" if mark.mistake else mark.state for mark in marks.marks]
            states += [""] * (count - len(states))
        who = _who(grade.file.student)
        rows.append([*who, safe(grade.file.name), *scores, *states, safe("; ".join(grade.remarks))])
    rows += [[*_who(student), "", "", "", "", *[""] * count, NO_FILE] for student in absent]
    write_atomically(path, layout.table(rows))


def missing(files: Iterable[HandedIn], key: Key) -> list[Student]:
    """The students of whom there is no file."""
    there = {file.student.fingerprint for file in files if file.student}
    return [student for student in key.students if student.fingerprint not in there]


def _who(student: Student | None) -> list[str]:
    return [safe(student.name), safe(student.id), safe(student.email)] if student else ["", "", ""]


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula, whatever parts its columns."""
    return _FORMULA.sub(r"\1\2'\3", " ".join(clean(text).split()))
