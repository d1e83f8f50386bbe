"""The Start sheet: the cells to change and their effect, the legend, and links to the other sheets."""

from collections.abc import Sequence
from dataclasses import replace

from excel_export.book import input_cell, inputs_in_use, names
from excel_export.book.book import Book
from excel_export.book.sheet import Drawn, SheetSpec
from excel_export.formulas import COUNTIF, IF, ISNUMBER, MIN, SUM, Reference, as_expression, equal, joined
from excel_export.shared.grouped import grouped
from excel_export.sheets.learning_rule import OF_STEP, RuleCells
from excel_export.sheets.start import agreement, first_screen, left_open, results
from excel_export.sheets.start import start_columns as columns
from excel_export.sheets.steps import story_sheets
from excel_export.sheets.steps.story_sheets import StorySheets
from excel_export.workbook import format_rules, styles
from excel_export.workbook.canvas import Canvas, Page

NAME = "Start"
SPACE = 7
"""The height of empty rows, in points."""
TO_SEE_HIDDEN = "right-click any tab and choose Unhide… (LibreOffice: Show Sheet…)"
WRAPPED = replace(columns.INPUTS, remark_style="text")
"""The columns for remarks of two lines, such as the description of a rule."""
BELOW = input_cell.InputColumns(columns.PICTURE, columns.RESULT, columns.VALUE, columns.HIDDEN, remark_style="hint")
"""The columns of settings below the first screen."""
LEGEND = (
    (
        "input",
        0.5,
        "yours to change: inputs, parameters, the learning rate; in coloured maps, only the grid lines are yellow",
    ),
    ("value", 1.25, "forward: computed from earlier numbers"),
    ("grad", -0.031, "backward: how fast the loss changes when a number grows"),
    ("helper", 0.8, "auxiliary calculation"),
)


def draw(book: Book) -> Drawn[None]:
    """Draw Start, the sheet that a reader sees first; those whose results it shows, as Update, must be drawn before."""
    story = book.story
    canvas = Canvas(NAME, styles.FORWARD, page=Page(one_page=True))
    drawn = Drawn[None](canvas)
    columns.set_widths(canvas)
    canvas.heights |= {1: 4, 2: 26, 3: 18, 4: 4}
    canvas.put(2, columns.PICTURE, story.title, "title", width=columns.VALUE - columns.PICTURE + 1)
    for paragraph in story.intro[:1]:
        canvas.paragraph(3, columns.PICTURE, columns.VALUE, paragraph)
    steps = book.result(story_sheets.SHEET)
    words = "Begin: step by step →" if steps else "Begin: every number of the network →"
    begin = Reference(steps.names[0] if steps else book.placement.sheets[0].name, 1, 1)
    canvas.link(
        2, columns.LABEL, begin, as_expression(words), "begin", height=2, width=columns.REST - columns.LABEL + 1
    )
    row, verdict = _first_screen(canvas, 5, book, drawn)
    for paragraph in story.intro[1:]:
        row += 1
        canvas.paragraph(row, columns.PICTURE, columns.REST, paragraph)
        row += 1
    for heading, intro, draw_lines, is_needed in (
        ("What is frozen", left_open.FROZEN_INTRO, left_open.draw_frozen, bool(book.graph.frozen)),
        ("Is it still PyTorch's?", left_open.INTRO, left_open.draw, left_open.is_needed(book)),
    ):
        if is_needed:
            row = _heading(canvas, row + 1, heading)
            canvas.paragraph(row, columns.PICTURE, columns.REST, intro)
            row = draw_lines(canvas, row + 1, book)
    row = _heading(canvas, row + 1, "How to read it")
    for style, sample, meaning in LEGEND:
        canvas.put(row, columns.PICTURE, sample, style, width=columns.SQUARES)
        canvas.put(row, columns.RESULT, meaning, "label")
        row += 1
    if steps:
        row = _story(canvas, _heading(canvas, row + 1, "The story, step by step"), book, steps)
    row = _directory(canvas, _heading(canvas, row + 1, "Where to go"), book, steps.names if steps else ())
    row = _heading(canvas, row + 1, "Settings of the learning rule")
    rule = RuleCells(OF_STEP, book.rule, one_step=True)
    drawn.define(rule.draw_derived(canvas, row, columns.DERIVED, "fixed") | rule.draw_numbers(canvas, row, BELOW))
    row += len(rule.numbers)
    canvas.printed = canvas.at(1, 1, row, columns.REST)
    row = _heading(canvas, row + 1, "Is it right?")
    canvas.link(verdict, columns.LABEL, canvas.at(row, columns.PICTURE), "Does it agree with PyTorch?", "link")
    row = agreement.draw(canvas, row, book, drawn)
    if book.graph.witness:
        canvas.paragraph(row + 1, columns.PICTURE, columns.REST, _tried(book))
    return drawn


