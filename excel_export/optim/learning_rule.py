"""A learning rule with its numbers, as a user names it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from excel_export.optim.rule import RULES, Hyperparameter, hyperparameters
from excel_export.shared.errors import ExportError


@dataclass(frozen=True, init=False)
class LearningRule:
    """The rule by which parameters learn at first; a learner may choose another, and change its numbers.

    `LearningRule("Adam", betas=(0.9, 0.99), weight_decay=0.01)`: the numbers have torch.optim's names. Without one it
    is what PyTorch takes; `momentum` is 0.9.
    """

    name: str
    numbers: tuple[tuple[str, float], ...]
    """The numbers that are not the rule's own defaults, by their keys."""

    def __init__(self, name: str = "SGD", **numbers: Any) -> None:
        """Take a rule by its name, one of `RULES`, and numbers of any rule: they stand ready for whoever chooses it."""
        if "betas" in numbers:
            numbers["beta1"], numbers["beta2"] = numbers.pop("betas")
        keys = {each.name: each.key for each in hyperparameters()}
        given = {keys.get(key, key): value for key, value in numbers.items() if value is not None}
        own = {each.key: self._default(name, each) for each in hyperparameters()}
        others = tuple(sorted((key, value) for key, value in given.items() if value != own.get(key)))
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "numbers", others)

    def number(self, of: Hyperparameter) -> float:
        """What stands in the cell of a hyperparameter at first."""
        return dict(self.numbers).get(of.key, self._default(self.name, of))

    def refuse_odd(self) -> None:
        """Refuse what is no rule.

        Raises:
            ExportError: there is no such rule or number, or a number is out of its limits.
        """
        if self.name not in RULES:
            raise ExportError(f"there is no learning rule '{self.name}'; there are: {', '.join(RULES)}")
        known = {each.key: each for each in hyperparameters()}
        for key, value in self.numbers:
            if key not in known:
                names = ", ".join(each.name for each in known.values())
                raise ExportError(f"learning rules have no number '{key}'; there are: {names}")
            of = known[key]
            if not of.lowest <= value <= of.highest or not math.isfinite(value):
                limits = f"from {of.lowest:g} to {of.highest:g}"
                raise ExportError(f"{of.label.lower()} is a number {limits}, not {value:g}")

    @staticmethod
    def _default(name: str, of: Hyperparameter) -> float:
        own = RULES[name].hyperparameters if name in RULES else ()
        return next((each.default for each in own if each == of), of.default)


PLAIN = LearningRule()


def as_rule(rule: str | LearningRule) -> LearningRule:
    """Return a rule that was given by its name, or with its numbers.

    Raises:
        ExportError: there is no such rule or number, or a number is out of its limits.
    """
    rule = rule if isinstance(rule, LearningRule) else LearningRule(rule)
    rule.refuse_odd()
    return rule
