"""Check the files of a folder, several at a time, and leave the report; what is checked so far is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from excel_classroom.grading.attribution import HandedIn
from excel_classroom.grading.grade_all import page_names
from excel_classroom.grading.progress import Progress
from excel_classroom.grading.table import STANDARD, Layout
from excel_classroom.practice import processes
from excel_classroom.practice.rubric import Rubric
from excel_classroom.report.annotated_copy import write_annotated
from excel_classroom.report.checked_file import CheckedFile, checked_file
from excel_classroom.report.class_page import class_page
from excel_classroom.report.class_table import class_table
from excel_classroom.report.copies import alike
from excel_classroom.report.file_page import file_page
from excel_export.shared.errors import ExportError
from excel_export.shared.files import make_directory, write_atomically
from excel_export.shared.grouped import grouped
from excel_export.shared.sandbox import NotGraded, end_all

TABLE, PAGE, RUBRIC = "class.csv", "class.html", "rubric.toml"
Check = Callable[[Path], dict[str, Any]]


@dataclass(frozen=True)
class Report:
    """What a teacher chose."""

    folder: Path
    rubric: Rubric
    rubric_text: str
    layout: Layout = STANDARD
    resume: bool = False
    """Whether what a former run has computed is used again."""


def check_files(
    files: Sequence[HandedIn],
    check: Check,
    what: Mapping[str, Any],
    report: Report | None = None,
    done: Callable[[int], None] = lambda count: None,
) -> list[CheckedFile]:
    """Check files, and write a page and a copy of each as soon as it is checked.

    Args:
        files: the workbooks.
        check: checks one of them; with a report, it returns what stands in the cells, too.
        what: what is asked of each, as something that JSON can hold: a former run's answer to the same is used again.
        report: where pages go.
        done: told how many files are checked.

    Raises:
        UserError: the report can't be written.
    """
    pages, stopped = page_names(files), Event()
    with _memory(report) as remembered, ThreadPoolExecutor(processes.cores()) as pool:

        def one(file: HandedIn, page: str) -> CheckedFile:
            try:
                found = remembered(file.path, what, lambda: check(file.path))
            except (ExportError, NotGraded) as error:
                found = {"claims": [], "learning": [], "error": str(error)}
            except (OSError, RuntimeError, ValueError) as error:  # the others' report is worth more than this file's
                found = {"claims": [], "learning": [], "error": f"can't be checked: {type(error).__name__}: {error}"}
            return CheckedFile(file, found) if stopped.is_set() else _written(file, found, page, report)

        waiting = [pool.submit(one, file, page) for file, page in zip(files, pages, strict=True)]
        checked = []
        try:
            for count, each in enumerate(waiting, 1):
                checked.append(each.result())
                done(count)
        except BaseException:
            stopped.set()  # what breaks off now says nothing about its file
            pool.shutdown(wait=False, cancel_futures=True)
            end_all()
            raise
    _settle(checked)
    return checked


Remembered = Callable[[Path, object, Callable[[], dict[str, Any]]], dict[str, Any]]


@contextmanager
def _memory(report: Report | None) -> Iterator[Remembered]:
    if report is None:
        yield lambda path, what, compute: compute()
        return
    make_directory(report.folder)
    write_atomically(report.folder / RUBRIC, report.rubric_text.encode())
    with Progress(report.folder / TABLE, resume=report.resume) as progress:
        yield progress.remembered
        progress.finish()


def _written(file: HandedIn, found: dict[str, Any], page: str, report: Report | None) -> CheckedFile:
    """Write the page and the copy of a file."""
    if report is None:
        return CheckedFile(file, found)
    copy = f"{Path(page).stem}.checked.xlsx" if "content" in found else ""
    checked = checked_file(file, found, report.rubric, page, copy)
    if copy:
        write_annotated(report.folder / copy, found)
    write_atomically(report.folder / page, file_page(checked))
    return checked


def _settle(checked: Sequence[CheckedFile]) -> None:
    """Of several files of one student, the one that was saved last counts."""
    counting = [each for each in checked if not each.problem]
    attempts = grouped(counting, lambda each: each.file.student and each.file.student.fingerprint)
    for several in (several for student, several in attempts.items() if student):
        newest = max(several, key=lambda each: each.file.age)
        for each in several:
            each.instead = "" if each is newest else newest.name


def write_class(
    title: str, checked: Sequence[CheckedFile], report: Report, absent: Sequence[str] = (), others: Sequence[str] = ()
) -> None:
    """Write the table and the page of the class; arguments as of `class_page`.

    Raises:
        UserError: they can't be written.
    """
    groups = alike(checked)
    write_atomically(report.folder / TABLE, class_table(checked, groups, report.layout))
    write_atomically(report.folder / PAGE, class_page(title, checked, groups, absent, others))
