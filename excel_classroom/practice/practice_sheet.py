"""The sheet Practice of a practice workbook, and the hidden sheets behind its marks.

Practice is the first thing that a learner sees: the blanks with their marks and hints, and the score. Hidden are the
network with its own formulas, and each blank's mark and hints. The second hint is a formula with numbers in place of
its cells: '0.31 · 1.20 + … = 0.85'.
"""

from collections.abc import Callable, Sequence
from typing import Any

from excel_classroom.practice.blanks import ANSWER_NAME, WORDS, Blank
from excel_classroom.practice.judgement import FORMULAS, RIGHT, RIGHT_GIVEN, WRONG, Tolerance, is_plain, margin, state
from excel_classroom.practice.key import FINGERPRINT_NAME, VARIANT_NAME, Key, fingerprint
from excel_classroom.practice.possible_blanks import PossibleBlank
from excel_export import formulas
from excel_export.book.book import Book
from excel_export.book.names import LEARNING_RATE
from excel_export.book.network_sheet import network_sheet
from excel_export.formulas import Expression, Grid, Name, Operand, Reference, as_expression, equal, joined, total
from excel_export.formulas.analysis.pretty import NumberSlot, pretty_printed, token_text
from excel_export.formulas.functions import COUNTIF, IF, ISNUMBER, ROUND, SUM, TEXT, signed_text
from excel_export.shared.infinity import NEVER
from excel_export.sheets.sheet_parts import number_format
from excel_export.workbook.canvas import Canvas, Page
from excel_export.workbook.format_rules import fill_rule
from excel_export.workbook.read import Entry
from excel_export.workbook.styles import DIFFERS, FORWARD, GREY, PRACTICE_GIVEN, PRACTICE_RIGHT

NAME = "Practice"
"""The first sheet, on which a student begins."""
START = Reference(NAME, 1, 2)
"""The cell to which all links '← Practice' lead."""
SCORE_CELL = Reference(NAME, 4, 2)
"""The cell with the sentence 'Score: 3 of 12'."""
SCORE = "score"
"""The key of the cell that counts the right answers, in the workbook's index of tensors."""
NUMBER, WHAT, YOURS, MARK, REMARK, ASK, HINT = range(2, 9)
"""The columns of the sheet Practice, B to H, in the order of `HEADS`."""
HEADS = ("", "fill in (click to go there)", "your number", "mark", "", "hint", "")
WIDTHS = {1: 1.5, NUMBER: 4, WHAT: 42, YOURS: 13, MARK: 9, REMARK: 24, ASK: 6, HINT: 42}
EXAM_WIDTHS = {1: 1.5, NUMBER: 4, WHAT: 60, YOURS: 16, MARK: 14}
"""The widths of the columns in characters, by the column's number."""
FIRST_ROW = 7
"""The row of the first blank on the sheet Practice."""
LINES = (28, 40, 52)
"""The heights of a blank's row in points, for one, two and three lines of text."""
LONG_LINK = 36
"""In characters: a longer link takes two lines."""
MOST_READ = 10
"""In cells: a formula that reads more has a hint of another line."""
PRACTICE = "practice"
"""The kind of entries of the exercise in the workbook's index of tensors."""
OWN_NUMBERS = "the network's own numbers"
NO_NUMBER = "not a number"
QUESTION_LINE = 34
"""The height of a question's row in points: two lines."""
ANSWER_LINE = 80
"""The height of the row for an answer in words, in points: five lines."""
MARKS = "Marks"
"""The hidden sheet with the mark and the hints of each blank."""
TWIN = "Answers"
"""The hidden sheets of the network with all its formulas."""
FIRST_MARK = 6
"""The row of the first blank on the sheet Marks."""
FORMAT_ROW = 3
"""The row on the sheet Marks of the cell with the number format of the hints."""
DECIMALS = 4
"""The decimals of the numbers in hints, as cells show them."""
EMPTY_COUNTS = "with 0 for each empty blank: "
MARK_HEADS = ("blank", "answer", "may differ by", "from your numbers", "may differ by", "is empty", "empty before it",
              "mark", "hint 1", "hint 2", "is wrong, and 0 or ±1", "such before it")  # fmt: skip
