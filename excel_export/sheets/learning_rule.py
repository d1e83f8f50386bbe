"""The learning rule of the one step and of a training: its description, the cell that chooses it, its numbers."""

from dataclasses import dataclass

from excel_export.book.input_cell import Between, InputCell, InputColumns, OneOf
from excel_export.book.names import chosen
from excel_export.formulas import IF, Expression, Name, Operand, OperandLike, Reference, as_expression, equal, joined
from excel_export.optim import RULES, ChosenRule, LearningRule
from excel_export.optim.rule import Hyperparameter
from excel_export.workbook.canvas import Canvas

OF_STEP = ChosenRule(RULES, "step_")
"""The formulas of all rules, for the one step: a learner chooses the rule on Start."""


def about(rule: Operand) -> Expression:
    """Return a formula for the description of the learning rule whose name, 'momentum', is in the cell `rule`:
    IF(B3="SGD","the step goes against the gradient",IF(…)).
    """
    *others, last = RULES.values()
    words: Expression = as_expression(last.words)
    for each in reversed(others):
        words = IF(equal(rule, each.name), each.words, words)
    return words


@dataclass(frozen=True)
class RuleCells:
    """The cells in which a learner chooses a learning rule and sets its numbers: RuleCells(OF_STEP, PLAIN, True)."""

    formulas: ChosenRule
    """The formulas of all rules to choose from."""
    first: LearningRule
    """The rule that is chosen at first."""
    one_step: bool = False
    """True if only the first step is shown, at which momentum and the like are still 0."""

    def draw_choice(self, canvas: Canvas, row: int, inputs: InputColumns, style: str, more: OperandLike) -> InputCell:
        """Draw a row with the choice of the rule, and return its yellow cell with the hidden cells behind that.

        `inputs` are the columns of label, cell and remark; `style` is the yellow cell's. The remark is the rule's
        description with the text `more` behind it.
        """
        words = joined(about(inputs.used(canvas, row)), more)
        rules = OneOf([rule.name for rule in self.formulas.rules])
        return inputs.draw(canvas, row, "Learning rule", rules, self.first.name, style, words)

    @property
    def numbers(self) -> list[Hyperparameter]:
        """The hyperparameters of the rules to choose from: [Hyperparameter('momentum', …), …].

        With `one_step`, those are left out that have no effect on the first step.
        """
        return [number for number in self.formulas.hyperparameters if self._matters(number.key)]

    def draw_numbers(self, canvas: Canvas, row: int, inputs: InputColumns) -> dict[Name, Reference]:
        """Draw the hyperparameters from a row on, a row each; return their defined names with their cells.

        Each has two: {Name('step_momentum'): J7, Name('chosen_step_momentum'): D7}. D7 has the typed number; J7,
        hidden, has the one in use: the nearest allowed.
        """
        found: dict[Name, Reference] = {}
        for at, number in enumerate(self.numbers, start=row):
            name, allowed = self.formulas.name(number.key), Between(number.lowest, number.highest)
            words = (self.one_step and number.in_first_step) or number.words
            cell = inputs.draw(canvas, at, number.label, allowed, self.first.number(number), "rate_edit", words)
            found |= {name: cell.used, chosen(name): cell.cell}
        return found

    def draw_derived(self, canvas: Canvas, row: int, col: int, style: str) -> dict[Name, Reference]:
        """Write numbers that follow from the choice, such as 1 for Adam, else 0, into the column `col` from `row` on.

        Return their defined names with their cells: {Name('step_adapts'): K7, …}; `style` is the cells' style.
        """
        found: dict[Name, Reference] = {}
        derived = {key: formula for key, (_, formula) in self.formulas.derived.items() if self._matters(key)}
        for at, (key, formula) in enumerate(derived.items(), start=row):
            canvas.put(at, col, formula, style)
            found[self.formulas.name(key)] = canvas.at(at, col)
        return found

    def _matters(self, key: str) -> bool:
        return not self.one_step or key in self.formulas.in_first_step
