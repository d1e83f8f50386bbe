"""From a lesson to its page: the network, and its questions, each with a link to where one sees the answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from excel_export.browser.guide import Stop
from excel_export.browser.page import page
from excel_export.formulas.words import listed
from excel_export.lessons.lesson import Lesson, Question, Where
from excel_export.lessons.numbers import Numbers
from excel_export.lessons.places import called_in, filled, typed
from excel_export.report import Report
from excel_export.shared.errors import ExportError

_LEARNING = "Here, set the rate and take steps at the left, under Learning; reset begins again."
_HERE = {
    "Lens": "Here, go through the steps.",
    "Explain": "Here, choose the number: its products stand below it.",
    "Start": "Here, the rate is at the left, under Learning, and the loss after the step at the top.",
    "Training": f"{_LEARNING} A held-out loss is in the workbook only.",
    "Learning rates": _LEARNING,
    "Learning rules": f"{_LEARNING} There are the other rules, too.",
    "One row a step": _LEARNING,
    "Two heads": "Here, look at the steps ← digit and number and ← digit read: there the gradient becomes 0.",
    "Derivation": "Here, choose a number and follow its way to the loss: it shows the slope of each step.",
    "Rule steps": "This page has nothing like it.",
}
"""What a page has instead of a sheet."""
_ON_A_SHEET = re.compile(rf"\b(?:[Oo]n(?: the)?|[Ss]heet|Look at) ({'|'.join(_HERE)})\b")


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
        title=lesson.heading,
        learning_rate=lesson.learning_rate,
        guide=stops(lesson),
        texts=texts_packages(lesson),
        progress=progress,
    )


def stops(lesson: Lesson) -> list[Stop]:
    """The questions of a lesson, then what many believe."""
    numbers = Numbers(lesson)
    called = partial(called_in, numbers.graph)
    first = numbers.at_first
    questions = [
        Stop(each.do, filled(each.ask, called, first), filled(each.answer, called, numbers.after(each.change)),
             _show(each.where, called), each.change, _changing(each, called), _note(each.ask))
        for each in lesson.questions
    ]  # fmt: skip
    beliefs = [
        Stop("belief", filled(each.claim, called, first), filled(each.why, called, first),
             _show(each.refuted_by, called), note=_note(each.why))
        for each in lesson.misconceptions
    ]  # fmt: skip
    return [*questions, *beliefs]


def texts_packages(lesson: Lesson) -> list[str]:
    """The packages with the texts of a lesson in other languages: this one, and that of the lesson."""
    own = getattr(lesson.make, "__module__", "").rpartition(".")[0]
    return list(dict.fromkeys(filter(None, (__package__, own))))


def _changing(question: Question, called: Callable[[str], str]) -> str:
    """What is changed for a question."""
    if not question.change:
        return ""
    changes = listed([f"{called(place)} becomes {typed(value)}" for place, value in question.change.items()])
    return f"The button changes this: {changes}."


def _note(text: str) -> str:
    """Where a page has what a text wants to be looked at on a sheet of the workbook."""
    sheets = dict.fromkeys(_ON_A_SHEET.findall(text))
    return " ".join(f"{sheet} is a sheet of this lesson's workbook. {_HERE[sheet]}" for sheet in sheets)


def _show(where: Where | None, called: Callable[[str], str]) -> str:
    """The place, unless it is on a sheet that a page doesn't have."""
    if not isinstance(where, str):
        return ""
    try:
        called(where)
    except ExportError:
        return ""
    return where
