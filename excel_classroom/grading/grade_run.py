"""One run of `excel-export grade`: over the files of one exercise, or of all sheets of a term.

Several files are graded at a time; grades are kept when the run is stopped.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from excel_classroom.grading import by_hand, marked_pages
from excel_classroom.grading.attribution import attribute
from excel_classroom.grading.grades import NOT_YET, Grade, TermSheet, gradebook_table, grades_table, lines_of, missing
from excel_classroom.grading.grading_process import ask_for_grades
from excel_classroom.grading.groups import MarkingItem, groups_of
from excel_classroom.grading.marks import marks_of
from excel_classroom.grading.papers import Papers, papers_of
from excel_classroom.practice.class_list import read_class
from excel_classroom.practice.key import load
from excel_classroom.practice.private import make_private_directory, write_private
from excel_classroom.practice.processes import cores
from excel_classroom.practice.rubric import read_rubric
from excel_classroom.results.annotated_copy import write_copy
from excel_classroom.results.collected import submissions_in
from excel_classroom.results.handed_in import KEEP, HandedIn, attempts, page_names, settle
from excel_classroom.results.pages import GENERATOR, MARKING, REPORT, SIMILAR, TERM, page
from excel_classroom.results.platforms import write_for_platform
from excel_classroom.results.progress import Remembered, each_of, remembering
from excel_classroom.results.tables import Layout
from excel_export.shared.errors import ExportError
from excel_export.shared.sandbox import SECONDS, NotGraded

RUBRIC = "rubric.toml"
"""The file in the report that holds the rubric."""
Own = TypeVar("Own")
NO_COPY = "no annotated copy: the workbook is too large"
"""Stands on a student's page if there is no annotated copy."""


