"""From a lesson to its page: the network, and its questions, each with a link to where one sees the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from excel_export.browser.guide import Stop
from excel_export.browser.page import page
from excel_export.formulas.words import listed
from excel_export.lessons.lesson import Lesson, Question, Where
from excel_export.lessons.numbers import Numbers
from excel_export.lessons.places import filled, split, typed
from excel_export.report import Report


def write_lesson_page(
    lesson: Lesson, path: str | Path, progress: Callable[[str, float], None] = lambda stage, share: None
) -> Report:
    """Write the page of a lesson.

    Args:
        lesson: the lesson.
        path: the .html file to write.
        progress: as `page` takes it.

    Raises:
        ExportError: as `page`, or a text of the lesson names a place that is not there.
    """
    module, inputs = lesson.make()
    return page(
        module,
        inputs,
        path,
        title=f"Lesson {lesson.number}: {lesson.title}",
        learning_rate=lesson.learning_rate,
        guide=stops(lesson),
        progress=progress,
    )


def stops(lesson: Lesson) -> list[Stop]:
    """The questions of a lesson, then what many believe."""
    numbers = Numbers(lesson)
    first = numbers.at_first
    questions = [
        Stop(each.do, _asked(each, first), filled(each.answer, called, numbers.after(each.change)), _show(each.where),
             each.change)
        for each in lesson.questions
    ]  # fmt: skip
    beliefs = [
        Stop("belief", filled(each.claim, called, first), filled(each.why, called, first), _show(each.refuted_by))
        for each in lesson.misconceptions
    ]
    return [*questions, *beliefs]


def called(place: str) -> str:
    """What a place is called in a sentence: 'conv.weight (0, 1)'."""
    name, index = split(place)
    return f"{name} ({', '.join(map(str, index))})" if index else name


def _asked(question: Question, numbers: Mapping[str, torch.Tensor]) -> str:
    """The question, with what is changed for it."""
    text = filled(question.ask, called, numbers)
    if not question.change:
        return text
    changes = listed([f"{called(place)} becomes {typed(value)}" for place, value in question.change.items()])
    return f"The button changes this: {changes}. {text}"


def _show(where: Where | None) -> str:
    """The place, unless it is on a sheet that a page doesn't have."""
    return where if isinstance(where, str) else ""
