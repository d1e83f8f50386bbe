"""Grade a folder, several files at a time; what is graded so far is kept, whatever happens."""

from __future__ import annotations

import re
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from excel_classroom.grading.annotated_copy import write_copy
from excel_classroom.grading.attribution import HandedIn
from excel_classroom.grading.by_hand import (
    WHOLE,
    Given,
    for_the_file,
    marks_by_hand_alone,
    where_of,
    with_marks_by_hand,
    write_by_hand,
)
from excel_classroom.grading.class_page import class_page, exercise_name
from excel_classroom.grading.collected import REPORT
from excel_classroom.grading.marking_page import MARKING, marking_page
from excel_classroom.grading.marks import Marks, judged
from excel_classroom.grading.papers import Papers
from excel_classroom.grading.progress import Progress
from excel_classroom.grading.student_page import student_page
from excel_classroom.grading.table import NOT_YET, STANDARD, Grade, Layout, missing, safe, write_table
from excel_classroom.grading.teacher_pages import SIMILAR, WORDS, alike, similar_page, words_page
from excel_classroom.practice.key import Student
from excel_classroom.practice.processes import cores
from excel_classroom.practice.rubric import Rubric
from excel_export.shared.files import make_directory, no_device, write_atomically
from excel_export.shared.sandbox import SECONDS, NotGraded, end_all

KEEP = ("newest", "best", "first")
NO_COPY = "no annotated copy: the workbook is too large"
EVERY = 5.0
"""After so many seconds, the table is written again."""


@dataclass(frozen=True)
class Settings:
    """What a teacher chose."""

    rubric: Rubric
    table: Path
    report: Path | None = None
    keep: str = KEEP[0]
    layout: Layout = STANDARD
    seconds: int = SECONDS
    anonymous: bool = False
    """Whether the answers in words stand without names."""
    resume: bool = False
    """Whether what a former run has computed is used again."""

    @property
    def by_hand(self) -> Path:
        """The file of marks by hand."""
        return self.table.with_name(f"{self.table.stem} by hand.csv")


