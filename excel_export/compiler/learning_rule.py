"""Learning rules as torch.optim has them: what a step makes of a parameter, its gradient, and what it remembers.

Every rule is: after = before − learning rate · direction. The rules differ in the direction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from excel_export.formulas.expression import Expression, Operand, OperandLike, as_expression, equal
from excel_export.formulas.functions import ABS, IF, OR, SQRT
from excel_export.formulas.reference import Name
from excel_export.shared.errors import ExportError

RULES = SGD, MOMENTUM, NESTEROV, ADAM, ADAMW = ("SGD", "momentum", "Nesterov", "Adam", "AdamW")
MEAN, SQUARES = "mean of gradients", "mean of squares"
"""What rules remember of each parameter. With momentum, the mean is a sum that fades."""
# torch.optim.AdamW's own.
DECAY_OF_ADAMW = 0.01


@dataclass(frozen=True)
class LearningRule:
    """The rule by which parameters learn at first; a learner may choose another, and change its numbers."""

    name: str = SGD
    """'SGD', 'momentum', 'Nesterov', 'Adam' or 'AdamW'."""
    momentum: float = 0.9
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float | None = None
    """None is 0, and with AdamW 0.01, as in PyTorch."""

    @property
    def decay(self) -> float:
        """The weight decay as a number."""
        if self.weight_decay is not None:
            return self.weight_decay
        return DECAY_OF_ADAMW if self.name == ADAMW else 0

    def refuse_odd(self) -> None:
        """Refuse what is no rule.

        Raises:
            ExportError: there is no such rule, or a number is out of its limits.
        """
        if self.name not in RULES:
            raise ExportError(f"there is no learning rule '{self.name}'; there are: {', '.join(RULES)}")
        for setting in SETTINGS:
            value = setting.first(self)
            if not setting.lowest <= value <= setting.highest or not math.isfinite(value):
                limits = f"from {setting.lowest:g} to {setting.highest:g}"
                raise ExportError(f"{setting.label.lower()} is a number {limits}, not {value:g}")


PLAIN = LearningRule()


def as_rule(rule: str | LearningRule) -> LearningRule:
    """Return a rule that was given by its name, or with its numbers.

    Raises:
        ExportError: there is no such rule, or a number is out of its limits.
    """
    rule = rule if isinstance(rule, LearningRule) else LearningRule(rule)
    rule.refuse_odd()
    return rule


@dataclass(frozen=True)
class Setting:
    """A number that rules have."""

    key: str
    label: str
    lowest: float
    highest: float
    rules: tuple[str, ...]
    """Which rules read it."""
    words: str

    def first(self, rule: LearningRule) -> float:
        """What stands there at first."""
        return {
            "weight_decay": rule.decay, "momentum": rule.momentum, "beta1": rule.betas[0], "beta2": rule.betas[1],
            "epsilon": rule.eps,
        }[self.key]  # fmt: skip


SETTINGS = (
    Setting("weight_decay", "Weight decay", 0, 100, RULES, "pulls every parameter towards 0: so much of it is added to "
            "its gradient (AdamW: taken off apart)"),
    Setting("momentum", "Momentum", 0, 1, (MOMENTUM, NESTEROV), "how much of the last step's direction goes on: 0 is "
            "plain SGD. Nesterov looks one step ahead"),
    Setting("beta1", "β1", 0, 0.9999, (ADAM, ADAMW), "Adam follows a mean of the gradients: how much of it is kept "
            "at each step"),
    Setting("beta2", "β2", 0, 0.99999, (ADAM, ADAMW), "Adam divides by the usual size of the gradient, the root of a "
            "mean of squares: how much of it is kept"),
    Setting("epsilon", "ε", 1e-12, 1, (ADAM, ADAMW), "is added to the gradient's usual size, so that Adam never "
            "divides by 0"),
)  # fmt: skip
ABOUT = {
    SGD: "the step goes against the gradient",
    MOMENTUM: "a part of the last step goes on, as with a rolling ball",
    NESTEROV: "momentum that looks one step ahead",
    ADAM: "each parameter has its own pace: the mean gradient, divided by its usual size",
    ADAMW: "Adam, with a weight decay apart from the gradient",
}
"""What each rule does, in words."""


@dataclass(frozen=True)
class Formulas:
    """The formulas of the rules that may be chosen; they read cells by defined names that begin alike."""

    offered: Sequence[str]
    prefix: str = ""

    @property
    def states(self) -> tuple[str, ...]:
        """What is remembered of each parameter from step to step."""
        if self.adapts:
            return MEAN, SQUARES
        return (MEAN,) if {MOMENTUM, NESTEROV} & {*self.offered} else ()

    @property
    def adapts(self) -> bool:
        """Whether a rule of Adam's kind may be chosen."""
        return bool({ADAM, ADAMW} & {*self.offered})

    @property
    def settings(self) -> list[Setting]:
        """The numbers that these rules read."""
        return [setting for setting in SETTINGS if {*setting.rules} & {*self.offered}]

    def name(self, key: str) -> Name:
        """The defined name of a setting, of the rule itself ('rule'), or of what follows from them."""
        return Name(self.prefix + key)

    @property
    def derived(self) -> dict[str, tuple[str, Expression]]:
        """What follows from the rule and its settings: by key, words and the formula of its cell."""
        rule, decay = self.name("rule"), self.name("weight_decay")
        is_adam = OR(equal(rule, ADAM), equal(rule, ADAMW))
        apart = equal(rule, ADAMW)
        found = {"decay": ("weight decay, added to the gradient", IF(apart, 0, decay))}
        if ADAMW in self.offered:
            found["decay_apart"] = ("weight decay, apart from the gradient", IF(apart, decay, 0))
        if self.adapts:
            found["adapts"] = ("1 where the rule is Adam or AdamW", IF(is_adam, 1, 0))
        if NESTEROV in self.offered:
            found["ahead"] = ("how far Nesterov looks ahead", IF(equal(rule, NESTEROV), self.name("momentum"), 0))
        if self.states:
            goes_on = [equal(rule, name) for name in (MOMENTUM, NESTEROV) if name in self.offered]
            keep: Expression = IF(OR(*goes_on), self.name("momentum"), 0) if goes_on else as_expression(0)
            found["keep"] = ("how much is kept of the mean of gradients",
                             IF(is_adam, self.name("beta1"), keep) if self.adapts else keep)  # fmt: skip
            if self.adapts:
                found["take"] = ("how much of a gradient is taken into it", IF(is_adam, 1 - self.name("beta1"), 1))
        return found

    def mean(self, before: OperandLike | None, weight: Operand, gradient: Operand) -> Expression:
        """The fading sum of gradients, with Adam their mean; `before` is that of the last step, None is zero."""
        taken = self._decayed(weight, gradient)
        taken = self.name("take") * taken if self.adapts else taken
        return taken if before is None else self.name("keep") * before + taken

    def squares(self, before: OperandLike | None, weight: Operand, gradient: Operand) -> Expression:
        """The mean of the gradients' squares."""
        beta = self.name("beta2")
        square = self._decayed(weight, gradient)
        taken = (1 - beta) * (square * square)
        return taken if before is None else beta * before + taken

    def direction(
        self,
        weight: Operand,
        gradient: Operand,
        mean: Operand | None = None,
        squares: Operand | None = None,
        unbias: Sequence[Operand] = (),
    ) -> Expression:
        """Where a step goes, from the two states and, for Adam, what makes their means unbiased."""
        taken = self._decayed(weight, gradient)
        direction: Expression = taken if mean is None else mean.cells
        if mean is not None and NESTEROV in self.offered:
            ahead = self.name("ahead")
            direction = IF(ahead > 0, taken + ahead * mean, mean)
        if mean is not None and squares is not None:
            of_mean, of_squares = unbias
            adam = mean / of_mean / (SQRT(squares / of_squares) + self.name("epsilon"))
            direction = IF(equal(self.name("adapts"), 1), adam, direction)
        return self._with_decay_apart(direction, weight)

    def first_direction(self, weight: Operand, gradient: Operand) -> Expression:
        """Where the first step goes, when nothing is remembered: the mean and the root are the gradient itself."""
        taken = self._decayed(weight, gradient)
        adam = taken / (ABS(taken) + self.name("epsilon"))
        direction = IF(equal(self.name("adapts"), 1), adam, (1 + self.name("ahead")) * taken)
        return self._with_decay_apart(direction, weight)

    def _decayed(self, weight: Operand, gradient: Operand) -> Expression:
        """The gradient that the rule takes: with the weight decay, but for AdamW."""
        return gradient + self.name("decay") * weight

    def _with_decay_apart(self, direction: Expression, weight: Operand) -> Expression:
        return direction + self.name("decay_apart") * weight if ADAMW in self.offered else direction
