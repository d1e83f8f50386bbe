"""The hidden sheets of a practice workbook: the network with its own formulas, and each blank's mark and hints.

The second hint is a formula with its numbers in the place of its cells: '0.31 · 1.20 + … = 0.85'.
"""

from collections.abc import Callable, Sequence

from excel_classroom.practice.blanks import Blank
from excel_classroom.practice.judgement import FORMULAS, WRONG, Tolerance, is_plain, margin, state
from excel_classroom.practice.possible_blanks import PossibleBlank
from excel_export import formulas
from excel_export.formulas import IF, ISNUMBER, Expression, Name, Reference, equal, joined, total
from excel_export.formulas.analysis.pretty import NumberSlot, pretty_printed, said
from excel_export.formulas.functions import ROUND, TEXT, signed_text
from excel_export.shared.infinity import NEVER
from excel_export.sheets.book import Book
from excel_export.sheets.names import LEARNING_RATE
from excel_export.sheets.network.network_sheet import network_sheet
from excel_export.sheets.sheet_parts import number_format
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.styles import FORWARD, GREY

NAME, TWIN = "Marks", "Answers"
FIRST_ROW, FORMAT_ROW = 6, 3
DECIMALS = 4
"""Of the numbers in hints."""
EMPTY_COUNTS = "with 0 for each empty blank: "
HEADS = ("blank", "answer", "may differ by", "from your numbers", "may differ by", "is empty", "empty before it",
         "mark", "hint 1", "hint 2", "is wrong, and 0 or ±1", "such before it")  # fmt: skip
ANSWER, MARGIN, GIVEN, GIVEN_MARGIN, EMPTY, EMPTY_BEFORE, STATE, FIRST_HINT, SECOND_HINT = range(3, 12)
PLAIN_HERE, PLAIN_BEFORE = 12, 13
MOST_VALUES = 6
MOST_PIECES = 60
"""A longer formula is broken off: nobody reads more."""


def substituted(expression: Expression, index: formulas.Index, number_format: Reference) -> Expression:
    """Spell out the formula of one element, without what comes out; a cell holds the format of its numbers."""
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
    """The products of a sum of products, and of nothing else."""
    if not all(isinstance(token, tuple) or token == "+" for token in tokens):
        return []
    ranges = [token for token in tokens if isinstance(token, tuple)]
    return [pair for left, right in ranges for pair in zip(left.each(), right.each(), strict=True)]


class _LineOfNumbers:
    """The pieces of the text, from left to right."""

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
        """Add a number; a negative one has brackets, unless it is bare."""
        # Rounded first: TEXT alone rounds 0.3149 twice in ironcalc, to 0.32.
        rounded, in_brackets = ROUND(value, DECIMALS), joined(self._format, ";(-", self._format, ")")
        text = signed_text(rounded, self._format) if bare else TEXT(rounded, in_brackets)
        self.add(IF(value <= NEVER, "−∞" if bare else "(−∞)", text))

    def add_parts(self, tokens: list[formulas.Token]) -> None:
        """Add the products and the cells of a formula, as many as there is room for."""
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
                cells = token.each()
                for k, cell in enumerate(cells[:MOST_VALUES]):
                    self.add(", " if k else "")
                    self.add_number(cell, bare=True)
                if len(cells) > MOST_VALUES:
                    self.add(", …")
            elif isinstance(token, Name):
                self.add(signed_text(token, "0"))
            else:
                self.add(said(token))

    def add_products(self, products: Sequence[tuple[Reference, Reference]]) -> None:
        self.products += len(products)
        for k, (one, other) in enumerate(products[:MOST_VALUES]):
            self.add(" + " if k else "")
            self.add_number(one, bare=False)
            self.add(" · ")
            self.add_number(other, bare=False)
        if len(products) > MOST_VALUES:
            self.add(" + …")


def state_of(number: int) -> Name:
    """The name of the cell that says how a blank, counted from 1, is filled: right, given, wrong or empty."""
    return Name(f"mark_{number}")


def cell_at(number: int, column: int) -> Reference:
    """What the hidden sheet says of a blank, counted from 1."""
    return Reference(NAME, FIRST_ROW + number - 1, column).fixed


def draw(book: Book, blanks: Sequence[Blank], chosen: Sequence[PossibleBlank], within: Tolerance) -> None:
    """Draw the network again, with all its formulas, and compare each blank with it."""
    answer_of = _twin(book)
    canvas = Canvas(NAME, GREY)
    canvas.widths = {1: 2, **dict.fromkeys(range(2, 10), 14), FIRST_HINT: 60, SECOND_HINT: 60}
    canvas.say(1, 2, "How the blanks are marked", "title")
    canvas.put(FORMAT_ROW, 2, number_format(DECIMALS), "cell_small")
    for col, head in enumerate(HEADS, start=2):
        canvas.say(FIRST_ROW - 1, col, head, "head")
    for number, (blank, cell) in enumerate(zip(blanks, chosen, strict=True), start=1):
        row, place = FIRST_ROW + number - 1, cell.place
        answer, given = canvas.at(row, ANSWER), canvas.at(row, GIVEN)
        canvas.put(row, 2, number, "cell")
        canvas.put(row, ANSWER, answer_of(cell), "cell")
        canvas.put(row, GIVEN, cell.formula, "cell")
        for col, right in ((MARGIN, answer), (GIVEN_MARGIN, given)):
            canvas.put(row, col, IF(ISNUMBER(right), margin(right, blank.direction, within, FORMULAS), 0), "cell")
        canvas.put(row, EMPTY, is_empty(place), "cell")
        canvas.put(row, EMPTY_BEFORE, total(canvas.at(FIRST_ROW + k, EMPTY) for k in blank.reads), "cell")
        columns = (ANSWER, MARGIN, GIVEN, GIVEN_MARGIN, EMPTY, EMPTY_BEFORE, PLAIN_BEFORE)
        canvas.put(row, STATE, state(place, *(canvas.at(row, col) for col in columns), by=FORMULAS), "cell")
        before = (canvas.at(FIRST_ROW + k, PLAIN_HERE) for k in blank.reads if k < number - 1)
        plain = IF(ISNUMBER(place), IF(is_plain(place, FORMULAS), 1, 0), 0)
        canvas.put(row, PLAIN_HERE, IF(equal(canvas.at(row, STATE), WRONG), plain, 0), "cell")
        canvas.put(row, PLAIN_BEFORE, total(before), "cell")
        book.drawn.name(state_of(number), canvas.at(row, STATE))
        canvas.say(row, FIRST_HINT, cell.source.math, "cell")
        hint = substituted(cell.source.formulas, cell.index, canvas.at(FORMAT_ROW, 2).fixed)
        missing = canvas.at(row, EMPTY_BEFORE) > 0
        canvas.put(row, SECOND_HINT, IF(missing, joined(EMPTY_COUNTS, hint), hint) if blank.reads else hint, "cell")
    book.drawn.add_hidden(canvas, "how the blanks are marked")


def is_empty(place: Reference) -> Expression:
    """1 where nothing is typed into a cell; of an error, =A1="" would be that error."""
    return IF(ISNUMBER(place), 0, IF(formulas.call("ISERROR", place), 0, IF(equal(place, ""), 1, 0)))


def _twin(book: Book) -> Callable[[PossibleBlank], formulas.Operand]:
    """Draw the network with all its formulas on sheets of its own, which follow the inputs and the parameters."""
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
