"""From a lesson to its page: the network, and its questions, each with a link to where one sees the answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from excel_export.browser.guide import Stop
from excel_export.browser.page import page
from excel_export.formulas import listed
from excel_export.lessons.lesson import Lesson, Question, Where
from excel_export.lessons.numbers import Numbers
from excel_export.lessons.places import called_in, filled, typed
from excel_export.report import Report
from excel_export.shared.errors import ExportError

_ON_A_PAGE = {
    r"\(Each token is a column on the sheet Network, and a row on the Lens\.\)": "(Each token is a row.)",
    r"the sheets call both": "this page calls both",
    r"On Explain, each of the four terms is": "Each of the four terms that you see there is",
    r"Choose it on Explain\.": "Choose it in its step: its products are listed there.",
    r"On Learning rules, type (\S+) as the first learning rate, that of plain SGD\. What does its loss do\? Then type":
        r"Under Learning, set the rate to \1, with the rule SGD, and take steps. What does the loss do? Then set it to",
    r"On Learning rules, type (\S+) as momentum, then 0, then (\S+) again\. How does its way change\?":
        r"Under Learning, choose momentum, and set it to \1, then to 0, then to \2 again, with thirty steps each. "
        "How does the loss change?",
    r"Follow both velocities on Rule steps\.": "Think of both velocities, step by step.",
    r"On (?:Start|Training), set the learning rate to": "Under Learning, set the rate to",
    r"Go through the sheet Derivation\.": "Choose a score, and follow its way to the loss.",
    r"at step 40 on the sheet One row a step\?": "after forty steps?",
    r"is the loss at step 40\? Then": "is the loss after forty steps? Then",
    r"Of these six rates, the largest is the best\. But type (\S+) as the last rate on Learning rates:":
        r"Up to some rate it is so. But set it to \1, and take sixty steps:",
    r"Look at the picture on the Lens, step 1\.": "Look at the picture.",
    r"Look at Two heads:": "Look at the steps back through the digit read:",
}  # fmt: skip
"""How a page says what a workbook says of its sheets."""
_NOT_ON_A_PAGE = "held-out loss lowest"
"""A question about this has no answer there."""


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
        Stop(each.do, _said(filled(each.ask, called, first)),
             _said(filled(each.answer, called, numbers.after(each.change))),
             _show(each.where, called), each.change, _changing(each, called))
        for each in lesson.questions
        if _NOT_ON_A_PAGE not in each.ask
    ]  # fmt: skip
    beliefs = [
        Stop("belief", filled(each.claim, called, first), _said(filled(each.why, called, first)),
             _show(each.refuted_by, called))
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


def _said(text: str) -> str:
    """What a page says instead of a text of the workbook."""
    for of_sheets, here in _ON_A_PAGE.items():
        text = re.sub(of_sheets, here, text)
    return text


def _show(where: Where | None, called: Callable[[str], str]) -> str:
    """The place, unless it is on a sheet that a page doesn't have."""
    if not isinstance(where, str):
        return ""
    try:
        called(where)
    except ExportError:
        return ""
    return where
