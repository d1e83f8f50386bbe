"""Grade a folder, file by file; what is graded so far is kept, whatever happens."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from excel_export.grading.annotated_copy import annotated
from excel_export.grading.attribution import HandedIn
from excel_export.grading.class_page import class_page, exercise_name
from excel_export.grading.marks import Marks, mark
from excel_export.grading.papers import Papers
from excel_export.grading.rubric import Rubric
from excel_export.grading.sandbox import SECONDS, NotGraded
from excel_export.grading.student_page import student_page
from excel_export.grading.table import Grade, missing, write_table
from excel_export.practice.key import Key
from excel_export.shared.files import make_directory, write_atomically

CLASS_PAGE = "class.html"


def grade_all(
    files: Sequence[HandedIn],
    key: Key,
    papers: Papers,
    rubric: Rubric,
    table: Path,
    report: Path | None = None,
    *,
    seconds: int = SECONDS,
    done: Callable[[int], None] = lambda count: None,
) -> list[Grade]:
    """Grade files, and write the table and the report.

    Args:
        files: what was handed in.
        key: the key of the exercise.
        papers: made from the key.
        rubric: what a blank is worth.
        table: the .csv file to write; on Ctrl-C, it has the grades so far.
        report: the folder for a page for each file, and one for the class; None for none.
        seconds: how long the engine may compute a file.
        done: told how many files are graded.

    Raises:
        UserError: the table or the report cannot be written.
        ExportError: the key does not belong to its source.
    """
    if report:
        make_directory(report)
    grades: list[Grade] = []
    names, absent = page_names(files), missing(files, key)
    try:
        for count, (file, name) in enumerate(zip(files, names, strict=True), 1):
            grades.append(grade := _graded(file, papers, rubric, seconds))
            if report:
                copy = annotated(grade, report / f"{name.removesuffix('.html')}.xlsx")
                write_atomically(report / name, student_page(grade, exercise_name(key), copy))
            done(count)
    finally:
        if grades:
            write_table(table, grades, absent)
            if report:
                write_atomically(report / CLASS_PAGE, class_page(grades, key, names[: len(grades)], absent))
    return grades


def page_names(files: Sequence[HandedIn]) -> list[str]:
    """A name for each file's page: the student's and the file's, in letters that every system takes."""
    taken = {CLASS_PAGE}
    names = []
    for file in files:
        stem = re.sub(r"[^\w-]+", "_", Path(file.name).with_suffix("").as_posix())[-60:].strip("_") or "file"
        name, serial = f"{stem}.html", 1
        while name.casefold() in taken:
            serial += 1
            name = f"{stem}_{serial}.html"
        taken.add(name.casefold())
        names.append(name)
    return names


def _graded(file: HandedIn, papers: Papers, rubric: Rubric, seconds: int) -> Grade:
    if file.problem or not file.student:
        return Grade(file)
    paper = papers.paper(file.student)
    try:
        marks: Marks = mark(paper, file.path, rubric, seconds)
    except NotGraded as error:
        return Grade(replace(file, problem=str(error)))
    return Grade(file, marks)
