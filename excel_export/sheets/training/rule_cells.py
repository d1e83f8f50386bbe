"""The learning rule of a training: the cell that chooses it, and its numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from excel_export.formulas.expression import Expression, OperandLike, equal, joined
from excel_export.formulas.functions import IF
from excel_export.formulas.reference import Name, Reference
from excel_export.optim import RULES, Choice, LearningRule
from excel_export.sheets.inputs import validation
from excel_export.sheets.names import chosen
from excel_export.sheets.start.step_rule import about
from excel_export.sheets.training import rate_cells
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.rules import refused_rule

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

    def draw_choice(self, canvas: Canvas, row: int, far_col: int) -> dict[Name, Reference]:
        """Offer the rules; return the defined names of what is chosen and of what is used."""
        cell, flag, used = canvas.at(row, 4), canvas.at(row, far_col), canvas.at(row, far_col + 1)
        first = self.first.name
        canvas.say(row, 2, "Learning rule", "label")
        canvas.say(row, 4, first, "rule_edit")
        validation.allow(canvas, cell, self.offered, [first])
        canvas.put(row, far_col, validation.refused(cell, self.offered, [first]), "chart_data")
        canvas.put(row, far_col + 1, IF(equal(flag, 1), first, cell), "chart_data")
        canvas.format(cell, refused_rule(flag))
        canvas.put(
            row,
            5,
            validation.said(flag, joined(about(used), NUMBERS_BELOW), validation.asked(self.offered), used),
            "hint",
        )
        canvas.heights[row] = 22
        return {chosen(RULE): cell, RULE: used}

    def draw_numbers(self, canvas: Canvas, row: int, far_col: int) -> dict[Name, Reference]:
        """Offer the numbers of the rules; return their defined names, and those of what follows from them."""
        names: dict[Name, Reference] = {}
        canvas.say(row, 2, "Numbers of the learning rule", "heading")
        if not self.has_choice:
            canvas.say(row, far_col, self.first.name, "chart_data")
            names[RULE] = canvas.at(row, far_col)
        for number, (key, (words, formula)) in enumerate(self.formulas.derived.items()):
            cell = canvas.at(row + number, far_col + 2)
            canvas.put(cell.row, cell.col, formula, "chart_data")
            canvas.say(cell.row, cell.col + 1, words, "hint")
            names[self.formulas.name(key)] = cell
        for setting in self.formulas.hyperparameters:
            row += 1
            name, value = self.formulas.name(setting.key), self.first.number(setting)
            limits = setting.lowest, setting.highest
            names |= rate_cells.draw_setting(canvas, row, setting.label, name, value, limits, setting.words, far_col)
        return names


def is_of_rules(name: Name) -> bool:
    """Whether a defined name is one that the rules have."""
    formulas = Choice(RULES, PREFIX)
    taken = {
        RULE,
        *map(formulas.name, formulas.derived),
        *(formulas.name(each.key) for each in formulas.hyperparameters),
    }
    return name in taken
