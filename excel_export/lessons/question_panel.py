"""The upper part of the Lesson sheet: one question at a time, the numbers to type for it, and a cell for each answer.

A cell with the question's number chooses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from excel_export.authoring import Book, Canvas, Expression, Name, Reference, equal, joined
from excel_export.formulas import HYPERLINK, IF, INDEX, INT, ISNUMBER, MAX, MIN
from excel_export.lessons import text_layout
from excel_export.lessons.lesson import Lesson, LessonQuestion
from excel_export.lessons.lesson_numbers import LessonNumbers
from excel_export.lessons.lesson_places import called, fill_in, find, link_words, number, shown_at, typed
from excel_export.workbook.calibri import column_pixels, row_points
from excel_export.workbook.format_rules import fill_rule, power_rule
from excel_export.workbook.styles import FORWARD_PALE, STYLES

CHOSEN, SPACE, KIND, ANSWER, NOW, LOOK = range(2, 8)
WIDTHS = {1: 2, CHOSEN: 8, SPACE: 8, KIND: 12, ANSWER: 66, NOW: 14, LOOK: 42}
HEADS = {CHOSEN: "question", KIND: "what to do", ANSWER: "what you think", NOW: "the number", LOOK: "where it stands"}
QUESTION = Name("lesson_question")
"""The defined name of the cell with the number of the question, from 1 on."""
LONGEST_TYPED = 6
"""The most characters of a number that a learner types again without mistakes."""
CONTROL_HEIGHT = 20
"""The height of the row that chooses a question, in points."""
ROW_HEIGHT = 17
"""The height of the other rows of one line, in points."""


@dataclass(frozen=True)
class ToType:
    """A number that a learner types for a question: ToType(Network!B3, '0 into w', 'put 2 back afterwards')."""

    cell: Reference
    """The cell."""
    words: str
    """The words for it: '0 into w'."""
    afterwards: str
    """The words for undoing it: 'put 2 back afterwards'."""


def draw(canvas: Canvas, row: int, book: Book, lesson: Lesson, numbers: LessonNumbers) -> int:
    """Draw a lesson's questions from row `row` on: one in full, which a learner chooses, then a line for each answer.

    Return the first row below. Rows count from 1. The columns must have the widths `WIDTHS`. `numbers` are PyTorch's,
    which the texts name.
    """
    questions = [_QuestionCells(question, book, numbers) for question in lesson.questions]
    most = max(len(each.to_type) for each in questions)
    table = _Table(canvas, row, questions, most)
    last = len(questions)
    canvas.put(row, CHOSEN, 1, "question")
    canvas.allow_list(canvas.at(row, CHOSEN), range(1, last + 1), f"A whole number from 1 to {last}, please.")
    canvas.put(row, KIND, joined("of ", last, ":  ", table.of("kind")), "claim", width=ANSWER - KIND + 1)
    canvas.heights[row] = CONTROL_HEIGHT
    row += 1
    canvas.put(row, CHOSEN, table.of("question"), "ask", width=LOOK - CHOSEN + 1)
    room, style = sum(column_pixels(WIDTHS[col]) for col in range(CHOSEN, LOOK + 1)), STYLES["ask"]
    canvas.heights[row] = max(row_points(each.text, style.size, room, style.bold) for each in questions) + 3
    for k in range(most):
        row += 1
        words, target = table.of(f"words {k}"), table.of(f"target {k}")
        canvas.put(row, CHOSEN, IF(equal(words, ""), "", HYPERLINK(target, words)), "link", width=ANSWER - CHOSEN + 1)
        canvas.put(row, NOW, table.of(f"afterwards {k}"), "hint", width=LOOK - NOW + 1)
        canvas.heights[row] = ROW_HEIGHT
    row += 1
    for col, head in HEADS.items():
        canvas.say(row, col, head, "head")
    canvas.stripe(row, SPACE, SPACE, "head")
    for k, each in enumerate(questions, start=1):
        _answer(canvas, row + k, k, each, table.chosen)
    return row + last + 1


def to_type(question: LessonQuestion, book: Book, numbers: LessonNumbers) -> list[ToType]:
    """Return the numbers to type for a question, each with its cell and words, '0 into w'; [] for none."""
    found = []
    for place, value in question.change.items():
        cell, before = called(book, place), typed(number(place, numbers.at_first))
        afterwards = (
            "afterwards take it back (Ctrl+Z)" if len(before) > LONGEST_TYPED else f"put {before} back afterwards"
        )
        found.append(ToType(find(book, place), f"{typed(value)} into {cell}", afterwards))
    return found


class _QuestionCells:
    def __init__(self, question: LessonQuestion, book: Book, numbers: LessonNumbers) -> None:
        self.do, self.text = question.do, fill_in(question.ask, book, numbers.at_first)
        self.to_type = to_type(question, book, numbers)
        self.number = shown_at(book, question.where)
        self.look, self.called = self.number, link_words(book, question.where)
        if question.on:
            self.look, self.called = find(book, question.on), question.on


class _Table:
    def __init__(self, canvas: Canvas, row: int, questions: Sequence[_QuestionCells], most: int) -> None:
        self._canvas, self._row, self._count = canvas, row, len(questions)
        slots = [f"{what} {k}" for k in range(most) for what in ("words", "target", "afterwards")]
        self._columns = {what: LOOK + 3 + k for k, what in enumerate(("kind", "question", *slots))}
        canvas.hide_columns(LOOK + 2)
        chosen = canvas.at(row, CHOSEN)
        at = canvas.at(row - 1, LOOK + 3)
        canvas.put(at.row, at.col, IF(ISNUMBER(chosen), MAX(1, MIN(self._count, INT(chosen))), 1), "fixed")
        self.chosen = at.fixed
        for k, each in enumerate(questions):
            typed = [
                item for one in each.to_type for item in (f"Type {one.words} →", _target(one.cell), one.afterwards)
            ]
            line = [each.do, each.text, *typed, *[""] * (3 * most - len(typed))]
            for col, item in zip(self._columns.values(), line, strict=True):
                canvas.say(row + k, col, item, "fixed")

    def of(self, what: str) -> Expression:
        column = self._canvas.at(self._row, self._columns[what], height=self._count)
        return joined(INDEX(column.fixed, self.chosen), "")


def _target(cell: Reference) -> str:
    return f"#{cell.fixed.everywhere}"


def _answer(canvas: Canvas, row: int, k: int, asked: _QuestionCells, chosen: Reference) -> None:
    canvas.say(row, CHOSEN, k, "answer")
    canvas.stripe(row, SPACE, SPACE, "answer")
    canvas.say(row, KIND, asked.do, "answer")
    canvas.stripe(row, ANSWER, ANSWER, "own_words")
    waits = asked.do != "change"
    shown = IF(equal(canvas.at(row, ANSWER), ""), "", asked.number) if waits else asked.number
    canvas.put(row, NOW, shown, "live_large")
    canvas.format(canvas.at(row, NOW), power_rule(canvas.at(row, NOW)))
    canvas.link(row, LOOK, asked.look, text_layout.link_text(asked.called, WIDTHS[LOOK]), "link")
    canvas.format(canvas.at(row, CHOSEN, width=KIND - CHOSEN + 1), fill_rule(equal(chosen, k), FORWARD_PALE))
    canvas.heights[row] = ROW_HEIGHT
