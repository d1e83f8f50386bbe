"""The files that `excel-export check` is given: one, or a class's; who handed them in, and the report that is left."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from excel_classroom.practice import processes
from excel_classroom.practice.class_list import read_class
from excel_classroom.practice.private import make_private_directory, write_private
from excel_classroom.practice.rubric import read_rubric
from excel_classroom.report.alike_files import alike
from excel_classroom.report.checked_file import CheckedFile
from excel_classroom.report.checked_pages import class_page, class_table, file_page, frequencies, write_annotated
from excel_classroom.results.collected import files_in
from excel_classroom.results.handed_in import HandedIn, attempts, owner, page_names, settle
from excel_classroom.results.pages import REPORT
from excel_classroom.results.platforms import write_for_platform
from excel_classroom.results.progress import Remembered, each_of, remembering
from excel_classroom.results.tables import Layout
from excel_export.formulas import counted
from excel_export.shared.errors import ExportError
from excel_export.shared.sandbox import NotGraded

TABLE, RUBRIC = "class.csv", "rubric.toml"
NOTHING_FOUND: dict[str, Any] = {"claims": [], "learning": []}
Check = Callable[[Path], dict[str, Any]]


class CheckedClass:
    """One run over a file or a folder. `spreadsheet_autograd` finds it by an entry point."""

    def __init__(
        self, report: Path | None = None, *, rubric: Path | None = None, class_list: Path | None = None,
        separator: str = "comma", decimal: str = "point", resume: bool = False,
    ) -> None:  # fmt: skip
        """Read the list of the class and the rubric, where there are some; without a report, nothing is written.

        The separator of tables is one of `SEPARATORS`, the decimal sign 'comma' or 'point'; with `resume`, what a
        former run has computed is used again.

        Raises:
            ExportError: the list or the rubric is none.
            UserError: they can't be read.
        """
        self._ours = [path for path in (report, rubric, class_list) if path]
        self._listed = read_class(class_list) if class_list else None
        self._folder, self._layout, self._resume = report, Layout.of(separator, decimal), resume
        self._rubric = read_rubric(rubric)
        self._checked: list[CheckedFile] = []

    def find(self, sheet: Path, suffixes: Sequence[str]) -> None:
        """Find the files: a workbook, or those of a folder that end in one of `suffixes`; and whose they are.

        Raises:
            ExportError: there is no workbook in the folder.
        """
        self._title, self._files = sheet.name, [HandedIn(sheet, sheet.name)]
        self._others: list[str] = []
        if sheet.is_dir():
            self._title, found = sheet.resolve().name, files_in(sheet, self._ours)[0]
            known = (each for each in found if each.path.suffix.lower() in suffixes)
            files = [each for each in known if each.path.is_file() and not each.path.is_symlink()]
            if not files:
                raise ExportError(f"{sheet}: no workbook in this folder")
            self._files = files
            self._others = [each.name for each in found if each not in files]
        students = self._listed.people if self._listed else ()
        for file in self._files if students else ():
            by_platform, by_name, file.late = owner(file.name, students)
            file.student = by_platform or by_name
        there = {file.student for file in self._files}
        self._absent = [student.name for student in students if student not in there]

    def check(
        self, check: Check, asked: Mapping[str, Any], done: Callable[[float], None]
    ) -> list[tuple[str, Path, Mapping[str, Any]]]:
        """Check the files; return the name of each, where it is, and what was found.

        Where there is a report, its page and its copy are written as soon as it is checked; `check` then returns what
        stands in the cells, too. A former run's answer to the same that is asked is used again; `done` is told the
        share that is checked.

        Raises:
            UserError: the report can't be written.
        """
        folder, pages, checked = self._folder, page_names(self._files), dict[str, CheckedFile]()
        if folder:
            make_private_directory(folder)
            write_private(folder / RUBRIC, self._rubric.text.encode())
        anew = nullcontext[Remembered](lambda path, what, compute: compute())
        memory = remembering(folder / TABLE, resume=self._resume) if folder else anew

        def one(file: HandedIn) -> CheckedFile:
            page = pages[file.name]
            # Why nothing was found: the others' report is worth more than this file's.
            try:
                found = remembered(file.path, asked, lambda: check(file.path))
            except (ExportError, NotGraded) as error:
                found = NOTHING_FOUND | {"error": str(error)}
            except (OSError, RuntimeError, ValueError) as error:
                found = NOTHING_FOUND | {"error": f"can't be checked: {type(error).__name__}: {error}"}
            copy = f"{Path(page).stem}.checked.xlsx" if folder and "content" in found else ""
            checked = CheckedFile(file, found, self._rubric, page, copy)
            if folder and copy:
                write_annotated(folder / copy, found)
            if folder:
                write_private(folder / page, file_page(checked))
            return checked

        def took(each: CheckedFile) -> None:
            checked[each.name] = each
            done(len(checked) / len(self._files))

        with memory as remembered:
            each_of(one, self._files, took, processes.cores())
        self._checked = [checked[file.name] for file in self._files]
        for several in attempts(each for each in self._checked if not each.problem):
            settle(several)
        return [(each.name, each.file.path, each.found) for each in self._checked]

    def write(self, seconds: float, platform: str | None = None, assignment: str = "") -> None:
        """Write the class's page and tables, where a report was asked for, and say where they are.

        With a platform, 'moodle' or 'canvas', its own table and a zip are written, too, with a title of its column.
        """
        folder, checked = self._folder, self._checked
        if not folder:
            return
        groups = alike(checked)
        write_private(folder / TABLE, class_table(checked, groups, self._layout))
        write_private(folder / REPORT, class_page(self._title, checked, groups, self._absent, self._others))
        count = counted(len(checked), "file")
        for words, _, files in frequencies(checked):
            click.echo(f"{words}: in {len(files)} of {count}", err=True)
        click.echo(f"{count} in {seconds:.0f} s; wrote {folder / TABLE}", err=True)
        click.echo(f"open {folder / REPORT}", err=True)
        if platform and self._listed:
            own = {each.name: [folder / name for name in (each.page, each.copy) if name] for each in checked}
            table, bundle, count_given = write_for_platform(
                platform, folder / TABLE, self._listed, checked, assignment or self._title, self._layout, own
            )
            for path in (table, bundle) if count_given else (table,):
                click.echo(f"wrote {path}: for {platform.capitalize()}", err=True)
