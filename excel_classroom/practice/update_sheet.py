"""The Update sheet of a practice workbook: each parameter before and after one step of plain gradient descent."""

from __future__ import annotations

from excel_classroom.practice.possible_blanks import PossibleTensor, update_source
from excel_export.formulas import Reference
from excel_export.sheets.book import Book
from excel_export.sheets.inputs.validation import LARGEST
from excel_export.sheets.names import LEARNING_RATE
from excel_export.sheets.sheet_parts import Sections
from excel_export.sheets.update import before_and_gradient
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.index import AFTER, Entry
from excel_export.workbook.styles import BACKWARD

NAME = "Update"
WHAT = "each parameter before and after one step"
CELL_WIDTH = 8
RATE_ROW, RATE_COL = 3, 5
STYLES = "practice_parameter", "practice_grad"


def draw(book: Book, start: Reference | None = None) -> list[PossibleTensor]:
    """Draw the sheet, with a link back to where a learner begins; return what can be asked of it."""
    canvas = Canvas(NAME, BACKWARD, freeze="A5")
    canvas.say(1, 2, "One step of gradient descent", "title")
    canvas.say(2, 2, "after = before − learning rate · gradient", "subtitle")
    if start:
        canvas.link(4, 2, start, "← Practice", "link")
    canvas.say(RATE_ROW, 2, "learning rate", "label")
    canvas.put(RATE_ROW, RATE_COL, book.learning_rate, "practice_parameter")
    rate = canvas.at(RATE_ROW, RATE_COL)
    canvas.allow_numbers(rate, -LARGEST, LARGEST, "A number", "A number, please.")
    book.drawn.name(LEARNING_RATE, rate)
    sections, sources = Sections(canvas), []
    for value in book.graph.of_kind("parameter"):
        placed = book.placement.tensors[value]
        if value.gradient is None or not placed.has_grad:
            continue
        heads = ("before", "gradient", "after")
        before, gradient, after = before_and_gradient(sections, value.called, placed.value, placed.grad, heads, STYLES)
        formulas = before - rate.fixed * gradient.cells
        canvas.fill(after, formulas, "practice_value")
        book.contents.update({before: placed.value.cells, gradient: placed.grad.cells, after: formulas})
        book.drawn.entries.append(Entry(value.name, AFTER, after))
        sources.append(update_source(value, after, formulas))
    canvas.widths |= dict.fromkeys([col for col in canvas.widths if col > 1], CELL_WIDTH)
    canvas.widths[1] = 2
    book.drawn.add(canvas, WHAT)
    return sources
