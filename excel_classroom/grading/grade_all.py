"""Grade the files of an exercise, several at a time; what is graded so far is kept, whatever happens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from excel_classroom.grading import by_hand, marked_pages
from excel_classroom.grading.by_hand import Given
from excel_classroom.grading.grades import NOT_YET, Grade, grades_table, missing
from excel_classroom.grading.grading_process import ask_for_grades
from excel_classroom.grading.marks import Marks, judged
from excel_classroom.grading.papers import Papers
from excel_classroom.practice.processes import cores
from excel_classroom.practice.rubric import Rubric
from excel_classroom.results.annotated_copy import write_copy
from excel_classroom.results.handed_in import KEEP, HandedIn, attempts, page_names, settle
from excel_classroom.results.pages import GENERATOR, MARKING, REPORT, SIMILAR, WORDS
from excel_classroom.results.progress import Remembered, each_of
from excel_classroom.results.tables import STANDARD, Layout
from excel_export.shared.files import make_directory, write_atomically
from excel_export.shared.sandbox import SECONDS, NotGraded

NO_COPY = "no annotated copy: the workbook is too large"


@dataclass
class Grading:
    """The grading of the files of one exercise, as a teacher chose it."""

    files: Sequence[HandedIn]
    papers: Papers
    rubric: Rubric
    table: Path
    report: Path | None = None
    given: Given = field(default_factory=dict)
    """What a teacher gave by hand."""
    keep: str = KEEP[0]
    layout: Layout = STANDARD
    seconds: int = SECONDS
    anonymous: bool = False
    """Whether the answers in words stand without names."""
    waiting: int = 0
    """How many lines of the file of marks by hand wait for a look."""

    def __post_init__(self) -> None:
        self._key = self.papers.key
        order = {student.fingerprint: k for k, student in enumerate(self._key.students)}
        self._files = sorted(
            self.files,
            key=lambda file: (order.get(file.student.fingerprint, -1) if file.student else len(order), file.name),
        )
        self._pages = dict(zip((file.name for file in self._files), page_names(self._files), strict=True))
        self.for_students: dict[str, list[Path]] = defaultdict(list)
        """By the name of what was handed in, what the student gets."""
        self._done: dict[str, Grade] = {}
        self._most = sum(self.rubric.of(blank) for blank in self._key.blanks)

    def run(self, done: Callable[[int], None], remembered: Remembered) -> list[Grade]:
        """Grade the files, and write the table and the report; `done` is told how many are graded.

        Raises:
            UserError: the table or the report cannot be written.
            ExportError: the key does not belong to its source.
        """
        if self.report:
            make_directory(self.report)

        def took(grade: Grade) -> None:
            self._done[grade.file.name] = grade
            done(len(self._done))

        try:
            each_of(lambda file: self._grade(file, remembered), self._files, took, cores() + 1)
        finally:
            grades = self._write_all()
        return grades

    def _grade(self, file: HandedIn, remembered: Remembered) -> Grade:
        grade, content = Grade(file, self._pages[file.name]), None
        if file.student and not file.problem:
            paper = self.papers.paper(file.student)
            job = paper.job(self.rubric, copy=bool(self.report))
            what = {name: item for name, item in job.items() if name != "workbook"}
            try:
                answer = remembered(file.path, what, lambda: ask_for_grades(file.path, self.seconds, job))
                with self.papers.lock:
                    marks = judged(paper, answer, self.rubric)
            except NotGraded as error:
                grade.file = replace(file, problem=str(error))
            else:
                marks, content = _with_what_is_lost(marks, file, self.rubric), answer.get("copy")
                grade.marks = by_hand.with_marks_by_hand(marks, file, self.given)
        if not grade.marks:
            grade.marks = by_hand.marks_by_hand_alone(file, self.given, self._most)
        if self.report:
            self._write_page(self.report, grade, content)
        return grade

    def _write_page(self, report: Path, grade: Grade, content: Mapping[str, list[list[Any]]] | None) -> None:
        page, copy = report / grade.page, ""
        own = self.for_students[grade.file.name] = [page]
        if grade.marks and grade.marks.marks:
            copy = NO_COPY
            if content is not None:
                target, canvases = page.with_suffix(".xlsx"), self.papers.canvases
                notes = marked_pages.notes_of(content, canvases, grade.marks.marks)
                write_copy(target, content, notes, GENERATOR, canvases)
                own.append(target)
                copy = target.name
        write_atomically(page, marked_pages.student_page(grade, self._key, copy))

    def _settled(self) -> list[Grade]:
        """The grades so far in their order; of several attempts, the one that counts."""
        grades = [
            self._done.get(file.name) or Grade(replace(file, problem=file.problem or NOT_YET), self._pages[file.name])
            for file in self._files
        ]
        for grade in grades:
            grade.instead, grade.more = "", []
        for several in attempts(grade for grade in grades if grade.marks):
            given = [grade for grade in several if by_hand.is_given(grade.file, self.given)]
            graded = [grade for grade in several if grade.marks and grade.marks.marks]
            best = settle(several, self.keep, given or graded)
            if len(several) > 1:
                best.more = [f"one of {len(several)} attempts, the {self.keep}"]
        for student in missing([grade.file for grade in grades], self._key):
            file = HandedIn(Path(), "", student)  # there is none, but perhaps a teacher gave points
            if marks := by_hand.marks_by_hand_alone(file, self.given, self._most):
                grades.append(Grade(file, marks=marks))
        return grades

    def _write_table(self, grades: Sequence[Grade]) -> None:
        write_atomically(self.table, grades_table(grades, self._key, self.layout))

    def _write_all(self) -> list[Grade]:
        key, grades = self._key, self._settled()
        self._write_table(grades)
        path = by_hand.beside(self.table)
        rows, self.waiting = by_hand.write_by_hand(path, grades, key, self.given, self.layout, anonymous=self.anonymous)
        if self.report:
            counted = [grade for grade in grades if grade.counts]
            pages = {
                REPORT: marked_pages.class_page(grades, key, self.waiting),
                MARKING: marked_pages.marking_page(rows, key, path.name),
                SIMILAR: marked_pages.similar_page(counted, key),
            }
            if key.questions:
                pages[WORDS] = marked_pages.words_page(counted, key, anonymous=self.anonymous)
            for name, page in pages.items():
                write_atomically(self.report / name, page)
        return grades


def _with_what_is_lost(marks: Marks, file: HandedIn, rubric: Rubric) -> Marks:
    """The marks of a file, which loses a share of its points where it came late."""
    lost = rubric.lost(file.saved, late=file.late)
    if not lost:
        return marks
    when = "the platform calls it late" if file.late else f"saved {file.saved:%Y-%m-%d %H:%M}"
    remark = f"late ({when}): {100 * lost:g} % of the points are lost"
    return replace(marks, lost=lost, remarks=(remark, *marks.remarks))
