"""The files that `excel-export check` is given: one, or a class's; who handed them in, and the report that is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from excel_classroom.grading.attribution import HandedIn
from excel_classroom.grading.table import SEPARATORS, Layout
from excel_classroom.practice.class_list import read_class
from excel_classroom.practice.rubric import read_rubric
from excel_classroom.report.checked_file import CheckedFile
from excel_classroom.report.folder import PAGE, TABLE, Report, check_files, write_class
from excel_classroom.report.frequencies import frequencies
from excel_classroom.report.handed_in import attribute, workbooks_in
from excel_classroom.report.platform_files import write_for_platform


class CheckedClass:
    """One run over a file or a folder. `spreadsheet_autograd` finds it by an entry point."""

    def __init__(
        self,
        report: Path | None = None,
        *,
        rubric: Path | None = None,
        class_list: Path | None = None,
        separator: str = "comma",
        decimal: str = "point",
        resume: bool = False,
    ) -> None:
        """Read the list of the class and the rubric.

        Args:
            report: where pages, copies and tables go; None leaves none.
            rubric: what is worth how much; None for the usual.
            class_list: the names of the students, as a platform exports them.
            separator: of the tables: one of `SEPARATORS`.
            decimal: 'comma' or 'point'.
            resume: whether what a former run has computed is used again.

        Raises:
            ExportError: the list or the rubric is none.
            UserError: they can't be read.
        """
        self._ours = [path for path in (report, rubric, class_list) if path]
        self._listed = read_class(class_list) if class_list else None
        layout = Layout(SEPARATORS[separator], "," if decimal == "comma" else ".")
        self._report = Report(report, *read_rubric(rubric), layout, resume) if report else None
        self._files: list[HandedIn] = []
        self._checked: list[CheckedFile] = []
        self._others: list[str] = []

    def find(self, sheet: Path, suffixes: Sequence[str]) -> None:
        """Find the files: a workbook, or those of a folder that end in one of `suffixes`; and whose they are.

        Raises:
            ExportError: there is no workbook in the folder.
        """
        self._title, self._files = sheet.name, [HandedIn(sheet, sheet.name)]
        if sheet.is_dir():
            self._title = sheet.resolve().name
            self._files, self._others = workbooks_in(sheet, suffixes, self._ours)
        self._absent = attribute(self._files, self._listed.people) if self._listed else []

    def check(
        self, check: Callable[[Path], dict[str, Any]], asked: Mapping[str, Any], done: Callable[[float], None]
    ) -> list[tuple[str, Path, Mapping[str, Any]]]:
        """Check the files; return the name of each, where it is, and what was found.

        Args:
            check: checks one of them; with a report, it returns what stands in the cells, too.
            asked: what is asked of each: a former run's answer to the same is used again.
            done: told the share that is checked.
        """
        count = len(self._files)
        self._checked = check_files(self._files, check, asked, self._report, lambda k: done(k / count))
        return [(each.name, each.file.path, each.found) for each in self._checked]

    def write(self, seconds: float, platform: str | None = None, assignment: str = "") -> None:
        """Write the class's page and tables, where a report was asked for, and say where they are.

        Args:
            seconds: that the checking took.
            platform: 'moodle' or 'canvas': its own table and a zip are written, too.
            assignment: the title of its column.
        """
        if not self._report:
            return
        write_class(self._title, self._checked, self._report, self._absent, self._others)
        count = f"{len(self._checked)} file{'' if len(self._checked) == 1 else 's'}"
        for each in frequencies(self._checked):
            click.echo(f"{each.words}: in {len(each.files)} of {count}", err=True)
        click.echo(f"{count} in {seconds:.0f} s; wrote {self._report.folder / TABLE}", err=True)
        click.echo(f"open {self._report.folder / PAGE}", err=True)
        if platform and self._listed:
            asked = assignment or self._title
            for path in write_for_platform(platform, self._listed, self._checked, asked, self._report):
                click.echo(f"wrote {path}: for {platform.capitalize()}", err=True)
