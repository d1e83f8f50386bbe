"""The sheets of the network in a practice workbook: all numbers in view, in wide cells, and the sheet Update."""

from openpyxl.utils import range_boundaries
from openpyxl.worksheet.datavalidation import DataValidation

from excel_classroom.practice.judgement import RIGHT, RIGHT_GIVEN, WRONG, Tolerance, in_words
from excel_classroom.practice.possible_blanks import PossibleBlank, PossibleTensor
from excel_export.book import network_sheet
from excel_export.book.book import Book
from excel_export.book.input_cell import LARGEST
from excel_export.book.names import LEARNING_RATE
from excel_export.compiler.place.panels import CELL_WIDTH, Zone
from excel_export.formulas import Name, Reference, equal
from excel_export.sheets.sheet_parts import Sections
from excel_export.sheets.update import before_and_gradient
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.format_rules import fill_rule
from excel_export.workbook.read import AFTER, Entry
from excel_export.workbook.styles import BACKWARD, DIFFERS, PRACTICE_GIVEN, PRACTICE_RIGHT, STYLES

WIDER = 7.5
"""The width of a column in characters, where the network has `CELL_WIDTH`: numbers are to be read and typed."""
LONGEST_PROMPT = 120
"""In characters, of a blank's name: a prompt has room for 255, and a sentence about the tolerance follows."""
STYLE = "blank"
"""The name of the style of an empty yellow cell."""
HEADINGS: dict[Zone, str] = network_sheet.HEADINGS | {"parameters": "PARAMETERS  and their gradients"}
UPDATE = "Update"
"""The sheet of the parameters before and after a step."""
UPDATE_WIDTH = 8
"""The width of that sheet's columns, in characters."""
UPDATE_STYLES = ("practice_parameter", "practice_grad")
"""The styles of a parameter before the step, and of its gradient."""
RATE_ROW = 3
"""The row of the learning rate on that sheet."""
RATE_COL = 5
"""The column of the learning rate on that sheet."""


def draw(book: Book, start: Reference, score: Reference) -> None:
    """Add the network's sheets to a book, with the link '← Practice' to `start` in row 1, and `score` in row 2."""
    for sheet in book.placement.sheets:
        canvas = network_sheet.network_sheet(sheet, book.contents, "", BACKWARD, HEADINGS)
        canvas.zoom = 100
        canvas.widths = {col: WIDER if width == CELL_WIDTH else width for col, width in canvas.widths.items()}
        # Room that elsewhere is for words about a step.
        canvas.widths |= dict.fromkeys(range(1, sheet.first_column), 1.5)
        canvas.heights |= dict.fromkeys(range(3, min(sheet.zones.values())), 4)
        for row in canvas.cells.values():
            for col, (content, style) in row.items():
                row[col] = content, f"practice_{style}" if f"practice_{style}" in STYLES else style
        # At each panel: what scrolls to the left is out of sight.
        for panel in sheet.panels:
            canvas.link(1, panel.first, start, "← Practice", "link")
            canvas.put(2, panel.first, score, "answer")
        book.drawn.add(canvas, "the network: fill in the yellow cells")


def draw_update(book: Book, start: Reference | None = None) -> list[PossibleTensor]:
    """Add the sheet 'Update' to a book: each parameter before and after a step of SGD; return the parameters after it.

    Args:
        book: the workbook; it gets the sheet, its formulas, and the name of the cell of the learning rate.
        start: the cell where a learner begins, to which a link leads; None for no link.

    Returns:
        A `PossibleTensor` for each parameter with a gradient, whose cells may become blanks: called 'w after the step'.
    """
    canvas = Canvas(UPDATE, BACKWARD, freeze="A5")
    canvas.say(1, 2, "One step of gradient descent", "title")
    canvas.say(2, 2, "after = before − learning rate · gradient", "subtitle")
    if start:
        canvas.link(4, 2, start, "← Practice", "link")
    canvas.say(RATE_ROW, 2, "learning rate", "label")
    canvas.put(RATE_ROW, RATE_COL, book.learning_rate, "practice_parameter")
    rate = canvas.at(RATE_ROW, RATE_COL)
    canvas.allow_numbers(rate, -LARGEST, LARGEST, "A number", "A number, please.")
    book.drawn.name(LEARNING_RATE, rate)
    sections, sources, heads = Sections(canvas), [], ("before", "gradient", "after")
    for value in book.graph.of_kind("parameter"):
        placed = book.placement.tensors[value]
        if value.gradient is None or not placed.has_grad:
            continue
        before, gradient, after = before_and_gradient(
            sections, value.called, placed.value, placed.grad, heads, UPDATE_STYLES
        )
        formulas = before - rate.fixed * gradient.cells
        canvas.fill(after, formulas, "practice_value")
        book.contents.update({before: placed.value.cells, gradient: placed.grad.cells, after: formulas})
        book.drawn.entries.append(Entry(value.name, AFTER, after))
        called, math = f"{value.called} after the step", "w ← w − learning rate · ∂L/∂w"
        sources.append(PossibleTensor(value, "update", "update", called, math, after, formulas))
    canvas.widths |= dict.fromkeys([col for col in canvas.widths if col > 1], UPDATE_WIDTH)
    canvas.widths[1] = 2
    book.drawn.add(canvas, "each parameter before and after one step")
    return sources


def leave_empty(
    canvas: Canvas, number: int, blank: PossibleBlank, wanted: str, state: Name | None, within: Tolerance
) -> None:
    """Empty the cell of a blank, J8, give it a prompt, titled 'Blank 3', and colour it by its mark.

    Args:
        canvas: the sheet of the cell.
        number: the number of the blank, from 1 on.
        blank: the cell.
        wanted: the name of the blank for the learner.
        state: the name of the cell with its mark; None for no colour, as in an exam.
        within: the tolerance, which the prompt says.
    """
    cell = blank.place
    text = f"{wanted[:LONGEST_PROMPT]}\nA formula, or a number. {in_words(blank.source.direction, within)}"
    prompt = DataValidation(allow_blank=True, showInputMessage=True, promptTitle=f"Blank {number}", prompt=text)
    prompt.add(cell.area)
    canvas.validations.append(prompt)
    canvas.cells[cell.row][cell.col] = None, STYLE
    # No other rule speaks of it: a colour scale would win over the colour that says whether it is right.
    canvas.rules = [
        (kept, rule)
        for area, rule in canvas.rules
        if (kept := " ".join(_without(cell, part) for part in area.split()).strip())
    ]
    if state:
        colors = {RIGHT: PRACTICE_RIGHT, RIGHT_GIVEN: PRACTICE_GIVEN, WRONG: DIFFERS}
        canvas.format(cell, *(fill_rule(equal(state, word), color) for word, color in colors.items()))


def _without(cell: Reference, area: str) -> str:
    left, top, right, bottom = range_boundaries(area)
    row, col = cell.row, cell.col
    if not (left <= col <= right and top <= row <= bottom):
        return area
    parts = ((left, top, right, row - 1), (left, row + 1, right, bottom), (left, row, col - 1, row),
             (col + 1, row, right, row))  # fmt: skip
    return " ".join(
        Reference("", up, first, down - up + 1, last - first + 1).area
        for first, up, last, down in parts
        if first <= last and up <= down
    )
