"""The learning rule of the one step, on the Start sheet: the choice, and the numbers that rules have."""

from __future__ import annotations

from dataclasses import replace

from excel_export.formulas import joined
from excel_export.optim import RULES
from excel_export.sheets.book import Book
from excel_export.sheets.inputs.input_cell import InputColumns
from excel_export.sheets.inputs.validation import Between, OneOf
from excel_export.sheets.names import LEARNING_RULE, chosen
from excel_export.sheets.sheet import Drawn
from excel_export.sheets.start.columns import AFTER, DERIVED, HIDDEN, INPUTS, LINE, PICTURE, REST, RESULT, VALUE
from excel_export.sheets.step_formulas import FORMULAS, about
from excel_export.workbook.canvas import Canvas

WRAPPED = replace(INPUTS, remark_style="text")
"""What rules do takes two lines."""
BELOW = InputColumns(PICTURE, RESULT, VALUE, HIDDEN, remark_style="hint")
"""The columns of what is set below the first screen."""
NUMBERS = "Numbers of the learning rule"
NUMBERS_BELOW = "; its numbers: below"


def draw(canvas: Canvas, row: int, book: Book, drawn: Drawn[None]) -> int:
    """Offer the choice of the rule; return the next row."""
    words = joined(about(INPUTS.used(canvas, row)), NUMBERS_BELOW)
    cell = WRAPPED.draw(canvas, row, "Learning rule", OneOf(tuple(RULES)), book.rule.name, "choice", words)
    canvas.merge(canvas.at(row, AFTER, height=2 * LINE, width=REST - AFTER + 1))
    drawn.name(LEARNING_RULE, cell.cell)
    drawn.name(FORMULAS.name("rule"), cell.used)
    return row + 2 * LINE


def draw_numbers(canvas: Canvas, row: int, book: Book, drawn: Drawn[None]) -> int:
    """Offer the numbers that matter in the first step, when nothing is remembered yet; return the next row."""
    read = FORMULAS.in_first_step
    derived = [(key, formula) for key, (_, formula) in FORMULAS.derived.items() if key in read]
    for k, (key, formula) in enumerate(derived):
        canvas.put(row + k, DERIVED, formula, "fixed")
        drawn.name(FORMULAS.name(key), canvas.at(row + k, DERIVED))
    for number in FORMULAS.hyperparameters:
        if number.key in read:
            allowed, words = Between(number.lowest, number.highest), number.in_first_step or number.words
            cell = BELOW.draw(canvas, row, number.label, allowed, book.rule.number(number), "rate_edit", words)
            drawn.name(FORMULAS.name(number.key), cell.used)
            drawn.name(chosen(FORMULAS.name(number.key)), cell.cell)
            row += 1
    return row
