"""The Start sheet: what this is, how to read it, the result, and where to go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from excel_export.formulas.expression import Expression, as_expression, equal, joined
from excel_export.formulas.functions import IF, INDEX, ISNUMBER, MATCH, MIN, SUM
from excel_export.formulas.reference import Reference
from excel_export.sheets import allowed, frozen, results, step_rule
from excel_export.sheets.book import TO_SEE_HIDDEN, Book, Control
from excel_export.sheets.names import LEARNING_RATE, LENS_STEP, RATE_IN_USE
from excel_export.sheets.results import Result
from excel_export.sheets.step_rule import DERIVED, FLAG, USED, remark
from excel_export.sheets.steps import Plan, current
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.page import Page
from excel_export.xlsx.rules import refused_rule
from excel_export.xlsx.styles import FORWARD

NAME = "Start"
SPACE = 7
"""How high empty rows are, so that what one changes and what follows are on one screen."""
LABEL, CONTENT, REMARK = results.LABEL, results.NOW, results.AFTER


@dataclass(frozen=True)
class Story:
    """What the author of a workbook tells its readers."""

    title: str
    intro: Sequence[str] = ()
    """Paragraphs."""
    results: Mapping[str, Result] = field(default_factory=dict)
    """Lines of the result: a label, and its formula, such as `lambda cells: cells["argmax"]`."""
    losses: Mapping[str, Result] = field(default_factory=dict)
    """What the loss is the sum of, alike: shown as it is and as it is after the step."""


LEGEND = (
    ("input", 0.5, "yours to change: inputs, parameters, the learning rate (where a map has colours, a yellow grid)"),
    ("value", 1.25, "forward: computed from the numbers before it"),
    ("grad", -0.031, "backward: how fast the loss changes when this number grows"),
    ("helper", 0.8, "worked out on the side"),
)


def draw(book: Book, story: Story, plan: Plan | None) -> None:
    """Write the page a reader sees first, and put it before the others."""
    canvas = Canvas(NAME, FORWARD, page=Page(landscape=False, one_page=True))
    canvas.widths = {1: 3, LABEL: 32, CONTENT: 24, REMARK: 66}
    canvas.hide_columns(FLAG, DERIVED)
    canvas.say(2, LABEL, story.title, "title")
    canvas.heights |= {1: SPACE, 2: 32, 3: SPACE}
    row = 4
    for paragraph in story.intro:
        _paragraph(canvas, row, paragraph)
        row += 1
    row = results.draw(canvas, _heading(canvas, row + 1, "The result"), book, story.results, story.losses)
    if plan:
        row = _heading(canvas, row + 1, "Step through it")
        canvas.link(row, LABEL, LENS_STEP, "Lens: step by step →", "link")
        canvas.put(row, CONTENT, current("name", plan), "answer")
        row += 1
    row = _changes(canvas, _heading(canvas, row + 1, "Change something"), book)
    if book.graph.frozen:
        row = _heading(canvas, row + 1, "What is frozen")
        _paragraph(canvas, row, frozen.INTRO)
        row = frozen.draw(canvas, row + 1, book)
    row = _heading(canvas, row + 1, "How to read it")
    for style, sample, meaning in LEGEND:
        canvas.put(row, LABEL, sample, style)
        canvas.say(row, CONTENT, meaning, "label")
        row += 1
    row = _directory(canvas, _heading(canvas, row + 1, "Where to go"), book)
    step_rule.draw_numbers(canvas, _heading(canvas, row + 1, step_rule.NUMBERS), book)
    book.canvases.insert(0, canvas)


def _directory(canvas: Canvas, row: int, book: Book) -> int:
    """List the sheets in the order of their tabs, and say what the hidden ones hold; return the next row."""
    for sheet, what in book.directory:
        if not book.is_hidden(sheet):
            canvas.link(row, LABEL, Canvas(sheet, "").at(1, 1), sheet, "link")
            canvas.say(row, CONTENT, what, "label")
            row += 1
    hidden: dict[str, list[str]] = {}
    for sheet, what in book.directory:
        if book.is_hidden(sheet):
            hidden.setdefault(what, []).append(sheet)
    if hidden:
        listed = "; ".join(f"{', '.join(sheets)} ({what})" for what, sheets in hidden.items())
        _paragraph(canvas, row + 1, f"Hidden sheets: {listed}. To see one, {TO_SEE_HIDDEN}.")
        row += 2
    return row


def _paragraph(canvas: Canvas, row: int, text: str) -> None:
    canvas.say(row, LABEL, text, "text")
    canvas.merge(canvas.at(row, LABEL, width=3))
    canvas.heights[row] = 16 * (1 + len(text) // 140)


def _heading(canvas: Canvas, row: int, text: str) -> int:
    canvas.heights[row - 1] = SPACE
    canvas.say(row, LABEL, text, "heading")
    return row + 1


def _changes(canvas: Canvas, row: int, book: Book) -> int:
    """Offer what a learner may set; return the next row."""
    for control in book.controls:
        _draw_control(canvas, row, book, control)
        row += 1
    for value in book.graph.of_kind("input"):
        placed = book.placement.tensors[value]
        grid = placed.typed
        if grid in book.driven:  # it follows a control
            continue
        canvas.link(row, LABEL, grid.first, f"{value.called} →", "link")
        if grid.box.size == 1:
            canvas.put(row, CONTENT, placed.value.cells.reshape(), "result")
        words = f"{'drawn at random once' if value.drawn else 'an input'}, on the {grid.sheet} sheet"
        if value in book.refused:
            canvas.put(row, FLAG, MIN(1, SUM(book.refused[value])), "fixed")
            flag = canvas.at(row, FLAG)
            remark(canvas, row, IF(equal(flag, 1), f"{words}: {allowed.REFUSED}", words))
        else:
            canvas.say(row, REMARK, words, "label")
        row += 1
    for value in book.graph.of_kind("parameter")[:1]:
        grid = book.placement.tensors[value].value
        canvas.link(row, LABEL, grid.first, "the parameters →", "link")
        canvas.say(row, REMARK, f"any of them, from the {grid.sheet} sheet on", "label")
        row += 1
    row = step_rule.draw(canvas, row, book)
    canvas.say(row, LABEL, "Learning rate", "label")
    cell = canvas.at(row, CONTENT)
    flag, used = canvas.at(row, FLAG), canvas.at(row, USED)
    first = [book.learning_rate]
    canvas.put(row, CONTENT, book.learning_rate, "rate_edit")
    allowed.allow(canvas, cell, None, first)
    canvas.put(row, FLAG, allowed.refused(cell, None, first), "fixed")
    canvas.put(row, USED, allowed.nearest(cell, first), "fixed")
    canvas.format(cell, refused_rule(flag))
    hint = "how far the one step of gradient descent goes"
    remark(canvas, row, allowed.said(flag, hint, allowed.asked(None, first), used))
    book.name(LEARNING_RATE, cell)
    book.name(RATE_IN_USE, used)
    return row + 1


def _draw_control(canvas: Canvas, row: int, book: Book, control: Control) -> None:
    """Offer a choice; out of sight stands whether what was typed is refused, and what is used."""
    cell, flag, used = canvas.at(row, CONTENT), canvas.at(row, FLAG), canvas.at(row, USED)
    first, choices = control.content, control.choices
    canvas.say(row, LABEL, control.label, "label")
    if isinstance(first, str):
        canvas.say(row, CONTENT, first, "choice")
    else:
        canvas.put(row, CONTENT, first, "choice")
    allowed.allow(canvas, cell, choices, [first])
    if isinstance(choices, Reference):
        named = allowed.place(cell, choices, 0)
        canvas.put(row, FLAG, IF(equal(named, 0), 1, 0), "fixed")
        canvas.put(row, USED, IF(equal(flag, 1), MATCH(first, choices, 0), named), "fixed")
        shown: Expression = INDEX(choices, used)
        hint = IF(ISNUMBER(cell), joined(shown, ": ", control.hint), control.hint)
    else:
        canvas.put(row, FLAG, allowed.refused(cell, choices, [first]), "fixed")
        canvas.put(row, USED, IF(equal(flag, 1), first, cell), "fixed")
        shown, hint = used.cells, as_expression(control.hint)
    canvas.format(cell, refused_rule(flag))
    remark(canvas, row, allowed.said(flag, hint, allowed.asked(choices), shown))
    book.name(control.name, cell)
    book.name(control.in_use, used)
