"""The grades of practice workbooks: a table with a line for each file and each student without one, and the gradebook
of a term, with the points of each student for every sheet and for all together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from excel_classroom.grading.marks import Marks
from excel_classroom.practice.key import Key, Student
from excel_classroom.practice.rubric import Rubric
from excel_classroom.results.handed_in import HandedIn, Result
from excel_classroom.results.tables import WHO, Layout, percent, safe

NO_FILE = "no file was handed in"
NOT_YET = "not graded: the program was stopped before"
TermEntry = tuple[float | None, str]
"""The points for a sheet, or None without any, and a remark or ''."""


@dataclass(eq=False)
class Grade(Result):
    """A file and its marks: Grade(file, 'Ada.html', marks=marks) has the `score` (11.0, 12.0), and a `comment`.

    The other fields are those of `Result`: `file`, a `HandedIn`, and `page` and `instead`, '' by default.
    """

    marks: Marks | None = None
    """The marks of its blanks; None if the file's `problem` says why there are none."""

    @property
    def score(self) -> tuple[float, float] | None:
        """The points and the points that can be earned: (11.0, 12.0); None without marks, or for an excused student."""
        return (self.marks.points, self.marks.of) if self.marks and not self.marks.excused else None

    @property
    def remarks(self) -> list[str]:
        """The remarks for the teacher, [] without any: ["3 points, but another attempt counts: Ada/week3.xlsx"]."""
        own = [self.file.problem] if self.file.problem else []
        if self.instead and self.marks:
            own.append(f"{self.marks.points:g} points, but another attempt counts: {self.instead}")
        return [*own, *self.file.remarks, *(self.marks.remarks if self.marks else ())]

    @property
    def student(self) -> str:
        """The student's name, 'Ada Lovelace'; '' if it is not known."""
        return self.file.student.name if self.file.student else ""

    @property
    def comment(self) -> str:
        """The platform's text beside the grade: '11 of 12 points. Look at blanks 3 (wrong).'; '' without marks."""
        marks = self.marks.marks if self.marks else ()
        wrong = [f"{k} ({mark.mistake or mark.state})" for k, mark in enumerate(marks, 1) if not mark.is_good]
        return super().comment + (f"Look at blanks {', '.join(wrong)}." if wrong else "")


def grades_table(grades: Sequence[Grade], key: Key, layout: Layout) -> bytes:
    """Return the content of grades.csv: a line of titles, one for each file, and one for each student without a file.

    The columns: student, id, e-mail, file, points, of, percent, then for each blank, 'blank 1' and so on, its state
    such as 'right' or 'known mistake: the wrong sign', and remarks. A file that does not count has no points, of and
    percent.
    """
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
    """Return a key's students of whom no file was handed in: [Student('Alan')] if all files are Ada's."""
    there = {file.student.fingerprint for file in files if file.student}
    return [student for student in key.students if student.fingerprint not in there]


def _who(student: Student | None) -> list[str]:
    return [safe(student.name), safe(student.id), safe(student.email)] if student else ["", "", ""]


@dataclass(frozen=True)
class TermSheet:
    """One exercise of a term: TermSheet('week1', key, rubric, grades, weight=2) counts twice as much as others."""

    name: str
    """The name of the exercise: 'week1'."""
    key: Key
    """The key of the exercise."""
    rubric: Rubric
    """The points and the tolerance."""
    grades: Sequence[Grade] = ()
    """The grades of its files, once it is graded."""
    weight: float = 1.0
    """Its weight in the student's mean: 2.0 for twice as much as 1.0."""

    @property
    def of(self) -> float:
        """The points that can be earned, by the rubric: 12.0 for 12 blanks of one point each."""
        return sum(map(self.rubric.of, self.key.blanks)) + self.rubric.question * len(self.key.questions)

    @property
    def heading(self) -> str:
        """The title of its column: 'week1 (of 18, weight 1)'."""
        return f"{self.name} (of {self.of:g}, weight {self.weight:g})"

    @property
    def excused(self) -> str:
        """The remark for a student for whom it does not count: 'week1: excused'."""
        return f"{self.name}: excused"

    def of_student(self, student: Student) -> TermEntry:
        """Return a student's points and remark: (11.0, ''), or (None, 'week1: no file') without a file that counts."""
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
    """One student in the gradebook: entries {'week1': (11.0, ''), 'week2': (None, 'week2: no file')}."""

    person: Student
    """The student."""
    entries: dict[str, TermEntry] = field(default_factory=dict)
    """The points and remarks by the sheet's name; a sheet that the student was not given is missing."""
    percent: float = 0.0
    """The weighted mean of all sheets, from 0 to 100."""

    @property
    def handed_in(self) -> str:
        """The number of sheets with a grade, out of those that the student was given: '3 of 4'."""
        return f"{sum(points is not None for points, _ in self.entries.values())} of {len(self.entries)}"

    @property
    def remarks(self) -> list[str]:
        """Remarks about missing and dropped sheets: ['week1: dropped'], or ['never handed in'] for none at all."""
        said = [remark for _, remark in self.entries.values() if remark]
        is_absent = said and all(each.endswith(": no file") for each in said) and len(said) == len(self.entries)
        return ["never handed in"] if is_absent else said


def lines_of(sheets: Sequence[TermSheet], drop: int = 0) -> list[TermLine]:
    """Return a `TermLine` for each student of all sheets; students of two sheets are the same by ID, e-mail or name.

    A sheet that was given and not handed in counts as 0 points. A sheet that was not given, or from which the student
    is excused, does not count, and neither do each student's `drop` sheets with the least percent, but at least one
    sheet counts: with 100 %, 0 % and drop=1, `percent` is 100.0.
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
    """Return the content of the gradebook, a CSV file: a line of titles, and one for each student in `lines`.

    The columns: student, id, e-mail, for each sheet its points below 'week1 (of 18, weight 1)', then percent, handed in
    ('3 of 4'), and remarks. Points are empty where there is no grade.
    """
    rows = [[*WHO, *(safe(sheet.heading) for sheet in sheets), "percent", "handed in", "remarks"]]
    for line in lines:
        points = [layout.number(line.entries.get(sheet.name, (None, ""))[0]) for sheet in sheets]
        remarks = safe("; ".join(line.remarks))
        rows.append([*_who(line.person), *points, layout.number(line.percent), line.handed_in, remarks])
    return layout.table(rows)
