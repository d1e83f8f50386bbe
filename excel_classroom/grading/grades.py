"""What a practice workbook got, and grades.csv: a line for each file, and one for each student without a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from excel_classroom.grading.marks import Marks
from excel_classroom.practice.class_list import Person
from excel_classroom.practice.key import Key, Student
from excel_classroom.results.handed_in import HandedIn, Result
from excel_classroom.results.tables import Layout, safe
from excel_export.shared.files import write_atomically

NO_FILE, NOT_YET = "no file was handed in", "not graded: the program was stopped before"


@dataclass
class Grade(Result):
    """A file and what it got; without marks, the file's problem says why."""

    file: HandedIn
    marks: Marks | None = None
    instead: str = ""
    more: list[str] = field(default_factory=list)
    """Remarks that other files lead to."""
    page: str = ""
    """The name of the student's page."""

    @property
    def score(self) -> tuple[float, float] | None:
        """What it earned."""
        return (self.marks.points, self.marks.of) if self.marks else None

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

    @property
    def comment(self) -> str:
        """What the platform shows beside the grade."""
        marks = self.marks.marks if self.marks else ()
        wrong = [f"{k} ({mark.mistake or mark.state})" for k, mark in enumerate(marks, 1) if not mark.is_good]
        return super().comment + (f"Look at blanks {', '.join(wrong)}." if wrong else "")


def write_table(path: Path, grades: Sequence[Grade], absent: Sequence[Student], key: Key, layout: Layout) -> None:
    """Write the table; `absent` are the students without a file.

    Raises:
        UserError: the file cannot be written.
    """
    count = len(key.blanks)
    blanks = [f"blank {k + 1}" for k in range(count)]
    rows = [["student", "id", "e-mail", "file", "points", "of", "percent", *blanks, "remarks"]]
    for grade in grades:
        marks = grade.marks.marks if grade.marks else ()
        numbers = (*(grade.score or ()), grade.percent) if grade.counts else (None,) * 3
        scores = [layout.number(number) for number in numbers]
        states = [f"{mark.state}: {mark.mistake}" if mark.mistake else mark.state for mark in marks]
        states += [""] * (count - len(states))
        row = [*who(grade.file.student), safe(grade.file.name), *scores, *states]
        rows.append([*row, safe("; ".join(grade.remarks))])
    rows += [[*who(student), "", "", "", "", *[""] * count, NO_FILE] for student in absent]
    write_atomically(path, layout.table(rows))


def missing(files: Iterable[HandedIn], key: Key) -> list[Student]:
    """The students of whom there is no file."""
    there = {file.student.fingerprint for file in files if file.student}
    return [student for student in key.students if student.fingerprint not in there]


def who(student: Student | Person | None) -> list[str]:
    """Name, ID and e-mail of a student, for a table."""
    return [safe(student.name), safe(student.id), safe(student.email)] if student else ["", "", ""]
