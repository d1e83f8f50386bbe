"""The hidden sheets of a practice workbook: the network with its own formulas, and what they say of each blank."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from excel_classroom.practice.blanks import Blank
from excel_classroom.practice.judgement import FORMULAS, WRONG, Tolerance, is_plain, margin, state
from excel_classroom.practice.possible_blanks import PossibleBlank
from excel_classroom.practice.substitution import substituted
from excel_export.formulas import IF, ISNUMBER, Expression, Name, Operand, Reference, call, equal, joined, total
from excel_export.sheets.book import Book
from excel_export.sheets.names import LEARNING_RATE
from excel_export.sheets.network.network import network_sheet
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
        hint = substituted(cell.source.formulas, cell.index, DECIMALS, canvas.at(FORMAT_ROW, 2).fixed)
        missing = canvas.at(row, EMPTY_BEFORE) > 0
        canvas.put(row, SECOND_HINT, IF(missing, joined(EMPTY_COUNTS, hint), hint) if blank.reads else hint, "cell")
    book.drawn.add_hidden(canvas, "how the blanks are marked")


def is_empty(place: Reference) -> Expression:
    """1 where nothing is typed into a cell; of an error, =A1="" would be that error."""
    return IF(ISNUMBER(place), 0, IF(call("ISERROR", place), 0, IF(equal(place, ""), 1, 0)))


def _twin(book: Book) -> Callable[[PossibleBlank], Operand]:
    """Draw the network with all its formulas on sheets of its own, which follow the inputs and the parameters."""
    placement, contents = book.place_again(book.graph, TWIN, {})
    for value in book.graph.values:
        if value.kind in ("input", "parameter"):
            contents[placement.tensors[value].value] = book.placement.tensors[value].value.cells
    for sheet in placement.sheets:
        sheet_again = network_sheet(sheet, contents, "The answers", FORWARD)
        book.drawn.add_hidden(sheet_again, "the network with all its formulas")
    by_name = dict(book.graph.named)

    def answer(blank: PossibleBlank) -> Operand:
        placed, direction = placement.tensors[by_name[blank.source.value.name]], blank.source.direction
        if direction == "forward":
            return placed.value.relative.at(*blank.index)
        gradient = placed.grad.relative.at(*blank.index)
        if direction == "backward":
            return gradient
        return placed.value.relative.at(*blank.index) - LEARNING_RATE * gradient

    return answer
