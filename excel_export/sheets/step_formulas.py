"""The learning rule of the one step: its formulas, and what is said of it."""

from __future__ import annotations

from excel_export.formulas import IF, Expression, Operand, as_expression, equal
from excel_export.optim import RULES, Choice

FORMULAS = Choice(RULES, "step_")
"""Any rule: a learner chooses it on Start."""


def about(rule: Operand) -> Expression:
    """Say what a rule does."""
    *others, last = RULES.values()
    words: Expression = as_expression(last.words)
    for each in reversed(others):
        words = IF(equal(rule, each.name), each.words, words)
    return words
