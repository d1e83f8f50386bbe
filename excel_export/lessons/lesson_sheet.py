"""The Lesson sheet: questions with a yellow cell for each answer, what many get wrong, and the new words."""

from __future__ import annotations

from excel_export.authoring import COVER, FORWARD, IF, Book, Canvas, Drawn, Page, Reference, SheetSpec, equal
from excel_export.formulas.words import listed
from excel_export.lessons import text_layout
from excel_export.lessons.lesson import Lesson, Question, Where
from excel_export.lessons.numbers import Numbers
from excel_export.lessons.places import called, fill_in, find, number, typed
from excel_export.xlsx.calibri import PADDING, column_pixels, shortened, text_width
from excel_export.xlsx.rules import power_rule

NAME = "Lesson"
KIND, TEXT, ANSWER, CHANGE, LOOK, NOW = range(2, 8)
WIDTHS = {1: 2, KIND: 16, TEXT: 54, ANSWER: 28, CHANGE: 16, LOOK: 30, NOW: 12}
HEADS = {
    KIND: "what to do", TEXT: "question", ANSWER: "your answer", CHANGE: "change here", LOOK: "look here", NOW: "now",
}  # fmt: skip
LONGEST_TYPED = 6
"""Of a number with more characters, a learner would make a mistake."""
STEP, STEPS = "step", "steps"
HOW_TO = (
    "Answer the questions one after another. First write into the yellow cell what you think: then the number in "
    "question stands at the right. The links lead to the cells that you change, and to where the number is made; the "
    "tab Lesson leads back. Lens and Network stand at their last step; their arrows lead to the steps before."
)


def sheet(lesson: Lesson, numbers: Numbers) -> SheetSpec[None]:
    """The sheet of a lesson; it is drawn when all others are, so that it may read any of them."""
    what = "what to do: questions, what many get wrong, and the new words"
    return SheetSpec(NAME, what, lambda book: _draw(book, lesson, numbers), order=COVER, first=True)


def _draw(book: Book, lesson: Lesson, numbers: Numbers) -> Drawn[None]:
    """Write the page that a learner of the lesson sees first.

    Raises:
        ExportError: a text names a place that is not there.
    """
    canvas = Canvas(NAME, FORWARD, page=Page(one_page=True))
    canvas.widths = dict(WIDTHS)
    text_layout.title(canvas, lesson.heading, KIND)
    canvas.paragraph(2, KIND, NOW, HOW_TO)
    row = _before(canvas, 3, lesson)
    row = _questions(canvas, row, book, lesson, numbers)
    row = _misconceptions(canvas, row, book, lesson, numbers)
    row = text_layout.heading(canvas, row, "New words", KIND)
    for word, meaning in lesson.glossary.items():
        canvas.say(row, KIND, word, "claim")
        canvas.paragraph(row, TEXT, LOOK, fill_in(meaning, book, numbers.at_first))
        canvas.heights[row] = max(canvas.heights[row], text_layout.height(word, WIDTHS[KIND], bold=True))
        row += 1
    _show_every_step(book)
    return Drawn(canvas)


def _show_every_step(book: Book) -> None:
    """Let the Lens stand at its last step: the Network sheet veils what comes later."""
    if STEP in book.names:
        (lens,) = (canvas for canvas in book.canvases if canvas.name == book.names[STEP].sheet)
        step, count = book.names[STEP], book.names[STEPS]
        _, style = lens.cells[step.row][step.col]
        last, _ = lens.cells[count.row][count.col]
        lens.cells[step.row][step.col] = last, style


def _before(canvas: Canvas, row: int, lesson: Lesson) -> int:
    canvas.say(row, KIND, "You need", "claim")
    canvas.paragraph(row, TEXT, LOOK, f"about {lesson.minutes} minutes, and to know: {'; '.join(lesson.before)}.")
    return row + 1


def _questions(canvas: Canvas, row: int, book: Book, lesson: Lesson, numbers: Numbers) -> int:
    row = text_layout.heading(canvas, row, "Questions", KIND)
    for col, head in HEADS.items():
        canvas.say(row, col, head, "head")
    for k, question in enumerate(lesson.questions, start=1):
        row += 1
        canvas.say(row, KIND, f"{k}  {question.do}", "answer")
        ask = asked(question, book, numbers)
        canvas.say(row, TEXT, ask, "text")
        canvas.stripe(row, ANSWER, ANSWER, "own_words")
        canvas.heights[row] = text_layout.height(ask, WIDTHS[TEXT], least=2)
        if question.change:
            places = list(question.change)
            _link(canvas, row, CHANGE, find(book, places[0]), listed([called(book, place) for place in places]))
        if question.where and (cell := look(canvas, row, LOOK, book, question.where)):
            # Who predicts or explains sees the number once there is an answer.
            early = IF(equal(canvas.at(row, ANSWER), ""), "", cell)
            canvas.put(row, NOW, cell if question.do == "change" else early, "live_large")
            canvas.format(canvas.at(row, NOW), power_rule(canvas.at(row, NOW)))
    return row + 1


def _misconceptions(canvas: Canvas, row: int, book: Book, lesson: Lesson, numbers: Numbers) -> int:
    row = text_layout.heading(canvas, row, "What many believe, and the cell that says otherwise", KIND)
    for item in lesson.misconceptions:
        canvas.say(row, KIND, "Many say", "claim")
        canvas.paragraph(row, TEXT, ANSWER, fill_in(item.claim, book, numbers.at_first), "claim")
        look(canvas, row, LOOK, book, item.refuted_by)
        canvas.say(row + 1, KIND, "But", "text")
        canvas.paragraph(row + 1, TEXT, ANSWER, fill_in(item.why, book, numbers.at_first))
        canvas.put(row + 1, LOOK, find(book, item.refuted_by), "live_number")
        canvas.format(canvas.at(row + 1, LOOK), power_rule(canvas.at(row + 1, LOOK)))
        row += 2
    return row


def asked(question: Question, book: Book, numbers: Numbers) -> str:
    """The question, with what is to be typed before it, and how to undo that behind it."""
    text = fill_in(question.ask, book, numbers.at_first)
    if not question.change:
        return text
    cells = {place: called(book, place) for place in question.change}
    before = listed([f"{typed(value)} into {cells[place]}" for place, value in question.change.items()])
    first = {place: typed(number(place, numbers.at_first)) for place in question.change}
    if max(map(len, first.values())) > LONGEST_TYPED:
        return f"Type {before}. {text} Then take it back (Ctrl+Z)."
    return (
        f"Type {before}. {text} Then type {listed([f'{first[place]} into {cells[place]}' for place in first])} again."
    )


def look(canvas: Canvas, row: int, col: int, book: Book, where: Where) -> Reference | None:
    """Put a link to a place; return its cell, or None where it is a whole sheet."""
    cell = find(book, where)
    is_sheet = isinstance(where, str) and where == cell.sheet
    _link(canvas, row, col, cell, called(book, where))
    return None if is_sheet else cell


def _link(canvas: Canvas, row: int, col: int, target: Reference, name: str) -> None:
    room = column_pixels(canvas.widths[col]) - PADDING - text_width(" →", text_layout.SIZE)
    canvas.link(row, col, target, f"{shortened(name, room, text_layout.SIZE)} →", "link")
