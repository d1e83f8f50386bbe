"""grades.csv: a line for each file, and one for each student without a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from excel_export.grading.attribution import HandedIn
from excel_export.grading.marks import Marks
from excel_export.practice.key import Key
from excel_export.shared.files import write_atomically


@dataclass(frozen=True)
class Grade:
    """A file and what it got; without marks, the file's problem says why."""

    file: HandedIn
    marks: Marks | None = None

    @property
    def remarks(self) -> list[str]:
        """What a teacher should know."""
        own = [self.file.problem] if self.file.problem else []
        return [*own, *self.file.remarks, *(self.marks.remarks if self.marks else ())]

    @property
    def student(self) -> str:
        """The student's name, or nothing."""
        return self.file.student.name if self.file.student else ""


def percent(points: float, of: float) -> float:
    """Points as a percentage, with one decimal; 0 where there is nothing to get."""
    return round(100 * points / of, 1) if of else 0.0


def write_table(path: Path, grades: Sequence[Grade], absent: Sequence[str]) -> None:
    """Write the table; `absent` are the students without a file.

    Raises:
        UserError: the file cannot be written.
    """
    count = max((len(grade.marks.marks) for grade in grades if grade.marks), default=0)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    blanks = [f"blank {k + 1}" for k in range(count)]
    table.writerow(["student", "file", "points", "of", "percent", *blanks, "remarks"])
    for grade in grades:
        marks = grade.marks
        scores = (
            [f"{marks.points:g}", f"{marks.of:g}", f"{percent(marks.points, marks.of):g}"] if marks else ["", "", ""]
        )
        states = (
            [f"{mark.state}: {mark.mistake}" if mark.mistake else mark.state for mark in marks.marks] if marks else []
        )
        states += [""] * (count - len(states))
        table.writerow(
            [*map(_safe, [grade.student, grade.file.name]), *scores, *states, _safe("; ".join(grade.remarks))]
        )
    for name in absent:
        table.writerow([_safe(name), "", "", "", "", *[""] * count, "no file was handed in"])
    write_atomically(path, text.getvalue().encode("utf-8-sig"))  # by its first bytes, Excel knows the encoding


def missing(files: Sequence[HandedIn], key: Key) -> list[str]:
    """The students of whom there is no file."""
    there = {file.student.fingerprint for file in files if file.student}
    return [student.name for student in key.students if student.fingerprint not in there]


def _safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    line = " ".join(text.split())
    return f"'{line}" if line.startswith(("=", "+", "-", "@")) else line
