"""The Start sheet: what may be changed and what comes of it, how to read it, and where to go."""

from __future__ import annotations

from excel_export.formulas import IF, ISNUMBER, MIN, SUM, Reference, as_expression, equal, joined
from excel_export.shared.grouped import grouped
from excel_export.sheets.book import Book
from excel_export.sheets.inputs import inputs_in_use
from excel_export.sheets.inputs.control import Control
from excel_export.sheets.inputs.validation import REFUSED, Allowed, OneOf, PlaceOf, any_number
from excel_export.sheets.names import LEARNING_RATE, LENS_STEP, RATE_IN_USE, START_RATE, VERDICT
from excel_export.sheets.sheet import Drawn, SheetSpec
from excel_export.sheets.start import agreement, columns, first_screen, frozen, left_open, results, step_rule
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.page import Page
from excel_export.workbook.rules import verdict_rules, warning_rule
from excel_export.workbook.styles import FORWARD

NAME = "Start"
SPACE = 7
"""How high empty rows are."""
TO_SEE_HIDDEN = "right-click any tab, then Unhide… (LibreOffice: Show Sheet…)"
LEGEND = (
    ("input", 0.5, "yours to change: inputs, parameters, the learning rate (where a map has colours, a yellow grid)"),
    ("value", 1.25, "forward: computed from the numbers before it"),
    ("grad", -0.031, "backward: how fast the loss changes when this number grows"),
    ("helper", 0.8, "worked out on the side"),
)


def draw(book: Book) -> Drawn[None]:
    """Write the page a reader sees first."""
    story = book.story
    canvas = Canvas(NAME, FORWARD, page=Page(one_page=True))
    drawn = Drawn[None](canvas)
    columns.set_widths(canvas)
    canvas.heights |= {1: 4, 2: 26, 3: 18, 4: 4}
    canvas.say(2, columns.PICTURE, story.title, "title", width=columns.VALUE - columns.PICTURE + 1)
    for paragraph in story.intro[:1]:
        canvas.paragraph(3, columns.PICTURE, columns.VALUE, paragraph)
    _begin(canvas, book)
    row, verdict = _first_screen(canvas, 5, book, drawn)
    for paragraph in story.intro[1:]:
        row += 1
        _paragraph(canvas, row, paragraph)
        row += 1
    if book.graph.frozen:
        row = _heading(canvas, row + 1, "What is frozen")
        _paragraph(canvas, row, frozen.INTRO)
        row = frozen.draw(canvas, row + 1, book)
    if left_open.is_needed(book):
        row = _heading(canvas, row + 1, "Is it still PyTorch's?")
        _paragraph(canvas, row, left_open.INTRO)
        row = left_open.draw(canvas, row + 1, book)
    row = _heading(canvas, row + 1, "How to read it")
    for style, sample, meaning in LEGEND:
        canvas.put(row, columns.PICTURE, sample, style, width=columns.SQUARES)
        canvas.say(row, columns.RESULT, meaning, "label")
        row += 1
    row = _directory(canvas, _heading(canvas, row + 1, "Where to go"), book)
    row = step_rule.draw_numbers(canvas, _heading(canvas, row + 1, step_rule.NUMBERS), book, drawn)
    canvas.printed = canvas.at(1, 1, row, columns.REST)
    row = _heading(canvas, row + 1, "Is it right?")
    canvas.link(verdict, columns.LABEL, canvas.at(row, columns.PICTURE), "Does it agree with PyTorch?", "link")
    agreement.draw(canvas, row, book, drawn)
    return drawn


def _begin(canvas: Canvas, book: Book) -> None:
    """Lead to the first step, or to the first sheet of a network that has no Lens."""
    target = LENS_STEP if book.plan else columns.first_cell(book.placement.sheets[0].name)
    words = "Begin: step by step, on the Lens →" if book.plan else "Begin: the network, layer by layer →"
    canvas.link(
        2, columns.LABEL, target, as_expression(words), "begin", height=2, width=columns.REST - columns.LABEL + 1
    )


def _first_screen(canvas: Canvas, first: int, book: Book, drawn: Drawn[None]) -> tuple[int, int]:
    """Draw what goes in, what comes out, and what may be changed; return the next row, and that of the verdict."""
    for col, words in (
        (columns.PICTURE, "What goes in"),
        (columns.RESULT, "What comes out"),
        (columns.LABEL, "What you may change"),
    ):
        canvas.say(
            first, col, words, "heading", height=columns.LINE, width=columns.SQUARES if col == columns.PICTURE else 1
        )
    below = first_screen.draw_inputs(canvas, first + columns.LINE, book)
    answered = results.draw_answers(canvas, first + columns.LINE, book)
    row = _changes(canvas, first + columns.LINE, book, drawn) + 1
    canvas.say(row, columns.LABEL, "The loss", "heading")
    verdict = results.draw_losses(canvas, row, book)
    canvas.say(verdict, columns.LABEL, "", "link")
    canvas.put(verdict, columns.CONTENT, VERDICT, "verdict", width=columns.REST - columns.CONTENT + 1)
    canvas.format(canvas.at(verdict, columns.CONTENT), *verdict_rules(canvas.at(verdict, columns.CONTENT)))
    row = max(below, answered, verdict + columns.LINE)
    first_screen.make_lines(canvas, first, row - 1)
    return row, verdict


