"""What practice workbooks got: grades.csv, with a line for each file and each student without one; and, of a term, the
gradebook, which says of each student what every sheet got and what all count together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from excel_classroom.grading.marks import Marks
from excel_classroom.practice.key import Key, Student
from excel_classroom.practice.rubric import Rubric
from excel_classroom.results.handed_in import HandedIn, Result
from excel_classroom.results.tables import Layout, percent, safe

NO_FILE, NOT_YET = "no file was handed in", "not graded: the program was stopped before"
WHO = ("student", "id", "e-mail")
TermEntry = tuple[float | None, str]


@dataclass(eq=False)
class Grade(Result):
    """A file and what it got; without marks, the file's problem says why."""

    marks: Marks | None = None

    @property
    def score(self) -> tuple[float, float] | None:
        """Points and the points that can be earned; None without marks, or where the student is excused."""
        return (self.marks.points, self.marks.of) if self.marks and not self.marks.excused else None

    @property
    def remarks(self) -> list[str]:
        """What a teacher should know."""
        own = [self.file.problem] if self.file.problem else []
        if self.instead and self.marks:
            own.append(f"{self.marks.points:g} points, but another attempt counts: {self.instead}")
        return [*own, *self.file.remarks, *(self.marks.remarks if self.marks else ())]

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


def grades_table(grades: Sequence[Grade], key: Key, layout: Layout) -> bytes:
    """The grades of an exercise as a file."""
    count = len(key.blanks)
    rows = [[*WHO, "file", "points", "of", "percent", *(f"blank {k + 1}" for k in range(count)), "remarks"]]
    for grade in grades:
        marks = grade.marks.marks if grade.marks else ()
        numbers = (*(grade.score or ()), grade.percent) if grade.counts else (None,) * 3
        scores = [layout.number(number) for number in numbers]
        states = [f"{mark.state}: {mark.mistake}" if mark.mistake else mark.state for mark in marks]
        states += [""] * (count - len(states))
        row = [*_who(grade.file.student), safe(grade.file.name), *scores, *states]
        rows.append([*row, safe("; ".join(grade.remarks))])
    absent = missing((grade.file for grade in grades), key)
    rows += [[*_who(student), "", "", "", "", *[""] * count, NO_FILE] for student in absent]
    return layout.table(rows)


def missing(files: Iterable[HandedIn], key: Key) -> list[Student]:
    """The students of whom there is no file."""
    there = {file.student.fingerprint for file in files if file.student}
    return [student for student in key.students if student.fingerprint not in there]


def _who(student: Student | None) -> list[str]:
    return [safe(student.name), safe(student.id), safe(student.email)] if student else ["", "", ""]


@dataclass(frozen=True)
class TermSheet:
    """One exercise of a term."""

    name: str
    key: Key
    rubric: Rubric
    grades: Sequence[Grade] = ()
    weight: float = 1.0

    @property
    def of(self) -> float:
        """The most that one can have."""
        return sum(map(self.rubric.of, self.key.blanks)) + self.rubric.question * len(self.key.questions)

    @property
    def heading(self) -> str:
        """Its name, its points and its weight."""
        return f"{self.name} (of {self.of:g}, weight {self.weight:g})"

    @property
    def excused(self) -> str:
        """What is said of a student for whom it does not count."""
        return f"{self.name}: excused"

    def of_student(self, student: Student) -> TermEntry:
        """What a student got, or None where nothing could be graded; and why."""
        own = [each for each in self.grades if each.file.student and each.file.student.variant == student.variant]
        if any(grade.marks and grade.marks.excused for grade in own):
            return None, self.excused
        for grade in own:
            if grade.counts and grade.marks:
                return grade.marks.points, ""
        problems = [grade.file.problem for grade in own if grade.file.problem]
        return None, f"{self.name}: not graded: {problems[0]}" if problems else f"{self.name}: no file"


@dataclass
class TermLine:
    """One student of a term."""

    person: Student
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


def lines_of(sheets: Sequence[TermSheet], drop: int = 0) -> list[TermLine]:
    """The students of all sheets in the order of the first one; one is known again by ID, or e-mail, or name.

    A sheet that was given and not handed in counts as 0. One that was not given, or from which somebody is excused,
    doesn't count, and neither do the `drop` worst of each student, as long as one is left.
    """
    lines: list[TermLine] = []
    for sheet in sheets:
        for student in sheet.key.students:
            same = (each for each in lines if sheet.name not in each.entries and each.person.is_same(student))
            line = next(same, None)
            if line is None:
                line = TermLine(student)
                lines.append(line)
            line.entries[sheet.name] = sheet.of_student(student)
    for line in lines:
        own = line.entries
        given = [
            sheet for sheet in sheets if sheet.of and own.get(sheet.name, (None, sheet.excused))[1] != sheet.excused
        ]
        worst = sorted(given, key=lambda sheet: (own[sheet.name][0] or 0.0) / sheet.of)[: min(drop, len(given) - 1)]
        for sheet in worst:
            own[sheet.name] = own[sheet.name][0], f"{sheet.name}: dropped"
        given = [sheet for sheet in given if sheet not in worst]
        earned = sum(sheet.weight * (line.entries[sheet.name][0] or 0.0) / sheet.of for sheet in given)
        line.percent = percent(earned, sum(sheet.weight for sheet in given))
    return lines


def gradebook_table(sheets: Sequence[TermSheet], lines: Sequence[TermLine], layout: Layout) -> bytes:
    """The gradebook as a file."""
    rows = [[*WHO, *(safe(sheet.heading) for sheet in sheets), "percent", "handed in", "remarks"]]
    for line in lines:
        points = [layout.number(line.entries.get(sheet.name, (None, ""))[0]) for sheet in sheets]
        remarks = safe("; ".join(line.remarks))
        rows.append([*_who(line.person), *points, layout.number(line.percent), line.handed_in, remarks])
    return layout.table(rows)
