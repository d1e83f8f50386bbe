"""One learning rule that stays: its formulas as a textbook writes them, and the same numbers as torch.optim's.

`learning_rule.Formulas` has what all rules have in common, since a learner may choose; here is each rule by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from excel_export.compiler.learning_rule import ADAM, ADAMW, NESTEROV, Formulas
from excel_export.formulas.expression import Expression, Operand, OperandLike
from excel_export.formulas.functions import SQRT


def states_of(rule: str) -> tuple[str, ...]:
    """What a rule remembers of each parameter from step to step."""
    return Formulas((rule,)).states


@dataclass(frozen=True)
class FixedRule:
    """The formulas of one rule."""

    name: str
    numbers: Mapping[str, Operand]
    """The rule's settings by their keys. Where 'weight_decay' is missing, there is none."""

    @property
    def states(self) -> tuple[str, ...]:
        """What is remembered of each parameter from step to step."""
        return states_of(self.name)

    def mean(self, before: OperandLike | None, weight: Operand, gradient: Operand) -> Expression:
        """The velocity, with Adam the mean of the gradients; `before` is that of the last step, None is zero."""
        taken, keep = self._decayed(weight, gradient), self.numbers["beta1" if self._adapts else "momentum"]
        if self._adapts:
            taken = (1 - keep) * taken
        return taken if before is None else keep * before + taken

    def squares(self, before: OperandLike | None, weight: Operand, gradient: Operand) -> Expression:
        """The mean of the gradients' squares."""
        taken, keep = self._decayed(weight, gradient), self.numbers["beta2"]
        square = (1 - keep) * (taken * taken)
        return square if before is None else keep * before + square

    def direction(
        self,
        weight: Operand,
        gradient: Operand,
        mean: Operand | None = None,
        squares: Operand | None = None,
        unbias: Sequence[Operand] = (),
    ) -> Expression:
        """Where a step goes, from the states and, for Adam, what makes their means unbiased."""
        if mean is not None and squares is not None:
            of_mean, of_squares = unbias
            adam = mean / of_mean / (SQRT(squares / of_squares) + self.numbers["epsilon"])
            return adam + self.numbers["weight_decay"] * weight if self._decays_apart else adam
        if mean is None:
            return self._decayed(weight, gradient)
        if self.name == NESTEROV:
            return self._decayed(weight, gradient) + self.numbers["momentum"] * mean
        return mean.cells

    @property
    def _adapts(self) -> bool:
        return self.name in (ADAM, ADAMW)

    @property
    def _decays_apart(self) -> bool:
        return self.name == ADAMW and "weight_decay" in self.numbers

    def _decayed(self, weight: Operand, gradient: Operand) -> Expression:
        """The gradient that the rule takes: with the weight decay, but for AdamW."""
        if self.name == ADAMW or "weight_decay" not in self.numbers:
            return gradient.cells
        return gradient + self.numbers["weight_decay"] * weight