ANSWER, MARGIN, GIVEN, GIVEN_MARGIN, EMPTY, EMPTY_BEFORE, STATE, FIRST_HINT, SECOND_HINT = range(3, 12)
PLAIN_HERE, PLAIN_BEFORE = 12, 13
"""The columns of the sheet Marks, C to M, in the order of `MARK_HEADS`."""
MOST_VALUES = 6
"""The number of products, or cells of a range, that a hint spells out before '…'."""
MOST_PIECES = 60
"""The number of pieces after which a hint is broken off: nobody reads more."""


def draw(book: Book, key: Key, chosen: Sequence[PossibleBlank], variant: str) -> None:
    """Draw the sheet 'Practice', a line for each blank, 'w·x → Network J8', and put it before the other sheets.

    Args:
        book: the workbook.
        key: the key, with the blanks.
        chosen: the cells of the blanks.
        variant: the text that the sheet shows as owner; '' for the network's own numbers.
    """
    blanks, exam = key.blanks, key.options.exam
    canvas = Canvas(NAME, FORWARD, freeze=f"A{FIRST_ROW}", zoom=90, page=Page(landscape=not exam, one_page=True))
    canvas.widths = dict(EXAM_WIDTHS if exam else WIDTHS)
    last = max(canvas.widths)
    canvas.say(1, 2, "Exam" if exam else "Practice", "title")
    first, second = WORDS["how"]["exam" if exam else "practice"]
    for row, text in enumerate((first + WORDS["withheld"] * key.options.exam, second), start=2):
        canvas.say(row, 2, text, "text", width=last - 1)
    canvas.heights |= {1: 30, 2: 34 if exam else 20, 3: 34 if exam else 20, 4: 24, 5: 6}
    heads = ("", HEADS[1], HEADS[2], "") if exam else HEADS
    canvas.across(FIRST_ROW - 1, 2, heads, "head")
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
    canvas.across(row, NUMBER, ("", variant or OWN_NUMBERS, fingerprint(key.secret, variant)), "cell_small")
    book.drawn.name(Name(VARIANT_NAME), canvas.at(row, WHAT))
    book.drawn.name(Name(FINGERPRINT_NAME), canvas.at(row, YOURS))
    canvas.say(row + 1, WHAT, WORDS["protected"], "cell_small")
    _ask_in_words(canvas, book, row + 3, [each.text for each in key.questions])
    canvas.hide_columns(last + 1, last + 2)
    canvas.cursor = canvas.at(FIRST_ROW, WHAT)
    book.drawn.add(canvas, "the blanks, their marks, and the score", first=True)


def _ask_in_words(canvas: Canvas, book: Book, row: int, questions: Sequence[str]) -> None:
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
    canvas.put(row, last + 2, 1 - is_empty(place), "fixed")
    canvas.put(row, YOURS, IF(equal(canvas.at(row, last + 2), 1), place, ""), "practice_yours")
    # Of an exam there are no hints; while a blank before it is empty, a hint says so, too.
    hint = 0 if exam else (len(cell.read) > MOST_READ) + bool(blank.reads)
    canvas.heights[row] = LINES[max(hint, len(blank.wanted) + len(blank.sheet) > LONG_LINK)]
    if exam:
        typed = IF(equal(canvas.at(row, last + 2), 1), IF(ISNUMBER(place), "", NO_NUMBER), "")
        canvas.put(row, MARK, typed, "practice_remark")
        return
    state = canvas.at(row, last + 1)
    canvas.put(row, last + 1, cell_at(number, STATE), "fixed")
    words = IF(equal(state, RIGHT_GIVEN), "right, from your numbers", _advice(state, blank, place))
    canvas.put(row, MARK, IF(equal(state, RIGHT_GIVEN), "wrong", state), "practice_mark")
    canvas.put(row, REMARK, words, "practice_remark")
    asked = canvas.at(row, ASK)
    canvas.put(row, ASK, 0, "practice_ask")
    canvas.allow_numbers(asked, 0, 2, "A hint", WORDS["hint"], whole=True)
    first, second = (cell_at(number, k) for k in (FIRST_HINT, SECOND_HINT))
    canvas.put(row, HINT, IF(equal(asked, 2), second, IF(equal(asked, 1), first, "")), "practice_hint")


