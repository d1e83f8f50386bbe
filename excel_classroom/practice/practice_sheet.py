"""The Practice sheet: the first thing a learner sees. It lists the blanks with their marks and hints, and the score."""

from collections.abc import Sequence

from excel_classroom.practice import marks_sheet
from excel_classroom.practice.blanks import ANSWER_NAME, WORDS, Blank
from excel_classroom.practice.judgement import RIGHT, RIGHT_GIVEN, WRONG
from excel_classroom.practice.key import FINGERPRINT_NAME, VARIANT_NAME, Key, fingerprint
from excel_classroom.practice.possible_blanks import PossibleBlank
from excel_export.formulas import COUNTIF, IF, ISNUMBER, SUM, Expression, Grid, Operand, as_expression, equal, joined
from excel_export.formulas.reference import Name, Reference
from excel_export.sheets.book import Book
from excel_export.workbook.canvas import Canvas, Page
from excel_export.workbook.format_rules import fill_rule
from excel_export.workbook.read import Entry
from excel_export.workbook.styles import DIFFERS, FORWARD, PRACTICE_GIVEN, PRACTICE_RIGHT

NAME = "Practice"
START, SCORE_CELL = Reference(NAME, 1, 2), Reference(NAME, 4, 2)
SCORE = "score"
"""What the index calls the cell that counts what is right."""
NUMBER, WHAT, YOURS, MARK, REMARK, ASK, HINT = range(2, 9)
HEADS = ("", "fill in (click to go there)", "your number", "mark", "", "hint", "")
WIDTHS = {1: 1.5, NUMBER: 4, WHAT: 42, YOURS: 13, MARK: 9, REMARK: 24, ASK: 6, HINT: 42}
EXAM_WIDTHS = {1: 1.5, NUMBER: 4, WHAT: 60, YOURS: 16, MARK: 14}
FIRST_ROW, LINES = 7, (28, 40, 52)
LONG_LINK, MOST_READ = 36, 10
"""In characters, and in cells: of more, a line is higher."""
PRACTICE = "practice"
"""What the index calls what belongs to the exercise."""
OWN_NUMBERS = "the network's own numbers"
NO_NUMBER = "not a number"
QUESTION_LINE, ANSWER_LINE = 34, 80


def draw(book: Book, key: Key, chosen: Sequence[PossibleBlank], variant: str) -> None:
    """Draw the page, and put it before the other sheets."""
    blanks, exam = key.blanks, key.options.exam
    canvas = Canvas(NAME, FORWARD, freeze=f"A{FIRST_ROW}", zoom=90, page=Page(landscape=not exam, one_page=True))
    canvas.widths = dict(EXAM_WIDTHS if exam else WIDTHS)
    last = max(canvas.widths)
    canvas.say(1, 2, "Exam" if exam else "Practice", "title")
    first, second = WORDS["how"]["exam" if exam else "practice"]
    for row, text in enumerate((first + WORDS["withheld"] * key.options.pasted, second), start=2):
        canvas.say(row, 2, text, "text", width=last - 1)
    canvas.heights |= {1: 30, 2: 34 if exam else 20, 3: 34 if exam else 20, 4: 24, 5: 6}
    heads = ("", HEADS[1], HEADS[2], "") if exam else HEADS
    for col, head in enumerate(heads, start=2):
        canvas.say(FIRST_ROW - 1, col, head, "head")
    for number, (blank, cell) in enumerate(zip(blanks, chosen, strict=True), start=1):
        _line(canvas, number, blank, cell, exam)
    of, filled = f" of {len(blanks)}", SUM(_column(canvas, last + 2, blanks))
    if exam:
        canvas.put(SCORE_CELL.row, SCORE_CELL.col, joined("Filled in: ", filled, of), "practice_score")
    else:
        states = _column(canvas, last + 1, blanks)
        score = canvas.at(4, last + 1)
        canvas.put(score.row, score.col, COUNTIF(states, RIGHT) + COUNTIF(states, RIGHT_GIVEN), "fixed")
        canvas.put(SCORE_CELL.row, SCORE_CELL.col, joined("Score: ", score, of), "practice_score")
        book.drawn.entries.append(Entry(SCORE, PRACTICE, Grid(NAME, score.row, score.col, (), (), ())))
        state = canvas.at(FIRST_ROW, last + 1).fixed_col
        # A number that follows from a slip before it is wrong, but no slip: it is not coloured as one.
        colours = {RIGHT: PRACTICE_RIGHT, WRONG: DIFFERS}
        rules = [fill_rule(equal(state, word), color) for word, color in colours.items()]
        canvas.format(_column(canvas, MARK, blanks), *rules)
        canvas.format(_column(canvas, REMARK, blanks), fill_rule(equal(state, RIGHT_GIVEN), PRACTICE_GIVEN))
    row = FIRST_ROW + len(blanks) + 1
    # Whose file it is stands where every spreadsheet program keeps it: in cells with names.
    canvas.say(row, 2, "", "cell_small")
    canvas.say(row, WHAT, variant or OWN_NUMBERS, "cell_small")
    canvas.say(row, YOURS, fingerprint(key.secret, variant), "cell_small")
    book.drawn.name(Name(VARIANT_NAME), canvas.at(row, WHAT))
    book.drawn.name(Name(FINGERPRINT_NAME), canvas.at(row, YOURS))
    canvas.say(row + 1, WHAT, WORDS["protected"], "cell_small")
    _ask_in_words(canvas, book, row + 3, [each.text for each in key.questions])
    canvas.hide_columns(last + 1, last + 2)
    canvas.cursor = canvas.at(FIRST_ROW, WHAT)
    book.drawn.add(canvas, "the blanks, their marks, and the score", first=True)