@dataclass
class GradeRun:
    """One run of `excel-export grade`; the fields are its options.

    GradeRun(Path('handed-in'), [Path('week3.key.json')], Path('grades.csv'), keep='best').
    """

    submissions: Path
    """The folder or zip of the files: 'handed-in'."""
    keys: Sequence[Path]
    """The key of the exercise, 'week3.key.json'; of a term, all keys."""
    output: Path
    """The table that is written: 'grades.csv'."""
    report: Path | None = None
    """The folder for the pages; None for no pages."""
    rubric: Path | None = None
    """A .toml file with points and tolerance; None for the key's own."""
    weights: str | None = None
    """For a term: the weight of each sheet, '1,2'; None if all count the same."""
    drop_lowest: int = 0
    """For a term: the number of each student's worst sheets that do not count."""
    keep: str = KEEP[0]
    """The file of a student that counts: 'newest', 'best' or 'first'."""
    separator: str = "comma"
    """The sign between columns: 'comma', 'semicolon' or 'tab'."""
    decimal: str = "point"
    """The sign before decimals: 'point' or 'comma'."""
    platform: str | None = None
    """The learning platform whose table is written, too: 'moodle' or 'canvas'; None for none."""
    class_list: Sequence[Path] = ()
    """The tables that the platform exported: 'worksheet.csv'."""
    assignment: Sequence[str] = ()
    """The titles of Canvas' columns, one for each key; () for the names of the exercises."""
    anonymous: bool = False
    """True if answers in words are shown without names."""
    marked: Sequence[Path] = ()
    """The tables 'marking.csv' that pages of former runs saved."""
    resume: bool = False
    """True to go on with a run that was stopped."""
    seconds: int = SECONDS
    """The longest time for a file, in seconds."""

    def __post_init__(self) -> None:
        """Read the keys, the rubric and the class.

        Raises:
            ExportError: one of these files is unusable, or the weights are not positive numbers, one for each key.
        """
        self.layout = Layout.of(self.separator, self.decimal)
        self._listed = self._one_each("--class", [read_class(path) for path in self.class_list])
        self._titles = self._one_each("--assignment", self.assignment)
        self._is_term = len(self.keys) > 1
        self.sheets: list[TermSheet] = []
        for path, share in zip(self.keys, self._shares(), strict=True):
            key, name = load(path), path.name.removesuffix(".json").removesuffix(".key")
            if any(name.casefold() == sheet.name.casefold() for sheet in self.sheets):
                raise ExportError(f"{path}: two keys are called '{name}': rename one of them")
            self.sheets.append(TermSheet(name, key, read_rubric(self.rubric, key.rubric), weight=share))
        tables = [self.output.with_name(f"{self.output.stem} {sheet.name}.csv") for sheet in self.sheets]
        self._tables = tables if self._is_term else [self.output]
        hands = [by_hand.beside(table).stem for table in self._tables]
        for path in self.marked if self._is_term else ():
            if sum(path.stem.startswith(hand) for hand in hands) != 1:
                raise ExportError(f"{path}: of which sheet? Name it as the page saved it, such as '{hands[0]}.csv'")
        self._strangers: list[str] = []
        self._waiting: list[str] = []
        self._given_back: list[str] = []

    def _one_each(self, option: str, values: Sequence[Own]) -> Sequence[Own]:
        if len(values) not in (0, 1, len(self.keys)):
            raise ExportError(f"{option}: say it once for all, or once for each of the {len(self.keys)} keys")
        return values if len(values) != 1 else [*values] * len(self.keys)

    def _shares(self) -> list[float]:
        if self.weights is None:
            return [1.0] * len(self.keys)
        found: list[float] = []
        with suppress(ValueError):
            found = [float(each) for each in self.weights.split(",")]
        if len(found) != len(self.keys) or not all(0 < each < 1e6 for each in found):
            raise ExportError(f"--weights {self.weights}: say {len(self.keys)} numbers, such as 1,2: one for each key")
        return found

    def grade(self, looked: Callable[[float], None], graded: Callable[[float], None]) -> None:
        """Grade the files; `looked` and `graded` are called with the fraction of files read, and graded, up to 1.

        Raises:
            ExportError: there is no file, or a key does not belong to its source.
            UserError: something cannot be written.
        """
        ours = [self.report, self.output, *self.keys, *self.class_list, self.rubric, *self._tables]
        ours += map(by_hand.beside, self._tables)
        with (
            submissions_in(self.submissions, [path for path in ours if path]) as (files, self._skipped),
            remembering(self.output, resume=self.resume) as remembered,
        ):
            attribute(files, *(sheet.key for sheet in self.sheets), progress=lambda count: looked(count / len(files)))
            for k, sheet in enumerate(self.sheets):
                mine = [file for file in files if not self._is_term or sheet.key.student(file.fingerprint)]
                self._grade_sheet(k, mine, graded, remembered)
        if self._is_term:
            self._write_term(files)

    def _grade_sheet(
        self, k: int, files: Sequence[HandedIn], graded: Callable[[float], None], remembered: Remembered
    ) -> None:
        sheet, table, report = self.sheets[k], self._tables[k], self.report
        key, hand = sheet.key, by_hand.beside(table)
        hand_marks = by_hand.read_by_hand(hand, key)
        for path in self._marked_of(hand):
            hand_marks |= by_hand.read_by_hand(path, key)
        sheet = replace(sheet, rubric=replace(sheet.rubric, worths=by_hand.worths(hand_marks, key)))
        with papers_of(key, self.keys[k].resolve().parent) as papers:
            if report:
                report = report / sheet.name if self._is_term else report
                make_private_directory(report)
                write_private(report / RUBRIC, sheet.rubric.text.encode())
            grading = Grading(self, sheet, papers, files, hand_marks, table, report)
            grades = grading.run(lambda count: graded((k + count / len(files)) / len(self.sheets)), remembered)
        self.sheets[k] = replace(sheet, grades=grades)
        if grading.waiting:
            self._waiting.append(f"{grading.waiting} answers to look at: {hand}")
        if self.platform:
            self._give_back(self.platform, k, grading.for_students)

    def _marked_of(self, hand: Path) -> list[Path]:
        """Return the saved marks of a sheet's page; a browser may have put a number behind the file's name."""
        return [path for path in self.marked if not self._is_term or path.stem.startswith(hand.stem)]

    def _give_back(self, platform: str, k: int, for_students: Mapping[str, Sequence[Path]]) -> None:
        sheet, listed = self.sheets[k], self._listed[k]
        own = sheet.name if self._is_term else marked_pages.exercise_name(sheet.key)
        title = self._titles[k] if self._titles else own
        table, bundle, count = write_for_platform(
            platform, self._tables[k], listed, sheet.grades, title, self.layout, for_students if self.report else {}
        )
        self._given_back.append(f"wrote {table}: import it into {platform.capitalize()}")
        nothing = f"no {bundle.name}: neither the names of the files nor --class say whom {platform} means"
        if self.report:
            self._given_back.append(f"wrote {bundle} with {count} files for the students" if count else nothing)

    def _write_term(self, handed_in: Sequence[HandedIn]) -> None:
        lines = lines_of(self.sheets, self.drop_lowest)
        write_private(self.output, gradebook_table(self.sheets, lines, self.layout))
        known = {each.file.name for sheet in self.sheets for each in sheet.grades}
        self._strangers = [f"{file.name}: {file.problem}" for file in handed_in if file.name not in known]
        if self.report:
            by_name = sorted(lines, key=lambda line: line.person.name.casefold())
            title, strangers = self.output.stem, self._strangers
            made = page("term", title=title, sheets=self.sheets, lines=by_name, strangers=strangers)
            write_private(self.report / TERM, made)

    def messages(self, written: str) -> Iterator[str]:
        """Yield the lines to print after `grade`, each a text without a line break, problems first.

        `written` is what is said of the table: 'wrote grades.csv', or 'replaced grades.csv'.

        'skipped …' for files that were not read, 'Ada.xlsx: not graded: …', then '3 of 4 files graded; wrote
        grades.csv', what waits for a mark by hand, and 'open report/class.html' if there is a report.
        """
        grades = [grade for sheet in self.sheets for grade in sheet.grades]
        yield from (f"skipped {line}" for line in self._skipped)
        for grade in grades:
            if not grade.marks:
                yield f"{grade.file.name}: not graded: {grade.file.problem}"
        yield from (stranger.replace(": ", ": not graded: ", 1) for stranger in self._strangers)
        count = sum(grade.marks is not None for grade in grades)
        yield f"{count} of {len(grades) + len(self._strangers)} files graded; {written}"
        yield from (*self._waiting, *self._given_back)
        if self.report:
            yield f"open {self.report / (TERM if self._is_term else REPORT)}"


