"""The sheet Lesson: questions with a yellow cell for each answer, misconceptions, and new words; and the
sheet Answers.
"""

from __future__ import annotations

from excel_export.authoring import COVER, FORWARD, GREY, Book, Canvas, Drawn, Page, Reference, SheetSpec
from excel_export.formulas.words import listed
from excel_export.lessons import question_panel, text_layout
from excel_export.lessons.lesson import Lesson, Where
from excel_export.lessons.lesson_numbers import LessonNumbers
from excel_export.lessons.lesson_places import fill_in, link_words, shown_at
from excel_export.lessons.question_panel import ANSWER, CHOSEN, KIND, LOOK, NOW, SPACE
from excel_export.workbook.format_rules import power_rule

NAME = "Lesson"
HOW_TO = (
    "Choose a question by its number. Type your answer into its yellow cell, and the correct number appears beside it. "
    "The links lead to the cells to change and to those that show the answer."
)


def sheet(lesson: Lesson, numbers: LessonNumbers) -> SheetSpec[None]:
    """Return the sheet Lesson, with the lesson's questions; `Book.draw` draws it, last, since it has links to others.

    `numbers` are PyTorch's numbers, which the texts name.
    """
    what = "what to do: questions, common mistakes, and new terms"
    return SheetSpec(NAME, what, lambda book: _draw(book, lesson, numbers), order=COVER, first=True)


def _draw(book: Book, lesson: Lesson, numbers: LessonNumbers) -> Drawn[None]:
    canvas = Canvas(NAME, FORWARD, page=Page(one_page=True))
    canvas.widths = dict(question_panel.WIDTHS)
    text_layout.title(canvas, lesson.heading, CHOSEN)
    canvas.link(1, LOOK, Reference("Start", 1, 1), "← Start", "link")
    canvas.paragraph(2, CHOSEN, LOOK, HOW_TO)
    canvas.heights[3] = text_layout.SPACE
    row = question_panel.draw(canvas, 4, book, lesson, numbers)
    canvas.cursor = canvas.at(4, CHOSEN)
    row = _before(canvas, row, lesson)
    row = _misconceptions(canvas, row, book, lesson, numbers)
    row = text_layout.heading(canvas, row, "New words", CHOSEN)
    for word, meaning in lesson.glossary.items():
        canvas.say(row, CHOSEN, word, "claim", width=KIND - CHOSEN + 1)
        canvas.paragraph(row, ANSWER, LOOK, fill_in(meaning, book, numbers.at_first))
        width = sum(canvas.widths[col] for col in (CHOSEN, SPACE, KIND))
        canvas.heights[row] = max(canvas.heights[row], text_layout.height(word, width, bold=True))
        row += 1
    canvas.printed = canvas.at(1, 1, row - 1, LOOK)
    drawn = Drawn[None](canvas)
    drawn.name(question_panel.QUESTION, canvas.at(4, CHOSEN))
    return drawn


def _before(canvas: Canvas, row: int, lesson: Lesson) -> int:
    row = text_layout.heading(canvas, row, "You need", CHOSEN)
    text = f"About {lesson.minutes} minutes. You should know {listed(lesson.before)}."
    canvas.paragraph(row, CHOSEN, LOOK, text)
    return row + 1


def _misconceptions(canvas: Canvas, row: int, book: Book, lesson: Lesson, numbers: LessonNumbers) -> int:
    row = text_layout.heading(canvas, row, "Common misconceptions, and the cells that disprove them", CHOSEN)
    for item in lesson.misconceptions:
        canvas.say(row, CHOSEN, "Many say", "claim", width=SPACE - CHOSEN + 1)
        canvas.paragraph(row, KIND, NOW, fill_in(item.claim, book, numbers.at_first), "claim")
        number = look(canvas, row, LOOK, book, item.refuted_by)
        canvas.say(row + 1, CHOSEN, "But", "text", width=SPACE - CHOSEN + 1)
        canvas.paragraph(row + 1, KIND, NOW, fill_in(item.why, book, numbers.at_first))
        canvas.put(row + 1, LOOK, number, "live_number")
        canvas.format(canvas.at(row + 1, LOOK), power_rule(canvas.at(row + 1, LOOK)))
        row += 2
    return row


def look(canvas: Canvas, row: int, col: int, book: Book, where: Where) -> Reference:
    """Write a link to a number's cell into the cell at `row` and `col`, both from 1 on; return the cell it leads to.

    `where` is the number's name, 'grad.w[0, 1]', as for `find`; the link leads to the story if it shows the number. The
    column must have a width.

    Raises:
        ExportError: there is no such name.
    """
    cell = shown_at(book, where)
    canvas.link(row, col, cell, text_layout.link_text(link_words(book, where), canvas.widths[col]), "link")
    return cell


ANSWERS = "Answers"
WIDTHS_OF_ANSWERS = (12, 40, 44, 26, 9)
HEADS_OF_ANSWERS = ("what to do", "question", "answer", "look here", "now")
FOR_TEACHERS = (
    "For teachers: delete this sheet before you hand out the file; nothing refers to it. The answers use the file's "
    "original numbers. The last column shows the current value of each number."
)


def answers(lesson: Lesson, numbers: LessonNumbers) -> SheetSpec[None]:
    """Return the sheet Answers, with the answers to the questions; `Book.draw` draws it.

    No other sheet refers to it, so a teacher can delete it. `numbers` are PyTorch's numbers, which the answers name.
    """
    what = "what good answers say; for those who teach"
    return SheetSpec(ANSWERS, what, lambda book: _draw_answers(book, lesson, numbers), order=COVER + 1)


def _draw_answers(book: Book, lesson: Lesson, numbers: LessonNumbers) -> Drawn[None]:
    canvas = Canvas(ANSWERS, GREY, page=Page(landscape=False, one_page=True))
    canvas.widths = {1: 2, **dict(enumerate(WIDTHS_OF_ANSWERS, start=2))}
    kind, question_col, answer_col, look_col, now = range(2, 7)
    text_layout.title(canvas, ANSWERS, kind)
    canvas.paragraph(2, kind, now, FOR_TEACHERS)
    for col, head in enumerate(HEADS_OF_ANSWERS, start=kind):
        canvas.say(4, col, head, "head")
    for k, question in enumerate(lesson.questions, start=1):
        row = 4 + k
        to_type = [each.words for each in question_panel.to_type(question, book, numbers)]
        typed = [f"Type {listed(to_type)}."] if to_type else []
        ask = " ".join([*typed, fill_in(question.ask, book, numbers.at_first)])
        answer = fill_in(question.answer, book, numbers.after(question.change))
        canvas.say(row, kind, f"{k}  {question.do}", "answer")
        canvas.heights[row] = 0
        for col, text in ((question_col, ask), (answer_col, answer)):
            canvas.say(row, col, text, "text")
            canvas.heights[row] = max(canvas.heights[row], text_layout.height(text, canvas.widths[col]))
        canvas.put(row, now, look(canvas, row, look_col, book, question.where), "live_number")
    return Drawn(canvas)