def _ask_in_words(canvas: Canvas, book: Book, row: int, questions: Sequence[str]) -> None:
    """Ask for explanations, each below its question."""
    last = max(canvas.widths)
    if questions:
        canvas.say(row - 1, NUMBER, "In your own words", "heading")
    for number, text in enumerate(questions, start=1):
        question, answer = (canvas.at(row + k, NUMBER, width=last - NUMBER + 1) for k in range(2))
        canvas.say(row, NUMBER, text, "text")
        canvas.stripe(row + 1, NUMBER, last, "own_words")
        canvas.merge(question)
        canvas.merge(answer)
        canvas.heights |= {row: QUESTION_LINE, row + 1: ANSWER_LINE}
        book.drawn.name(Name(ANSWER_NAME.format(number)), canvas.at(row + 1, NUMBER))
        row += 2


def _column(canvas: Canvas, col: int, blanks: Sequence[Blank]) -> Reference:
    return canvas.at(FIRST_ROW, col, height=len(blanks)).fixed


def _line(canvas: Canvas, number: int, blank: Blank, cell: PossibleBlank, exam: bool) -> None:
    row, place = FIRST_ROW + number - 1, cell.place
    last = max(canvas.widths)
    canvas.put(row, NUMBER, number, "practice_number")
    canvas.link(row, WHAT, place, f"{blank.wanted}  →  {blank.sheet} {blank.cell}", "practice_link")
    canvas.put(row, last + 2, 1 - marks_sheet.is_empty(place), "fixed")
    canvas.put(row, YOURS, IF(equal(canvas.at(row, last + 2), 1), place, ""), "practice_yours")
    # Of an exam there are no hints; while a blank before it is empty, a hint says so, too.
    hint = 0 if exam else (len(cell.read) > MOST_READ) + bool(blank.reads)
    canvas.heights[row] = LINES[max(hint, len(blank.wanted) + len(blank.sheet) > LONG_LINK)]
    if exam:
        typed = IF(equal(canvas.at(row, last + 2), 1), IF(ISNUMBER(place), "", NO_NUMBER), "")
        canvas.put(row, MARK, typed, "practice_remark")
        return
    state = canvas.at(row, last + 1)
    canvas.put(row, last + 1, marks_sheet.cell_at(number, marks_sheet.STATE), "fixed")
    words = IF(equal(state, RIGHT_GIVEN), "right, from your numbers", _advice(state, blank, place))
    canvas.put(row, MARK, IF(equal(state, RIGHT_GIVEN), "wrong", state), "practice_mark")
    canvas.put(row, REMARK, words, "practice_remark")
    asked = canvas.at(row, ASK)
    canvas.put(row, ASK, 0, "practice_ask")
    canvas.allow_numbers(asked, 0, 2, "A hint", WORDS["hint"], whole=True)
    first, second = (marks_sheet.cell_at(number, k) for k in (marks_sheet.FIRST_HINT, marks_sheet.SECOND_HINT))
    canvas.put(row, HINT, IF(equal(asked, 2), second, IF(equal(asked, 1), first, "")), "practice_hint")


def _advice(state: Operand, blank: Blank, place: Reference) -> Expression:
    """Of a wrong answer: that it is no number, or which blank before it is to be filled in first."""
    words: Expression = as_expression("")
    for k in reversed(blank.reads):
        words = IF(equal(marks_sheet.cell_at(k + 1, marks_sheet.EMPTY), 1), f"first fill in blank {k + 1}", words)
    return IF(equal(state, WRONG), IF(ISNUMBER(place), words, NO_NUMBER), "")