class Grading:
    """The grading of one exercise: run(…) returns [Grade, …], and writes the table and the pages."""

    def __init__(
        self, run: GradeRun, sheet: TermSheet, papers: Papers, files: Sequence[HandedIn], hand_marks: by_hand.HandMarks,
        table: Path, report: Path | None,
    ) -> None:  # fmt: skip
        """Take the exercise, its files, the marks by hand, the table's path, and the folder of the pages (or None)."""
        self._run, self._papers, self._hand_marks, self._table, self._report = run, papers, hand_marks, table, report
        self._key, self._rubric = sheet.key, sheet.rubric
        order = {student.fingerprint: k for k, student in enumerate(self._key.students)}
        self._files = sorted(
            files, key=lambda file: (order.get(file.student.fingerprint, -1) if file.student else len(order), file.name)
        )
        self._pages = page_names(self._files)
        self.for_students: dict[str, list[Path]] = defaultdict(list)
        """The files for the student, by the name of the file that was handed in."""
        self._done: dict[str, Grade] = {}
        self._most = sum(self._rubric.of(blank) for blank in self._key.blanks)
        self.waiting = 0
        """The number of answers and files that wait for a mark by hand."""

    def run(self, done: Callable[[int], None], remembered: Remembered) -> list[Grade]:
        """Return a `Grade` for each file, and write table and report.

        `done` is called with the number of files graded so far: 1, 2, …. `remembered`, from `remembering`, stores what
        is computed, to resume a stopped run; `lambda path, options, compute: compute()` stores nothing.

        Raises:
            UserError: the table or the report cannot be written.
            ExportError: the key does not belong to its source.
        """

        def took(grade: Grade) -> None:
            self._done[grade.file.name] = grade
            done(len(self._done))

        try:
            each_of(lambda file: self._grade(file, remembered), self._files, took, cores() + 1)
        finally:
            grades = self._write_all()
        return grades

    def _grade(self, file: HandedIn, remembered: Remembered) -> Grade:
        grade, content, seconds = Grade(file, self._pages[file.name]), None, self._run.seconds
        if file.student and not file.problem:
            paper = self._papers.paper(file.student)
            job = paper.job(self._rubric, copy=bool(self._report))
            what = {name: item for name, item in job.items() if name != "workbook"}
            try:
                answer = remembered(file.path, what, lambda: ask_for_grades(file.path, seconds, job))
                with self._papers.lock:
                    marks = marks_of(paper, answer, self._rubric)
            except NotGraded as error:
                grade.file = replace(file, problem=str(error))
            else:
                lost = self._rubric.lost(file.saved, late=file.late)
                if lost and not by_hand.is_on_time(file, self._hand_marks):
                    when = "the platform calls it late" if file.late else f"saved {file.saved:%Y-%m-%d %H:%M}"
                    remark = f"late ({when}): {100 * lost:g} % of the points are lost"
                    marks = replace(marks, lost=lost, remarks=(remark, *marks.remarks))
                content = answer.get("copy")
                grade.marks = by_hand.with_marks_by_hand(marks, file, self._hand_marks)
        if not grade.marks:
            grade.marks = by_hand.marks_by_hand_alone(file, self._hand_marks, self._most)
        if self._report:
            self._write_page(self._report, grade, content)
        return grade

    def _write_page(self, report: Path, grade: Grade, content: Mapping[str, list[list[Any]]] | None) -> None:
        page, copy = report / grade.page, ""
        own = self.for_students[grade.file.name] = [page]
        if grade.marks and grade.marks.marks:
            copy = NO_COPY
            if content is not None:
                target, canvases = page.with_suffix(".xlsx"), self._papers.canvases
                notes = marked_pages.notes_of(content, canvases, grade.marks.marks)
                write_copy(target, content, notes, GENERATOR, canvases)
                own.append(target)
                copy = target.name
        write_private(page, marked_pages.student_page(grade, self._key, copy))

    def _settled(self) -> list[Grade]:
        grades = [
            self._done.get(file.name) or Grade(replace(file, problem=file.problem or NOT_YET), self._pages[file.name])
            for file in self._files
        ]
        for several in attempts(grade for grade in grades if grade.marks):
            marked = [grade for grade in several if by_hand.has_hand_points(grade.file, self._hand_marks)]
            graded = [grade for grade in several if grade.marks and grade.marks.marks]
            best = settle(several, self._run.keep, marked or graded)
            if len(several) > 1:
                best.file.remarks.insert(0, f"one of {len(several)} attempts, the {self._run.keep}")
        for student in missing([grade.file for grade in grades], self._key):
            file = HandedIn(Path(), "", student)  # there is none, but perhaps a teacher gave points
            if marks := by_hand.marks_by_hand_alone(file, self._hand_marks, self._most):
                grades.append(Grade(file, marks=marks))
        return grades

    def _groups(self, grades: Sequence[Grade]) -> list[MarkingItem]:
        return groups_of(grades, self._key, self._rubric, self._hand_marks, anonymous=self._run.anonymous)

    def _write_all(self) -> list[Grade]:
        key, grades, layout, anonymous = self._key, self._settled(), self._run.layout, self._run.anonymous
        write_private(self._table, grades_table(grades, key, layout))
        path = by_hand.beside(self._table)
        self.waiting = by_hand.write_by_hand(path, grades, key, self._hand_marks, layout, anonymous=anonymous)
        if self._report:
            pages = {
                REPORT: marked_pages.class_page(grades, key, self.waiting),
                MARKING: marked_pages.marking_page(self._groups(grades), key, path.name),
                SIMILAR: marked_pages.similar_page(grades, key),
            }
            for name, page in pages.items():
                write_private(self._report / name, page)
        return grades
