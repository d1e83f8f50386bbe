"""The page of a lesson: the network, and the questions, each with a link to the number that answers it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from excel_export.formulas import listed
from excel_export.lessons.lesson import Lesson, LessonQuestion, Where
from excel_export.lessons.lesson_numbers import LessonNumbers
from excel_export.lessons.lesson_places import called_in, filled, typed
from excel_export.pages.texts import TextsOf
from excel_export.pages.write_page import Stop, page
from excel_export.report import Report
from excel_export.shared.errors import ExportError


def write_lesson_page(
    lesson: Lesson, path: str | Path, progress: Callable[[str, float], None] = lambda stage, share: None
) -> Report:
    """Write the page of a lesson, and return how it compares with PyTorch (report.ok).

    Args:
        lesson: the lesson.
        path: the .html file to write.
        progress: called with the name of a stage and the share of it that is done, from 0 to 1.

    Raises:
        ExportError: the page's numbers differ from PyTorch's, the file cannot be written, or a text of the lesson names
            a number that does not exist.
    """
    module, inputs = lesson.make()
    return page(
        module,
        inputs,
        path,
        title=lesson.heading,
        learning_rate=lesson.learning_rate,
        guide=stops(lesson),
        texts=texts_of(lesson),
        progress=progress,
    )


def stops(lesson: Lesson) -> list[Stop]:
    """Return the questions of a lesson, then the misconceptions: [Stop('predict', 'What is y?', 'y = 7', 'add'), …].

    A misconception is Stop('belief', its claim, why it is wrong, the place that refutes it).
    """
    numbers = LessonNumbers(lesson)
    called = partial(called_in, numbers.graph)
    first = numbers.at_first
    questions = [
        Stop(each.do, filled(each.on_page[0], called, first),
             filled(each.on_page[1], called, numbers.after(each.change)),
             _show(each.where, called), each.change, _changing(each, called))
        for each in lesson.questions
        if each.on_page
    ]  # fmt: skip
    beliefs = [
        Stop("belief", filled(each.claim, called, first), filled(each.why_on_page, called, first),
             _show(each.refuted_by, called))
        for each in lesson.misconceptions
    ]  # fmt: skip
    return [*questions, *beliefs]


def texts_of(lesson: Lesson) -> list[TextsOf]:
    """Return the texts of a lesson in other languages, and the packages that have further ones, each once.

    [{'de': {'The loss': 'Der Verlust'}}, 'excel_export.lessons']: this package, and that of the lesson's network.
    """
    own = getattr(lesson.make, "__module__", "").rpartition(".")[0]
    return [lesson.translations, *dict.fromkeys(filter(None, (__package__, own)))]


def _changing(question: LessonQuestion, called: Callable[[str], str]) -> str:
    if not question.change:
        return ""
    changes = listed([f"{called(place)} becomes {typed(value)}" for place, value in question.change.items()])
    return f"The button changes this: {changes}."


def _show(where: Where | None, called: Callable[[str], str]) -> str:
    if not isinstance(where, str):
        return ""
    try:
        called(where)
    except ExportError:
        return ""
    return where
