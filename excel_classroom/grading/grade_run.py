"""One run of `excel-export grade`: over the files of one exercise, or of all sheets of a term."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from excel_classroom.grading.attribution import attribute
from excel_classroom.grading.by_hand import read_by_hand
from excel_classroom.grading.grade_all import Grading, Settings
from excel_classroom.grading.gradebook import TermSheet, gradebook_table, lines_of
from excel_classroom.grading.grades import Grade
from excel_classroom.grading.marked_pages import exercise_name
from excel_classroom.grading.papers import papers_of
from excel_classroom.practice.class_list import read_class
from excel_classroom.practice.key import load
from excel_classroom.practice.processes import cores
from excel_classroom.practice.rubric import read_rubric
from excel_classroom.results.collected import REPORT, TERM, collected
from excel_classroom.results.handed_in import HandedIn
from excel_classroom.results.pages import page
from excel_classroom.results.platforms import write_feedback, write_grades
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
            self._sheets.append(TermSheet(name, key, read_rubric(self.rubric, key.rubric)[0], (), share))
        self._strangers: list[str] = []
        self._skipped: list[str] = []
        self._waiting: list[tuple[int, Path]] = []
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

    def _settings(self, sheet: TermSheet) -> Settings:
        table, report = self.output, self.report
        if self._is_term:
            table, report = table.with_name(f"{table.stem} {sheet.name}.csv"), report and report / sheet.name
        return Settings(sheet.rubric, table, report, self.keep, self._layout, self.seconds, self.anonymous)

    def grade(self, looked: Callable[[float], None], graded: Callable[[float], None]) -> None:
        """Grade the files; both are told the share that is done.

        Raises:
            ExportError: there is no file, or a key does not belong to its source.
            UserError: something cannot be written.
        """
        settings = [self._settings(sheet) for sheet in self._sheets]
        ours = [self.report, self.output, *self.keys, self.class_list, self.rubric]
        ours += [path for each in settings for path in (each.table, each.by_hand)]
        with (
            collected(self.submissions, [path for path in ours if path]) as (files, self._skipped),
            remembering(self.output, resume=self.resume) as remembered,
        ):
            with ThreadPoolExecutor(cores() + 1) as pool:
                keys = [sheet.key for sheet in self._sheets]
                handed_in = attribute(files, *keys, seen=lambda count: looked(count / len(files)), each=pool.map)
            for k, (sheet, own) in enumerate(zip(self._sheets, settings, strict=True)):
                mine = [file for file in handed_in if not self._is_term or sheet.key.student(file.fingerprint)]

                def done(count: int, k: int = k, of: int = len(mine)) -> None:
                    graded((k + count / of) / len(self._sheets))

                grades = self._grade_sheet(sheet, self.keys[k], mine, own, done, remembered)
                self._sheets[k] = replace(sheet, grades=grades)
        if self._is_term:
            self._write_term(handed_in)

    def _grade_sheet(
        self, sheet: TermSheet, key_path: Path, files: Sequence[HandedIn], settings: Settings,
        done: Callable[[int], None], remembered: Remembered,
    ) -> Sequence[Grade]:  # fmt: skip
        key = sheet.key
        given = read_by_hand(settings.by_hand, key) | (read_by_hand(self.marked, key) if self.marked else {})
        with papers_of(key, key_path.resolve().parent) as papers:
            if settings.report:
                make_directory(settings.report)
                write_atomically(settings.report / RUBRIC, read_rubric(self.rubric, key.rubric)[1].encode())
            grading = Grading(files, papers, given, settings)
            grades = grading.run(done, remembered)
        self._waiting.append((grading.waiting, settings.by_hand))
        if self.platform:
            self._give_back(self.platform, grades, grading, self.assignment or exercise_name(key))
        return grades

    def _give_back(self, platform: str, grades: Sequence[Grade], grading: Grading, assignment: str) -> None:
        """Write what the platform imports."""
        assert self._listed
        table = self.output.with_name(f"{self.output.stem} {platform}.csv")
        write_grades(table, platform, self._listed, grades, assignment, self._layout)
        self._given_back = [f"wrote {table}: import it into {platform.capitalize()}"]
        if self.report:
            bundle = self.output.with_name(f"{self.output.stem} {platform} feedback.zip")
            count = write_feedback(bundle, platform, self._listed, grades, grading.for_students)
            nothing = (
                f"no {bundle.name}: neither the names of the files nor {self.class_list} say whom {platform} means"
            )
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
        for waiting, by_hand in self._waiting:
            if waiting:
                yield f"{waiting} answers to look at: {by_hand}"
        yield from self._given_back
        if self.report:
            yield f"open {self.report / (TERM if self._is_term else REPORT)}"