def _advice(state: Operand, blank: Blank, place: Reference) -> Expression:
    words: Expression = as_expression("")
    for k in reversed(blank.reads):
        words = IF(equal(cell_at(k + 1, EMPTY), 1), f"first fill in blank {k + 1}", words)
    return IF(equal(state, WRONG), IF(ISNUMBER(place), words, NO_NUMBER), "")


def substituted(expression: Expression, index: formulas.Index, number_format: Reference) -> Expression:
    """Return a formula whose text is another formula with numbers for its cells: '-0.31 · (-1.20) + 0.50' for A1*B1+C1.

    It shows no result. After 6 products of a sum, or 60 texts and numbers, ' …' stands for the others.

    Args:
        expression: the formulas of a tensor.
        index: the element, from 0 on.
        number_format: the cell that holds the format of the cells' numbers, 0.00; constants stay as they are.
    """
    line = _LineOfNumbers(number_format)
    pieces = pretty_printed(expression, index)
    slots = [piece for piece in pieces if isinstance(piece, NumberSlot)]
    if len(slots) == 1 and isinstance(slots[0].content, Expression):
        # All of it is one value, which as good as is the result: what that is made of is told instead.
        line.add_parts(expression.tokens(index))
    else:
        for piece in pieces[:MOST_PIECES]:
            if isinstance(piece, str):
                line.add(piece)
            elif isinstance(piece.content, Expression) and (pairs := _products(piece.content.tokens())):
                line.add_products(pairs)
            else:
                line.add_number(piece.content, bare=piece.bare)
        if len(pieces) > MOST_PIECES:
            line.add(" …")
    if line.products > MOST_VALUES:
        line.add(f"   ({line.products} products)")
    return joined(*line.pieces)


def _products(tokens: list[formulas.Token]) -> list[tuple[Reference, Reference]]:
    """Return the pairs of cells that are multiplied in a sum of products; [] if the formula is anything else."""
    if not all(isinstance(token, tuple) or token == "+" for token in tokens):
        return []
    ranges = [token for token in tokens if isinstance(token, tuple)]
    return [pair for left, right in ranges for pair in zip(left.each(), right.each(), strict=True)]


class _LineOfNumbers:
    def __init__(self, number_format: Reference) -> None:
        self.pieces: list[formulas.OperandLike] = []
        self.products = 0
        self._format = number_format

    def add(self, piece: formulas.OperandLike) -> None:
        last = self.pieces[-1] if self.pieces else None
        # One engine cannot read a formula of 256 parts, so texts that follow one another are one.
        if isinstance(last, str) and isinstance(piece, str) and len(last + piece) <= formulas.LONGEST_LITERAL:
            self.pieces[-1] = last + piece
        else:
            self.pieces.append(piece)

    def add_number(self, value: Reference | Expression, *, bare: bool) -> None:
        # Rounded first: TEXT alone rounds 0.3149 twice in ironcalc, to 0.32.
        rounded, in_brackets = ROUND(value, DECIMALS), joined(self._format, ";(-", self._format, ")")
        text = signed_text(rounded, self._format) if bare else TEXT(rounded, in_brackets)
        self.add(IF(value <= NEVER, "−∞" if bare else "(−∞)", text))

    def add_parts(self, tokens: list[formulas.Token]) -> None:
        if products := _products(tokens):
            self.add_products(products)
            return
        for token in tokens:
            if len(self.pieces) > MOST_PIECES:
                self.add(" …")
                return
            if isinstance(token, tuple):
                self.add_products(_products([token]))
            elif isinstance(token, Reference):
                self._add_each(token.each(), ", ", lambda cell: self.add_number(cell, bare=True))
            elif isinstance(token, Name):
                self.add(signed_text(token, "0"))
            else:
                self.add(token_text(token))

    def add_products(self, products: Sequence[tuple[Reference, Reference]]) -> None:
        def add_product(factors: tuple[Reference, Reference]) -> None:
            self.add_number(factors[0], bare=False)
            self.add(" · ")
            self.add_number(factors[1], bare=False)

        self.products += len(products)
        self._add_each(products, " + ", add_product)

    def _add_each(self, items: Sequence[Any], between: str, add: Callable[[Any], None]) -> None:
        for k, item in enumerate(items[:MOST_VALUES]):
            self.add(between if k else "")
            add(item)
        if len(items) > MOST_VALUES:
            self.add(f"{between}…")


