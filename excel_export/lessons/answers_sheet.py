"""The Answers sheet, for those who teach. Nothing in the workbook refers to it, so it can be deleted."""

from __future__ import annotations

from excel_export.authoring import COVER, GREY, Book, Canvas, Drawn, Page, SheetSpec
from excel_export.lessons import text_layout
from excel_export.lessons.lesson import Lesson
from excel_export.lessons.lesson_numbers import LessonNumbers
from excel_export.lessons.lesson_places import fill_in
from excel_export.lessons.lesson_sheet import look
from excel_export.lessons.question_panel import to_type

NAME = "Answers"
KIND, QUESTION, ANSWER, LOOK, NOW = range(2, 7)
WIDTHS = {1: 2, KIND: 12, QUESTION: 40, ANSWER: 44, LOOK: 26, NOW: 9}
HOW_TO = (
    "For those who teach: delete this sheet before you hand out the file; nothing refers to it. The answers have the "
    "numbers with which the file was made. The last column shows the number as it is now."
)


def sheet(lesson: Lesson, numbers: LessonNumbers) -> SheetSpec[None]:
    """The answers to a lesson, behind all other sheets that have a tab."""
    what = "what good answers say; for those who teach"
    return SheetSpec(NAME, what, lambda book: _draw(book, lesson, numbers), order=COVER + 1)


def _draw(book: Book, lesson: Lesson, numbers: LessonNumbers) -> Drawn[None]:
    """Write the answers.

    Raises:
        ExportError: a text names a place that is not there.
    """
    canvas = Canvas(NAME, GREY, page=Page(landscape=False, one_page=True))
    canvas.widths = dict(WIDTHS)
    text_layout.title(canvas, "Answers", KIND)
    canvas.paragraph(2, KIND, NOW, HOW_TO)
    row = 4
    for col, head in (
        (KIND, "what to do"),
        (QUESTION, "question"),
        (ANSWER, "answer"),
        (LOOK, "look here"),
        (NOW, "now"),
    ):
        canvas.say(row, col, head, "head")
    for k, question in enumerate(lesson.questions, start=1):
        row += 1
        typed = [f"({each.words}; {each.afterwards}.)" for each in to_type(question, book, numbers)]
        ask = " ".join([fill_in(question.ask, book, numbers.at_first), *typed])
        answer = fill_in(question.answer, book, numbers.after(question.change))
        canvas.say(row, KIND, f"{k}  {question.do}", "answer")
        canvas.say(row, QUESTION, ask, "text")
        canvas.say(row, ANSWER, answer, "text")
        canvas.heights[row] = max(text_layout.height(ask, WIDTHS[QUESTION]), text_layout.height(answer, WIDTHS[ANSWER]))
        canvas.put(row, NOW, look(canvas, row, LOOK, book, question.where), "live_number")
    return Drawn(canvas)
