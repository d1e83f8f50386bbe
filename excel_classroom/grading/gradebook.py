"""The gradebook of a term: of each student what every sheet got, what all count together, and who never handed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from excel_classroom.grading.grades import Grade, who
from excel_classroom.practice.class_list import Person
from excel_classroom.practice.key import Key, Student
from excel_classroom.practice.rubric import Rubric
from excel_classroom.results.tables import Layout, safe

TermEntry = tuple[float | None, str]


@dataclass(frozen=True)
class TermSheet:
    """One exercise of the term."""

    name: str
    key: Key
    rubric: Rubric
    grades: Sequence[Grade]
    weight: float = 1.0

    @property
    def of(self) -> float:
        """The most that one can have."""
        return sum(map(self.rubric.of, self.key.blanks)) + self.rubric.question * len(self.key.questions)

    @property
    def heading(self) -> str:
        """Its name, its points and its weight."""
        return f"{self.name} (of {self.of:g}, weight {self.weight:g})"

    def of_student(self, student: Student) -> TermEntry:
        """What a student got, or None where nothing could be graded; and why."""
        own = [each for each in self.grades if each.file.student and each.file.student.variant == student.variant]
        for grade in own:
            if grade.counts and grade.marks:
                return grade.marks.points, ""
        problems = [grade.file.problem for grade in own if grade.file.problem]
        return None, f"{self.name}: not graded: {problems[0]}" if problems else f"{self.name}: no file"


@dataclass
class TermLine:
    """One student."""

    person: Person
    entries: dict[str, TermEntry] = field(default_factory=dict)
    """By the sheet's name; who was not given a sheet has none."""
    percent: float = 0.0

    @property
    def handed_in(self) -> str:
        """How many sheets earned points, of those that were given."""
        return f"{sum(points is not None for points, _ in self.entries.values())} of {len(self.entries)}"

    @property
    def remarks(self) -> list[str]:
        """What is missing, and why."""
        said = [remark for _, remark in self.entries.values() if remark]
        is_absent = said and all(each.endswith(": no file") for each in said) and len(said) == len(self.entries)
        return ["never handed in"] if is_absent else said


def lines_of(sheets: Sequence[TermSheet]) -> list[TermLine]:
    """The students of all sheets in the order of the first one; one is known again by ID, or e-mail, or name.

    A sheet that was given and not handed in counts as 0, and one that was not given doesn't count.
    """
    lines: list[TermLine] = []
    for sheet in sheets:
        for student in sheet.key.students:
            same = (each for each in lines if sheet.name not in each.entries and each.person.is_same(student))
            line = next(same, None)
            if line is None:
                line = TermLine(Person(student.name, student.id, student.email))
                lines.append(line)
            line.entries[sheet.name] = sheet.of_student(student)
    for line in lines:
        given = [sheet for sheet in sheets if sheet.name in line.entries and sheet.of]
        weight = sum(sheet.weight for sheet in given)
        earned = sum(sheet.weight * (line.entries[sheet.name][0] or 0.0) / sheet.of for sheet in given)
        line.percent = round(100 * earned / weight, 1) if weight else 0.0
    return lines


def gradebook_table(sheets: Sequence[TermSheet], lines: Sequence[TermLine], layout: Layout) -> bytes:
    """The gradebook as a file."""
    rows = [["student", "id", "e-mail", *(safe(sheet.heading) for sheet in sheets), "percent", "handed in", "remarks"]]
    for line in lines:
        points = [layout.number(line.entries.get(sheet.name, (None, ""))[0]) for sheet in sheets]
        remarks = safe("; ".join(line.remarks))
        rows.append([*who(line.person), *points, layout.number(line.percent), line.handed_in, remarks])
    return layout.table(rows)