def _tried(book: Book) -> str:
    edits = (
        f" They also matched when a spreadsheet engine recalculated the workbook after {book.edits} edits."
        if book.edits
        else ""
    )
    return (
        f"Tested before this file was saved: the loss and all gradients matched PyTorch's on {book.graph.tried} other "
        f"sets of inputs, parameters and labels.{edits}"
    )


def _first_screen(canvas: Canvas, first: int, book: Book, drawn: Drawn[None]) -> tuple[int, int]:
    canvas.put(first, columns.PICTURE, "What goes in", "heading", height=columns.LINE, width=columns.SQUARES)
    canvas.put(first, columns.RESULT, "What comes out", "heading", height=columns.LINE)
    canvas.put(first, columns.LABEL, "What you may change", "heading", height=columns.LINE)
    below = first_screen.draw_inputs(canvas, first + columns.LINE, book)
    answered = results.draw_answers(canvas, first + columns.LINE, book)
    row = _changes(canvas, first + columns.LINE, book, drawn) + 1
    canvas.put(row, columns.LABEL, "The loss", "heading")
    verdict = results.draw_losses(canvas, row, book)
    canvas.put(verdict, columns.LABEL, "", "link")
    canvas.put(verdict, columns.CONTENT, names.VERDICT, "verdict", width=columns.REST - columns.CONTENT + 1)
    canvas.format(canvas.at(verdict, columns.CONTENT), *format_rules.verdict_rules(canvas.at(verdict, columns.CONTENT)))
    row = max(below, answered, verdict + columns.LINE)
    first_screen.merge_lines(canvas, first, row - 1)
    return row, verdict


def _story(canvas: Canvas, row: int, book: Book, steps: StorySheets) -> int:
    every, first = sum(steps.checks.values()), row + 1
    agreeing = canvas.at(first, columns.FLAG, len(steps.names))
    said = joined(SUM(agreeing), f" of {every:,} results on these sheets match the network's own numbers.")
    canvas.put(row, columns.PICTURE, said, "label")
    for row, name in enumerate(steps.names, start=first):
        canvas.link(row, columns.PICTURE, Reference(name, 1, 1), name, "link", width=columns.SQUARES)
        canvas.put(row, columns.RESULT, book.drawn.shows[name], "label")
        canvas.put(row, columns.FLAG, COUNTIF(steps.areas[name], "✓"), "fixed")
    return row + 1


def _directory(canvas: Canvas, row: int, book: Book, steps: Sequence[str]) -> int:
    """List the other sheets in the order of their tabs, and describe the hidden ones; return the next row."""
    covers = [(sheet.name, sheet.shows) for sheet in book.sheets if sheet.first and sheet.order > SHEET.order]
    drawn = [(each.name, book.drawn.shows[each.name]) for each in book.canvases
             if not (each.hidden or each.name in steps)]  # fmt: skip
    for sheet, what in covers + drawn:
        canvas.link(row, columns.PICTURE, Reference(sheet, 1, 1), sheet, "link", width=columns.SQUARES)
        canvas.put(row, columns.RESULT, what, "label")
        row += 1
    hidden = grouped([each.name for each in book.canvases if each.hidden], lambda name: book.drawn.shows[name])
    if hidden:
        listed = "; ".join(f"{', '.join(sheets)} ({what})" for what, sheets in hidden.items())
        canvas.paragraph(
            row + 1, columns.PICTURE, columns.REST, f"Hidden sheets: {listed}. To see one, {TO_SEE_HIDDEN}."
        )
        row += 2
    return row


