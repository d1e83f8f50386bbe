"""The files for `excel-export check`, one or a class's: their students, and the report."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from excel_classroom.practice import processes
from excel_classroom.practice.class_list import read_class
from excel_classroom.practice.private import make_private_directory, write_private
from excel_classroom.report.annotated import write_annotated
from excel_classroom.report.checked_file import CheckedFile
from excel_classroom.report.checked_tables import class_table, groups_of, slips_table
from excel_classroom.results.collected import SLIPS, files_in
from excel_classroom.results.handed_in import HandedIn, owner, page_names
from excel_classroom.results.progress import Remembered, each_of, remembering
from excel_classroom.results.tables import Layout
from excel_export.formulas import counted
from excel_export.shared.errors import ExportError
from excel_export.shared.sandbox import NotGraded

TABLE = "class.csv"
"""The table of the files in the report."""
NOTHING_FOUND: dict[str, Any] = {"claims": [], "learning": []}
"""The result for a file that can't be checked."""
Check = Callable[[Path], dict[str, Any]]


class CheckedClass:
    """A run of `excel-export check` over a file or folder: call `find`, then `check`, then `write`."""

    def __init__(
        self, report: Path | None = None, *, class_list: Path | None = None, separator: str = "comma",
        resume: bool = False,
    ) -> None:  # fmt: skip
        """Read the list of the class, if there is one.

        Args:
            report: the folder of the report; None to write nothing.
            class_list: the list of the class, as `read_class` reads it.
            separator: the name of the tables' separator, one of `SEPARATORS`.
            resume: True to use the results of a former run again.

        Raises:
            ExportError: the file is no list of a class.
            UserError: it can't be read.
        """
        self._ours = [path for path in (report, class_list) if path]
        self._listed = read_class(class_list) if class_list else None
        self._folder, self._layout, self._resume = report, Layout.of(separator, "point"), resume
        self._checked: list[CheckedFile] = []

    def find(self, sheet: Path, suffixes: Sequence[str]) -> None:
        """Find the files to check, and their students by the names of the files.

        `sheet` is one workbook, or a folder; in a folder, and in those below, files with one of `suffixes`, '.xlsx',
        are found.

        Raises:
            ExportError: there is no workbook in the folder.
        """
        self._files, self._others = [HandedIn(sheet, sheet.name)], list[str]()
        if sheet.is_dir():
            found, _ = files_in(sheet, self._ours)
            known = (each for each in found if each.path.suffix.lower() in suffixes)
            files = [each for each in known if each.path.is_file() and not each.path.is_symlink()]
            if not files:
                raise ExportError(f"{sheet}: no workbook in this folder")
            self._files = files
            self._others = [each.name for each in found if each not in files]
        students = self._listed.people if self._listed else ()
        for file in self._files if students else ():
            by_platform, by_name, _ = owner(file.name, students)
            file.student = by_platform or by_name
        there = {file.student for file in self._files}
        self._absent = [student.name for student in students if student not in there]

    def check(
        self, check: Check, asked: Mapping[str, Any], done: Callable[[float], None]
    ) -> list[tuple[str, Path, Mapping[str, Any]]]:
        """Return each file's name, path and result without its content: [('Ada.xlsx', path, {'claims': […], …}), …].

        A file that can't be checked has the reason as 'error'. With a report, annotated copies are written, too.

        Args:
            check: the function from a path to the result, with {'content': …} if there is a report.
            asked: the options of the check; results of a former run with the same options are used again.
            done: called with the fraction of files that are checked, up to 1.

        Raises:
            UserError: the report can't be written.
        """
        folder, pages, checked = self._folder, page_names(self._files), dict[str, CheckedFile]()
        if folder:
            make_private_directory(folder)
        anew = nullcontext[Remembered](lambda path, what, compute: compute())
        memory = remembering(folder / TABLE, resume=self._resume) if folder else anew

        def one(file: HandedIn) -> CheckedFile:
            # Why nothing was found: the others' report is worth more than this file's.
            try:
                found = remembered(file.path, asked, lambda: check(file.path))
            except (ExportError, NotGraded) as error:
                found = NOTHING_FOUND | {"error": str(error)}
            except (OSError, RuntimeError, ValueError) as error:
                found = NOTHING_FOUND | {"error": f"can't be checked: {type(error).__name__}: {error}"}
            file.note_properties(found.get("properties", {}))
            if folder and "content" in found:
                write_annotated(folder / f"{Path(pages[file.name]).stem}.checked.xlsx", found)
            return CheckedFile(file, found)

        def took(each: CheckedFile) -> None:
            checked[each.file.name] = each
            done(len(checked) / len(self._files))

        with memory as remembered:
            each_of(one, self._files, took, processes.cores())
        self._checked = [checked[file.name] for file in self._files]
        for_report = ("content", "properties")
        return [
            (
                each.file.name,
                each.file.path,
                {name: item for name, item in each.found.items() if name not in for_report},
            )
            for each in self._checked
        ]

    def write(self, seconds: float) -> None:
        """Write class.csv and slips.csv, and print '3 files in 12 s; wrote …'; nothing without a report.

        `seconds` is the time that the run has taken.
        """
        folder, checked = self._folder, self._checked
        if not folder:
            return
        write_private(folder / TABLE, class_table(checked, self._absent, self._layout))
        write_private(folder / SLIPS, slips_table(checked, self._layout))
        count = counted(len(checked), "file")
        for kind, _, files in groups_of(checked):
            click.echo(f"{kind}: in {len(files)} of {count}", err=True)
        for name in self._others:
            click.echo(f"{name}: no workbook, and not looked at", err=True)
        click.echo(f"{count} in {seconds:.0f} s; wrote {folder / TABLE} and {folder / SLIPS}", err=True)
