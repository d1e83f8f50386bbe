"""The learning rule of the one step, on the Start sheet: the choice, and the numbers that rules have."""

from __future__ import annotations

from excel_export.formulas.expression import Expression, Operand, as_expression, equal, joined
from excel_export.formulas.functions import IF, ISNUMBER, MAX, MIN
from excel_export.optim import RULES, Choice
from excel_export.sheets.book import Book
from excel_export.sheets.inputs import validation
from excel_export.sheets.names import LEARNING_RULE, chosen
from excel_export.sheets.start.results import AFTER as REMARK
from excel_export.sheets.start.results import LABEL
from excel_export.sheets.start.results import NOW as CONTENT
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.rules import refused_rule, warning_rule

FLAG, USED, DERIVED = 6, 7, 8
"""Columns that nobody sees: whether what was typed is refused, what is used, and what follows from it."""
FORMULAS = Choice(RULES, "step_")
NUMBERS = "Numbers of the learning rule"
NUMBERS_BELOW = "; its numbers: below"


def about(rule: Operand) -> Expression:
    """Say what a rule does."""
    *others, last = RULES.values()
    words: Expression = as_expression(last.words)
    for each in reversed(others):
        words = IF(equal(rule, each.name), each.words, words)
    return words


def draw(canvas: Canvas, row: int, book: Book) -> int:
    """Offer the choice of the rule; return the next row."""
    cell, flag, used = (canvas.at(row, col) for col in (CONTENT, FLAG, USED))
    first, names = book.rule.name, tuple(RULES)
    canvas.say(row, LABEL, "Learning rule", "label")
    canvas.say(row, CONTENT, first, "choice")
    validation.allow(canvas, cell, names, [first])
    canvas.put(row, FLAG, validation.refused(cell, names, [first]), "fixed")
    canvas.put(row, USED, IF(equal(flag, 1), first, cell), "fixed")
    canvas.format(cell, refused_rule(flag))
    remark(canvas, row, validation.said(flag, joined(about(used), NUMBERS_BELOW), validation.asked(names), used))
    book.name(LEARNING_RULE, cell)
    book.name(FORMULAS.name("rule"), used)
    return row + 1


def draw_numbers(canvas: Canvas, row: int, book: Book) -> int:
    """Offer the numbers that matter in the first step, when nothing is remembered yet; return the next row."""
    read = FORMULAS.in_first_step
    derived = [(key, formula) for key, (_, formula) in FORMULAS.derived.items() if key in read]
    for number, (key, formula) in enumerate(derived):
        canvas.put(row + number, DERIVED, formula, "fixed")
        book.name(FORMULAS.name(key), canvas.at(row + number, DERIVED))
    for setting in FORMULAS.hyperparameters:
        if setting.key not in read:
            continue
        cell, flag, used = (canvas.at(row, col) for col in (CONTENT, FLAG, USED))
        first, low, high = book.rule.number(setting), setting.lowest, setting.highest
        asked = f"A number from {low:g} to {high:g}"
        canvas.say(row, LABEL, setting.label, "label")
        canvas.put(row, CONTENT, first, "rate_edit")
        canvas.allow_numbers(cell, low, high, "A number", f"{asked}, please.")
        canvas.put(row, FLAG, validation.refused_number(cell, low, high), "fixed")
        canvas.put(row, USED, IF(ISNUMBER(cell), MAX(low, MIN(cell, high)), first), "fixed")
        canvas.format(cell, refused_rule(flag))
        remark(canvas, row, validation.said(flag, setting.in_first_step or setting.words, asked, used))
        book.name(FORMULAS.name(setting.key), used)
        book.name(chosen(FORMULAS.name(setting.key)), cell)
        row += 1
    return row


def remark(canvas: Canvas, row: int, words: Operand) -> None:
    """Write what stands beside a yellow cell, in red where something else is used than what was typed."""
    canvas.put(row, REMARK, words, "label")
    canvas.format(canvas.at(row, REMARK), warning_rule(canvas.at(row, FLAG)))