class Grading:
    """The grading of a folder."""

    def __init__(self, files: Sequence[HandedIn], papers: Papers, given: Given, settings: Settings) -> None:
        """Take the files, and what a teacher gave by hand."""
        self._papers, self._key, self._given, self._settings = papers, papers.key, given, settings
        order = {student.fingerprint: k for k, student in enumerate(self._key.students)}
        self._files = sorted(
            files, key=lambda file: (order.get(file.student.fingerprint, -1) if file.student else len(order), file.name)
        )
        self.pages = dict(zip((file.name for file in self._files), page_names(self._files), strict=True))
        self.for_students: dict[str, list[Path]] = defaultdict(list)
        """By the name of what was handed in, what the student gets."""
        self._done: dict[str, Grade] = {}
        self._most = sum(settings.rubric.of(blank) for blank in self._key.blanks)
        self.waiting = 0
        """How many lines of the file of marks by hand wait for a look."""

    def run(self, done: Callable[[int], None] = lambda count: None) -> list[Grade]:
        """Grade the files, and write the table and the report; `done` is told how many files are graded.

        Raises:
            UserError: the table or the report cannot be written.
            ExportError: the key does not belong to its source.
        """
        settings = self._settings
        if settings.report:
            make_directory(settings.report)
        written = time.monotonic()
        with (
            Progress(settings.table, resume=settings.resume) as progress,
            ThreadPoolExecutor(cores() + 1) as pool,
        ):
            waiting = [pool.submit(self._grade, file, progress) for file in self._files]
            try:
                for count, each in enumerate(as_completed(waiting), 1):
                    grade = each.result()
                    self._done[grade.file.name] = grade
                    done(count)
                    if time.monotonic() - written > EVERY and count < len(waiting):
                        self._write_table(self._settled())
                        written = time.monotonic()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                end_all()
                self._write_all()
                raise
            grades = self._write_all()
            progress.finish()
        return grades

    def _grade(self, file: HandedIn, progress: Progress) -> Grade:
        settings, content = self._settings, None
        grade = Grade(file)
        if file.student and not file.problem:
            paper = self._papers.paper(file.student)
            try:
                job = paper.job(settings.rubric, copy=bool(settings.report))
                answer = progress.ask(file.path, settings.seconds, job)
                with self._papers.lock:
                    marks = judged(paper, answer, settings.rubric)
            except NotGraded as error:
                grade = Grade(replace(file, problem=str(error)))
            else:
                marks = _with_what_is_lost(marks, file, settings.rubric)
                grade, content = Grade(file, with_marks_by_hand(marks, file, self._given)), answer.get("copy")
        if not grade.marks:
            grade.marks = marks_by_hand_alone(for_the_file(file, self._given), self._most)
        if settings.report:
            self._write_page(settings.report, grade, content)
        return grade

    def _write_page(self, report: Path, grade: Grade, content: Mapping[str, list[list[object]]] | None) -> None:
        page = report / self.pages[grade.file.name]
        copy = ""
        if grade.marks and grade.marks.marks:
            copy = NO_COPY
            if content is not None:
                target = page.with_suffix(".xlsx")
                write_copy(target, content, self._papers.canvases, grade.marks.marks)
                copy = target.name
        questions = [question.text for question in self._key.questions]
        write_atomically(page, student_page(grade, exercise_name(self._key), questions, copy))
        own = [page, *([page.with_name(copy)] if copy.endswith(".xlsx") else [])]
        self.for_students[grade.file.name] = own

    def _settled(self) -> list[Grade]:
        """The grades so far in their order; of several attempts, the one that counts."""
        grades = [
            self._done.get(file.name) or Grade(replace(file, problem=file.problem or NOT_YET)) for file in self._files
        ]
        attempts: dict[str, list[Grade]] = defaultdict(list)
        for grade in grades:
            grade.instead, grade.more = "", []
            if grade.marks and grade.file.student:
                attempts[grade.file.student.fingerprint].append(grade)
        for several in attempts.values():
            graded = [grade for grade in several if grade.marks and grade.marks.marks]
            by_hand = [grade for grade in several if self._is_given(grade.file)]
            best = self._that_counts(by_hand or graded or several)
            for grade in several:
                grade.instead = "" if grade is best else best.file.name
            if len(several) > 1:
                best.more = [f"one of {len(several)} attempts, the {self._settings.keep}"]
        return [*grades, *self._by_hand_alone(grades)]

    def _that_counts(self, attempts: Sequence[Grade]) -> Grade:
        if self._settings.keep == "best":
            return max(attempts, key=lambda grade: (grade.marks.points if grade.marks else 0.0, *grade.file.age))
        return (max if self._settings.keep == "newest" else min)(attempts, key=lambda grade: grade.file.age)

    def _is_given(self, file: HandedIn) -> bool:
        """Whether a teacher gave points for this very file."""
        own = self._given.get(where_of(file.student.variant, WHOLE, safe(file.name))) if file.student else None
        return own is not None and own.points is not None

    def _by_hand_alone(self, grades: Sequence[Grade]) -> Iterator[Grade]:
        """Grades of students without a file, but to whom a teacher gave points."""
        there = {grade.file.student.fingerprint for grade in grades if grade.file.student}
        for student in self._key.students:
            file = HandedIn(Path(), "", student)
            marks = marks_by_hand_alone(for_the_file(file, self._given), self._most)
            if marks and student.fingerprint not in there:
                yield Grade(file, marks)

    def _write_table(self, grades: Sequence[Grade]) -> list[Student]:
        absent = missing([grade.file for grade in grades], self._key)
        write_table(self._settings.table, grades, absent, self._key, self._settings.layout)
        return absent

    def _write_all(self) -> list[Grade]:
        settings, key, grades = self._settings, self._key, self._settled()
        absent = self._write_table(grades)
        rows, self.waiting = write_by_hand(
            settings.by_hand, grades, key, self._given, settings.layout, anonymous=settings.anonymous
        )
        if settings.report:
            name = exercise_name(key)
            write_atomically(settings.report / MARKING, marking_page(rows, name, settings.by_hand.name))
            links = {MARKING: "points and remarks by hand", SIMILAR: "pairs of files that are worth a look"}
            counted = [grade for grade in grades if grade.counts]
            write_atomically(settings.report / SIMILAR, similar_page(alike(counted, key), name))
            if key.questions:
                links[WORDS] = "the answers in words"
                page = words_page(counted, key, name, anonymous=settings.anonymous)
                write_atomically(settings.report / WORDS, page)
            pages = [self.pages.get(grade.file.name, "") for grade in grades]
            names = [student.name for student in absent]
            write_atomically(settings.report / REPORT, class_page(grades, key, pages, names, links, self.waiting))
        return grades


def _with_what_is_lost(marks: Marks, file: HandedIn, rubric: Rubric) -> Marks:
    """The marks of a file, which loses a share of its points where it came late."""
    lost = rubric.lost(file.saved, late=file.late)
    if not lost:
        return replace(marks, lost=lost)
    when = "the platform calls it late" if file.late else f"saved {file.saved:%Y-%m-%d %H:%M}"
    remark = f"late ({when}): {100 * lost:g} % of the points are lost"
    return replace(marks, lost=lost, remarks=(remark, *marks.remarks))


def page_names(files: Sequence[HandedIn]) -> list[str]:
    """A name for each file's page: the student's and the file's, in letters that every system takes."""
    taken = {each.casefold() for each in (REPORT, SIMILAR, WORDS, MARKING)}
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
