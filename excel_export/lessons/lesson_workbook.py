"""The workbook of a lesson: that of `export`, with the sheets Lesson and Answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from excel_export.authoring import Book, Reference, Story, own_sheets
from excel_export.exporter import export
from excel_export.lessons import lesson_sheet
from excel_export.lessons.lesson import Lesson
from excel_export.lessons.lesson_numbers import LessonNumbers
from excel_export.lessons.lesson_places import find
from excel_export.report import Report
from excel_export.shared.errors import ExportError


def write_lesson(
    lesson: Lesson, path: str | Path, progress: Callable[[str, float], None] = lambda stage, share: None
) -> Report:
    """Write the workbook of a lesson, and return how it compares with PyTorch (report.ok).

    Args:
        lesson: the lesson.
        path: the .xlsx file to write.
        progress: called with the name of a stage and the share of it that is done, from 0 to 1.

    Raises:
        ExportError: the workbook's numbers differ from PyTorch's, the file cannot be written, or a text of the lesson
            names a number that does not exist.
    """
    module, inputs = lesson.make()
    usual = Story(lesson.heading, ("The Lesson sheet says what to do.",))
    story = lesson.story() if lesson.story else usual
    numbers = LessonNumbers(lesson)
    # What is hidden in other workbooks.
    shown = [replace(sheet, hidden=False) for sheet in own_sheets() if sheet.name in lesson.shows]
    own = [lesson_sheet.sheet(lesson, numbers), lesson_sheet.answers(lesson, numbers)]
    sheets = [*story.sheets, *shown, *lesson.sheets, *own]
    return export(
        module, inputs, path, story=replace(story, sheets=sheets, asked=partial(cells_of_questions, lesson)),
        learning_rate=lesson.learning_rate, training=lesson.training, rates=lesson.rates, progress=progress,
    )  # fmt: skip


def cells_of_questions(lesson: Lesson, book: Book) -> list[Reference]:
    """Return the network's cells that answer a lesson's questions, in their order: [Network!B7, …].

    For a parameter after the step, 'after.w', it is the cell of its gradient; questions about other sheets are left
    out.
    """
    places = [each.where for each in lesson.questions if isinstance(each.where, str) and not each.on]
    found = []
    for place in places:
        with suppress(ExportError):  # what is no tensor of the network is found once its sheet is drawn
            found.append(find(book, re.sub("^after[.]", "grad.", place)))
    return found


def file_name(lesson: Lesson) -> str:
    """Return the name of a lesson's file in a folder of all lessons, such as '01-one-neuron.xlsx'."""
    return f"{lesson.number:02}-{lesson.name}.xlsx"