def _directory(canvas: Canvas, row: int, book: Book) -> int:
    """List the sheets in the order of their tabs, and say what the hidden ones hold; return the next row."""
    covers = [(sheet.name, sheet.shows) for sheet in book.sheets if sheet.first and sheet.order > SHEET.order]
    drawn = [(each.name, book.drawn.shows[each.name]) for each in book.canvases if not each.hidden]
    for sheet, what in covers + drawn:
        canvas.link(row, columns.PICTURE, columns.first_cell(sheet), sheet, "link", width=columns.SQUARES)
        canvas.say(row, columns.RESULT, what, "label")
        row += 1
    names = [each.name for each in book.canvases if each.hidden]
    hidden = grouped(names, lambda name: book.drawn.shows[name])
    if hidden:
        listed = "; ".join(f"{', '.join(sheets)} ({what})" for what, sheets in hidden.items())
        _paragraph(canvas, row + 1, f"Hidden sheets: {listed}. To see one, {TO_SEE_HIDDEN}.")
        row += 2
    return row


def _paragraph(canvas: Canvas, row: int, text: str) -> None:
    canvas.paragraph(row, columns.PICTURE, columns.REST, text)


def _heading(canvas: Canvas, row: int, text: str) -> int:
    canvas.heights[row - 1] = SPACE
    canvas.say(row, columns.PICTURE, text, "heading")
    return row + 1


def _changes(canvas: Canvas, row: int, book: Book, drawn: Drawn[None]) -> int:
    """Offer what a learner may set; return the next row."""
    refused = book.result(inputs_in_use.SHEET) or {}
    for control in book.controls:
        _draw_control(canvas, row, drawn, control)
        row += columns.LINE
    for value in book.graph.of_kind("input"):
        placed = book.placement.tensors[value]
        grid = placed.typed
        if grid in book.driven:  # it follows a control
            continue
        canvas.link(row, columns.LABEL, grid.first, columns.fitting(value.called, columns.LABEL, " →"), "link")
        if grid.box.size == 1:
            canvas.put(row, columns.CONTENT, placed.value.cells.reshape(), "result")
        words = f"{'drawn at random once' if value.drawn else 'an input'}, on the {grid.sheet} sheet"
        if value in refused:
            flag = canvas.at(row, columns.FLAG)
            canvas.put(flag.row, flag.col, MIN(1, SUM(refused[value])), "fixed")
            canvas.put(row, columns.AFTER, IF(equal(flag, 1), f"{words}: {REFUSED}", words), "label")
            canvas.format(canvas.at(row, columns.AFTER), warning_rule(flag))
        else:
            canvas.say(row, columns.AFTER, words, "label")
        row += columns.LINE
    for value in book.graph.of_kind("parameter")[:1]:
        grid = book.placement.tensors[value].value
        canvas.link(row, columns.LABEL, grid.first, "the parameters →", "link")
        canvas.say(row, columns.AFTER, f"any of them, from the {grid.sheet} sheet on", "label")
        row += columns.LINE
    row = step_rule.draw(canvas, row, book, drawn)
    _draw_rate(canvas, row, book, drawn)
    return row + columns.LINE


def _draw_rate(canvas: Canvas, row: int, book: Book, drawn: Drawn[None]) -> None:
    """Offer the learning rate; where another one was typed on the Lens, say so."""
    used, rate = columns.INPUTS.used(canvas, row), any_number(book.learning_rate)
    words = as_expression("how far the one step of gradient descent goes")
    if RATE_IN_USE.text in book.names:
        another = canvas.at(row, columns.DERIVED)
        canvas.put(another.row, another.col, IF(equal(RATE_IN_USE, used), 0, 1), "fixed")
        words = IF(
            equal(another, 1), joined("not used: the Lens has ", RATE_IN_USE, "; empty the yellow cell there"), words
        )
        canvas.format(canvas.at(row, columns.AFTER), warning_rule(another))
    else:
        drawn.name(RATE_IN_USE, used)
    cell = columns.INPUTS.draw(canvas, row, "Learning rate", rate, book.learning_rate, "rate_edit", words)
    drawn.name(LEARNING_RATE, cell.cell)
    drawn.name(START_RATE, used)


def _draw_control(canvas: Canvas, row: int, drawn: Drawn[None], control: Control) -> None:
    """Offer a choice; of a list in cells, a learner may give the place instead of the item."""
    choices, cell, used = control.choices, canvas.at(row, columns.INPUTS.cell), columns.INPUTS.used(canvas, row)
    if isinstance(choices, Reference):
        allowed: Allowed = PlaceOf(choices)
        words = IF(ISNUMBER(cell), joined(allowed.shown(used), ": ", control.hint), control.hint)
    else:
        allowed, words = OneOf(choices), as_expression(control.hint)
    columns.INPUTS.draw(
        canvas, row, columns.fitting(control.label, columns.LABEL), allowed, control.content, "choice", words
    )
    drawn.name(control.name, cell)
    drawn.name(control.in_use, used)


SHEET = SheetSpec(
    NAME, "what goes in and comes out, what you may change, and whether all is PyTorch's", draw, order=900, first=True
)