def _heading(canvas: Canvas, row: int, text: str) -> int:
    canvas.heights[row - 1] = SPACE
    canvas.put(row, columns.PICTURE, text, "heading")
    return row + 1


def _changes(canvas: Canvas, row: int, book: Book, drawn: Drawn[None]) -> int:
    refused = book.result(inputs_in_use.SHEET) or {}
    for control in book.controls:
        _draw_control(canvas, row, drawn, control)
        row += columns.LINE
    for value in book.graph.of_kind("input"):
        placed = book.placement.tensors[value]
        grid = placed.typed
        if grid in book.driven and value not in book.graph.size_inputs:  # it follows a control
            continue
        canvas.link(row, columns.LABEL, grid.first, columns.fitting(value.called, columns.LABEL, " →"), "link")
        if grid.box.size == 1:
            canvas.put(row, columns.CONTENT, placed.value.cells.reshape(), "result")
        words = f"{'drawn at random once' if value.drawn else 'an input'}, on the {grid.sheet} sheet"
        if value in book.graph.size_inputs:
            canvas.put(row, columns.AFTER, "it sets the size of something, so it is fixed", "label")
        elif value in refused:
            flag = canvas.at(row, columns.FLAG)
            canvas.put(row, columns.FLAG, MIN(1, SUM(refused[value])), "fixed")
            canvas.put(row, columns.AFTER, IF(equal(flag, 1), f"{words}: {input_cell.REFUSED}", words), "label")
            canvas.format(canvas.at(row, columns.AFTER), format_rules.warning_rule(flag))
        else:
            canvas.put(row, columns.AFTER, words, "label")
        row += columns.LINE
    for value in book.graph.of_kind("parameter")[:1]:
        grid = book.placement.tensors[value].value
        canvas.link(row, columns.LABEL, grid.first, "the parameters →", "link")
        canvas.put(row, columns.AFTER, f"any of them, on the {grid.sheet} sheet", "label")
        row += columns.LINE
    rule = RuleCells(OF_STEP, book.rule).draw_choice(canvas, row, WRAPPED, "choice", "")
    canvas.merge(canvas.at(row, columns.AFTER, height=2 * columns.LINE, width=columns.REST - columns.AFTER + 1))
    drawn.define({names.LEARNING_RULE: rule.cell, OF_STEP.name("rule"): rule.used})
    _draw_rate(canvas, row + 2 * columns.LINE, book, drawn)
    return row + 3 * columns.LINE


def _draw_rate(canvas: Canvas, row: int, book: Book, drawn: Drawn[None]) -> None:
    allowed, words = input_cell.any_number(book.learning_rate), "how far one step of gradient descent goes"
    cell = columns.INPUTS.draw(
        canvas, row, "Learning rate", allowed, book.learning_rate, "rate_edit", as_expression(words)
    )
    drawn.define({names.LEARNING_RATE: cell.cell, names.RATE_IN_USE: columns.INPUTS.used(canvas, row)})


def _draw_control(canvas: Canvas, row: int, drawn: Drawn[None], control: input_cell.Control) -> None:
    choices, cell, used = control.choices, canvas.at(row, columns.INPUTS.cell), columns.INPUTS.used(canvas, row)
    if isinstance(choices, Reference):
        allowed: input_cell.Allowed = input_cell.PlaceOf(choices)
        words = IF(ISNUMBER(cell), joined(allowed.shown(used), ": ", control.hint), control.hint)
    else:
        allowed, words = input_cell.OneOf(choices), as_expression(control.hint)
    columns.INPUTS.draw(
        canvas, row, columns.fitting(control.label, columns.LABEL), allowed, control.content, "choice", words
    )
    drawn.define({control.name: cell, control.in_use: used})


SHEET = SheetSpec(
    NAME, "what goes in and comes out, what you may change, and whether all is PyTorch's", draw, order=900, first=True
)
