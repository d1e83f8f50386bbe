"""One run of `excel-export grade`: over the files of one exercise, or of all sheets of a term."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from excel_classroom.grading.attribution import attribute
from excel_classroom.grading.by_hand import beside, read_by_hand
from excel_classroom.grading.grade_all import Grading
from excel_classroom.grading.grades import TermSheet, gradebook_table, lines_of
from excel_classroom.grading.marked_pages import exercise_name
from excel_classroom.grading.papers import papers_of
from excel_classroom.practice.class_list import read_class
from excel_classroom.practice.key import load
from excel_classroom.practice.rubric import read_rubric
from excel_classroom.results.collected import collected
from excel_classroom.results.handed_in import HandedIn
from excel_classroom.results.pages import REPORT, TERM, page
from excel_classroom.results.platforms import write_for_platform
from excel_classroom.results.progress import Remembered, remembering
from excel_classroom.results.tables import Layout
from excel_export.shared.errors import ExportError
from excel_export.shared.files import make_directory, write_atomically

RUBRIC = "rubric.toml"


@dataclass
class GradeRun:
    """Grades, and writes what is left of it. Its fields are the options of the command line."""

    submissions: Path
    keys: Sequence[Path]
    output: Path
    report: Path | None
    rubric: Path | None
    weights: str | None
    keep: str
    separator: str
    decimal: str
    platform: str | None
    class_list: Path | None
    assignment: str | None
    anonymous: bool
    marked: Path | None
    resume: bool
    seconds: int

    def __post_init__(self) -> None:
        """Read the keys, the rubric and the class.

        Raises:
            ExportError: one of them is none, or the weights are no numbers above zero, or not as many as the keys.
        """
        self._layout = Layout.of(self.separator, self.decimal)
        self._listed = read_class(self.class_list) if self.class_list else None
        self._is_term = len(self.keys) > 1
        self._sheets: list[TermSheet] = []
        for path, share in zip(self.keys, self._shares(), strict=True):
            key, name = load(path), path.name.removesuffix(".json").removesuffix(".key")
            if any(name.casefold() == sheet.name.casefold() for sheet in self._sheets):
                raise ExportError(f"{path}: two keys are called '{name}': rename one of them")
            self._sheets.append(TermSheet(name, key, read_rubric(self.rubric, key.rubric)[0], weight=share))
        tables = [self.output.with_name(f"{self.output.stem} {sheet.name}.csv") for sheet in self._sheets]
        self._tables = tables if self._is_term else [self.output]
        self._strangers: list[str] = []
        self._gradings: list[Grading] = []
        self._given_back: list[str] = []

    def _shares(self) -> list[float]:
        """What each sheet counts."""
        if self.weights is None:
            return [1.0] * len(self.keys)
        found: list[float] = []
        with suppress(ValueError):
            found = [float(each) for each in self.weights.split(",")]
        if len(found) != len(self.keys) or not all(0 < each < 1e6 for each in found):
            raise ExportError(f"--weights {self.weights}: say {len(self.keys)} numbers, such as 1,2: one for each key")
        return found

    def grade(self, looked: Callable[[float], None], graded: Callable[[float], None]) -> None:
        """Grade the files; both are told the share that is done.

        Raises:
            ExportError: there is no file, or a key does not belong to its source.
            UserError: something cannot be written.
        """
        ours = [self.report, self.output, *self.keys, self.class_list, self.rubric, *self._tables]
        ours += map(beside, self._tables)
        with (
            collected(self.submissions, [path for path in ours if path]) as (files, self._skipped),
            remembering(self.output, resume=self.resume) as remembered,
        ):
            attribute(files, *(sheet.key for sheet in self._sheets), seen=lambda count: looked(count / len(files)))
            for k, sheet in enumerate(self._sheets):
                mine = [file for file in files if not self._is_term or sheet.key.student(file.fingerprint)]
                self._grade_sheet(k, mine, graded, remembered)
        if self._is_term:
            self._write_term(files)

    def _grade_sheet(
        self, k: int, files: Sequence[HandedIn], graded: Callable[[float], None], remembered: Remembered
    ) -> None:
        sheet, table, report = self._sheets[k], self._tables[k], self.report
        key = sheet.key
        given = read_by_hand(beside(table), key) | (read_by_hand(self.marked, key) if self.marked else {})
        with papers_of(key, self.keys[k].resolve().parent) as papers:
            if report:
                report = report / sheet.name if self._is_term else report
                make_directory(report)
                write_atomically(report / RUBRIC, read_rubric(self.rubric, key.rubric)[1].encode())
            grading = Grading(
                files, papers, sheet.rubric, table, report, given, self.keep, self._layout, self.seconds,
                self.anonymous,
            )  # fmt: skip
            grades = grading.run(lambda count: graded((k + count / len(files)) / len(self._sheets)), remembered)
        self._gradings.append(grading)
        self._sheets[k] = replace(sheet, grades=grades)
        if self.platform:
            self._give_back(self.platform, self._sheets[k], grading)

    def _give_back(self, platform: str, sheet: TermSheet, grading: Grading) -> None:
        """Write what the platform imports."""
        assert self._listed
        title, files = self.assignment or exercise_name(sheet.key), grading.for_students if self.report else {}
        table, bundle, count = write_for_platform(
            platform, self.output, self._listed, sheet.grades, title, self._layout, files
        )
        self._given_back = [f"wrote {table}: import it into {platform.capitalize()}"]
        nothing = f"no {bundle.name}: neither the names of the files nor {self.class_list} say whom {platform} means"
        if self.report:
            self._given_back.append(f"wrote {bundle} with {count} files for the students" if count else nothing)

    def _write_term(self, handed_in: Sequence[HandedIn]) -> None:
        lines = lines_of(self._sheets)
        write_atomically(self.output, gradebook_table(self._sheets, lines, self._layout))
        known = {each.file.name for sheet in self._sheets for each in sheet.grades}
        self._strangers = [f"{file.name}: {file.problem}" for file in handed_in if file.name not in known]
        if self.report:
            by_name = sorted(lines, key=lambda line: line.person.name.casefold())
            title, strangers = self.output.stem, self._strangers
            made = page("term", title=title, sheets=self._sheets, lines=by_name, strangers=strangers)
            write_atomically(self.report / TERM, made)

    def said(self) -> Iterator[str]:
        """What was done, line by line."""
        grades = [grade for sheet in self._sheets for grade in sheet.grades]
        yield from (f"skipped {line}" for line in self._skipped)
        for grade in grades:
            if not grade.marks:
                yield f"{grade.file.name}: not graded: {grade.file.problem}"
        yield from (stranger.replace(": ", ": not graded: ", 1) for stranger in self._strangers)
        count = sum(grade.marks is not None for grade in grades)
        yield f"{count} of {len(grades) + len(self._strangers)} files graded; wrote {self.output}"
        for grading in self._gradings:
            if grading.waiting:
                yield f"{grading.waiting} answers to look at: {beside(grading.table)}"
        yield from self._given_back
        if self.report:
            yield f"open {self.report / (TERM if self._is_term else REPORT)}"
