"""From a lesson to its workbook: what `export` writes, with the sheets Lesson and Answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from excel_export.authoring import Book, Cover, Page, Story
from excel_export.exporter import export
from excel_export.lessons import answers_sheet, lesson_sheet
from excel_export.lessons.lesson import Lesson
from excel_export.lessons.numbers import Numbers
from excel_export.report import Report


def write_lesson(
    lesson: Lesson, path: str | Path, progress: Callable[[str, float], None] = lambda stage, share: None
) -> Report:
    """Write the workbook of a lesson.

    Args:
        lesson: the lesson.
        path: the .xlsx file to write.
        progress: as `export` takes it.

    Raises:
        ExportError: as `export`, or a text of the lesson names a place that is not there.
    """
    module, inputs = lesson.make()
    story = Story(f"Lesson {lesson.number}: {lesson.title}", ("What to do is on the sheet Lesson.",))

    numbers = Numbers(lesson)

    def draw(book: Book) -> None:
        lesson_sheet.draw(book, lesson, numbers)
        answers_sheet.draw(book, lesson, numbers)

    def show(book: Book) -> None:
        for canvas in book.canvases:
            if canvas.name in lesson.shows:
                canvas.hidden, canvas.page = False, Page()

    given = dict(lesson.options())
    options: dict[str, Any] = {
        "story": story, "learning_rate": lesson.learning_rate, "training": lesson.training,
        "rates": lesson.rates, **given, "sheets": [*given.get("sheets", ()), show, *lesson.sheets],
    }  # fmt: skip
    cover = Cover(lesson_sheet.NAME, lesson_sheet.WHAT, draw)
    return export(module, inputs, path, cover=cover, progress=progress, **options)


def file_name(lesson: Lesson) -> str:
    """The name of a lesson's file in a folder of all lessons, in the order of the course."""
    return f"{lesson.number:02}-{lesson.name}.xlsx"
