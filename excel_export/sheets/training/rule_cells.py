"""The learning rule of a training: the cell that chooses it, and its numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from excel_export.formulas import Expression, Name, OperandLike, Reference, joined
from excel_export.optim import RULES, Choice, LearningRule
from excel_export.sheets.inputs.input_cell import InputColumns
from excel_export.sheets.inputs.validation import Between, OneOf
from excel_export.sheets.names import chosen
from excel_export.sheets.step_formulas import about
from excel_export.workbook.canvas import Canvas

PREFIX = "training_"
RULE = Name(f"{PREFIX}rule")
NUMBERS_BELOW = "; its numbers stand below the charts"


class RuleCells:
    """The cells from which the steps read by which rule they learn."""

    def __init__(self, first: LearningRule, offered: Sequence[str]) -> None:
        """Take the rule at first, and those to choose from."""
        self.first, self.offered, self.formulas = first, offered, Choice(offered, PREFIX)
        self.has_choice = len(offered) > 1

    @property
    def height(self) -> int:
        """How many rows the numbers take, with their heading."""
        return 1 + len(self.formulas.hyperparameters)

    @property
    def rates_to_try(self) -> str:
        """What to say of learning rates beside those that suit plain steps."""
        words = dict.fromkeys(rule.rates_to_try for rule in self.formulas.rules)
        return "".join(f"; {each}" for each in words if each)

    @property
    def unbias(self) -> dict[str, Callable[[OperandLike], Expression]]:
        """What means are divided by at a step, by the heads of their columns."""
        return self.formulas.unbias

    def draw_choice(self, canvas: Canvas, row: int, inputs: InputColumns) -> dict[Name, Reference]:
        """Offer the rules; return the defined names of what is chosen and of what is used."""
        words = joined(about(inputs.used(canvas, row)), NUMBERS_BELOW)
        drawn = inputs.draw(canvas, row, "Learning rule", OneOf(self.offered), self.first.name, "rule_edit", words)
        return {chosen(RULE): drawn.cell, RULE: drawn.used}

    def draw_numbers(self, canvas: Canvas, row: int, inputs: InputColumns) -> dict[Name, Reference]:
        """Offer the numbers of the rules; return their defined names, and those of what follows from them."""
        names: dict[Name, Reference] = {}
        canvas.say(row, inputs.label, "Numbers of the learning rule", "heading")
        if not self.has_choice:
            canvas.say(row, inputs.hidden, self.first.name, "chart_data")
            names[RULE] = canvas.at(row, inputs.hidden)
        for k, (key, (words, formula)) in enumerate(self.formulas.derived.items()):
            cell = canvas.at(row + k, inputs.hidden + 2)
            canvas.put(cell.row, cell.col, formula, "chart_data")
            canvas.say(cell.row, cell.col + 1, words, "hint")
            names[self.formulas.name(key)] = cell
        for k, number in enumerate(self.formulas.hyperparameters, start=1):
            allowed, name = Between(number.lowest, number.highest), self.formulas.name(number.key)
            first = self.first.number(number)
            drawn = inputs.draw(canvas, row + k, number.label, allowed, first, "rate_edit", number.words)
            names |= {chosen(name): drawn.cell, name: drawn.used}
        return names


def is_of_rules(name: Name) -> bool:
    """Whether a defined name is one that the rules have."""
    formulas = Choice(RULES, PREFIX)
    return name == RULE or name in map(formulas.name, (*formulas.derived, *formulas.numbers))