def state_of(number: int) -> Name:
    """Return the defined name of the cell with a blank's state, 'mark_3' for the third; blanks count from 1."""
    return Name(f"mark_{number}")


def cell_at(number: int, column: int) -> Reference:
    """Return the cell of a blank, counted from 1, in a column of the hidden sheet Marks.

    Example:
        >>> cell_at(1, STATE).text("Practice")
        "'Marks'!$I$6"
    """
    return Reference(MARKS, FIRST_MARK + number - 1, column).fixed


def draw_marks(book: Book, blanks: Sequence[Blank], chosen: Sequence[PossibleBlank], within: Tolerance) -> None:
    """Draw the hidden sheets 'Answers', the network with all its formulas, and 'Marks', which compares each blank.

    `blanks` are those of the key, `chosen` their cells, `within` the tolerance.
    """
    answer_of = _twin(book)
    canvas = Canvas(MARKS, GREY)
    canvas.widths = {1: 2, **dict.fromkeys(range(2, 10), 14), FIRST_HINT: 60, SECOND_HINT: 60}
    canvas.say(1, 2, "How the blanks are marked", "title")
    canvas.put(FORMAT_ROW, 2, number_format(DECIMALS), "cell_small")
    canvas.across(FIRST_MARK - 1, 2, MARK_HEADS, "head")
    for number, (blank, cell) in enumerate(zip(blanks, chosen, strict=True), start=1):
        row, place = FIRST_MARK + number - 1, cell.place
        own = {col: canvas.at(row, col) for col in range(ANSWER, PLAIN_BEFORE + 1)}
        may_differ, given_may_differ = (
            IF(ISNUMBER(own[col]), margin(own[col], blank.direction, within, FORMULAS), 0) for col in (ANSWER, GIVEN)
        )
        empty_before = total(canvas.at(FIRST_MARK + k, EMPTY) for k in blank.reads)
        plain_before = total(canvas.at(FIRST_MARK + k, PLAIN_HERE) for k in blank.reads if k < number - 1)
        columns = (ANSWER, MARGIN, GIVEN, GIVEN_MARGIN, EMPTY, EMPTY_BEFORE, PLAIN_BEFORE)
        mark = state(place, *map(own.__getitem__, columns), by=FORMULAS)
        plain = IF(equal(own[STATE], WRONG), IF(ISNUMBER(place), IF(is_plain(place, FORMULAS), 1, 0), 0), 0)
        hint = substituted(cell.source.formulas, cell.index, canvas.at(FORMAT_ROW, 2).fixed)
        if blank.reads:
            hint = IF(own[EMPTY_BEFORE] > 0, joined(EMPTY_COUNTS, hint), hint)
        contents = (number, answer_of(cell), may_differ, cell.formula, given_may_differ, is_empty(place), empty_before,
                    mark, cell.source.math, hint, plain, plain_before)  # fmt: skip
        canvas.across(row, 2, contents, "cell")
        book.drawn.name(state_of(number), own[STATE])
    book.drawn.add_hidden(canvas, "how the blanks are marked")


def is_empty(place: Reference) -> Expression:
    """Return a formula that is 1 if nothing is typed into a cell, else 0, also for an error: IF(ISNUMBER(C7),0,…)."""
    return IF(ISNUMBER(place), 0, IF(formulas.call("ISERROR", place), 0, IF(equal(place, ""), 1, 0)))


def _twin(book: Book) -> Callable[[PossibleBlank], formulas.Operand]:
    placement, contents = book.place_again(book.graph, TWIN, {})
    for value in book.graph.values:
        if value.kind in ("input", "parameter"):
            contents[placement.tensors[value].value] = book.placement.tensors[value].value.cells
    for sheet in placement.sheets:
        sheet_again = network_sheet(sheet, contents, "The answers", FORWARD)
        book.drawn.add_hidden(sheet_again, "the network with all its formulas")
    by_name = dict(book.graph.named)

    def answer(blank: PossibleBlank) -> formulas.Operand:
        placed, direction = placement.tensors[by_name[blank.source.value.name]], blank.source.direction
        if direction == "forward":
            return placed.value.relative.at(*blank.index)
        gradient = placed.grad.relative.at(*blank.index)
        if direction == "backward":
            return gradient
        return placed.value.relative.at(*blank.index) - LEARNING_RATE * gradient

    return answer
