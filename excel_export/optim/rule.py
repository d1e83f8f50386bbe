"""What a learning rule is: a class that says what it remembers, its direction, its hyperparameters and its words."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from excel_export.formulas import Expression, Operand, OperandLike, as_expression
from excel_export.shared.errors import ExportError


@dataclass(frozen=True)
class Hyperparameter:
    """A number that rules read, and that a learner may change."""

    key: str
    """What the defined names of its cells end in."""
    label: str
    default: float = field(compare=False)
    lowest: float
    highest: float
    words: str
    """A phrase that says what the number does."""
    in_first_step: str = ""
    """A phrase for the first step, when nothing is remembered yet, where that differs."""
    argument: str = ""
    """What torch.optim calls it, where that is not its key."""

    @property
    def name(self) -> str:
        """What torch.optim calls it."""
        return self.argument or self.key

    def at(self, default: float) -> Hyperparameter:
        """The hyperparameter with another default, which a rule takes for it."""
        return replace(self, default=default)


@dataclass(frozen=True)
class State:
    """A running sum that is remembered of each parameter: after = kept part of before + taken part of what is new."""

    name: str
    """'mean of squares'."""
    of: Callable[[Expression], Expression]
    """What each step brings, made of the gradient."""
    keys: tuple[str, str] = ("keep", "take")
    """What the defined names of the cells of its two parts end in."""
    without: tuple[float, float] | None = None
    """The parts with which it is what rules read that do not remember it; None where no other rule reads it."""


MEAN = State("mean of gradients", lambda gradient: gradient, without=(0, 1))
SQUARES = State("mean of squares", lambda gradient: gradient * gradient, ("keep_squares", "take_squares"))


@dataclass(frozen=True)
class Running:
    """A state of a rule: which part of it is kept at each step, and which part of what is new is taken in."""

    state: State
    keep: Hyperparameter | float
    take: float | None = None
    """None is the rest, which makes it a mean."""
    unbiased: bool = False
    """Whether the rule reads it divided by 1 − keep^step: a mean that begins at 0 is too small at first."""
    called: str = ""
    """What people call it, where that is not the name of the state."""

    @property
    def beta(self) -> Hyperparameter | None:
        """The decay of the bias correction, 1 − β^step; None without one."""
        return self.keep if self.unbiased and isinstance(self.keep, Hyperparameter) else None

    def parts(self, numbers: Mapping[str, Operand]) -> tuple[OperandLike, OperandLike]:
        """The kept and the taken part, made of the rule's numbers."""
        keep = value_of(self.keep, numbers)
        return keep, as_expression(1) - keep if self.take is None else self.take


@dataclass(frozen=True)
class Switch:
    """A number that is not 0 where a rule with formulas of its own is chosen among others; it has a cell."""

    key: str
    words: str
    value: Hyperparameter | float = 1


@dataclass(frozen=True)
class Here:
    """What the formulas of a rule read, for one parameter at one step."""

    taken: Expression
    """The gradient, with the weight decay, unless that is apart from it."""
    numbers: Mapping[str, Operand]
    states: Mapping[State, Operand]

    def __getitem__(self, item: Hyperparameter | State | Switch) -> Expression:
        """A hyperparameter; what is remembered, this step included; a switch, which is 0 where no rule has it."""
        if isinstance(item, State):
            return self.states[item].cells if item in self.states else item.of(self.taken)
        if isinstance(item, Switch) and item.key not in self.numbers:
            return as_expression(0)
        return self.numbers[item.key].cells


WEIGHT_DECAY = Hyperparameter(
    "weight_decay", "Weight decay", 0, 0, 100,
    "pulls every parameter towards 0: so much of it is added to its gradient (AdamW: taken off apart)",
)  # fmt: skip


class Rule:
    """A learning rule. Its formulas are written once, for cells that a learner may change."""

    name: str
    words: str
    """A phrase that says what the rule does."""
    hyperparameters: tuple[Hyperparameter, ...] = (WEIGHT_DECAY,)
    remembers: tuple[Running, ...] = ()
    decays_apart = False
    """Whether the weight decay is no part of the gradient, but of the step."""
    rates_to_try = ""
    """Which learning rates suit it, where these are others than with plain steps: 'with Adam rather 0.01'."""
    switch: Switch | None
    """None where its direction is that of plain steps, but for what it remembers. Rules with the same have the same
    formulas. A rule with a direction of its own that says nothing has one of its own."""

    def __init_subclass__(cls) -> None:
        own = vars(cls)
        if "direction" in own and "first_direction" not in own:
            # That of the rule it is made of would belong to another direction.
            cls.first_direction = Rule.first_direction  # type: ignore[method-assign]
        if "direction" in own and "switch" not in own:
            cls.switch = Switch(re.sub(r"\W", "_", cls.name.lower()), f"1 where the rule is {cls.name}")

    def direction(self, here: Here) -> Expression:
        """Where a step goes, a weight decay that is apart left out."""
        raise NotImplementedError

    def first_direction(self, here: Here) -> Expression:
        """Where the first step goes, when nothing is remembered: `here` has no states."""
        states = {}
        for running in self.remembers:
            keep, take = running.parts(here.numbers)
            new = times(take, running.state.of(here.taken))
            states[running.state] = new / (as_expression(1) - keep) if running.beta else new
        return self.direction(Here(here.taken, here.numbers, states))


RULES: dict[str, Rule] = {}
"""Every rule by its name, in the order in which a learner reads them; the first is that of plain steps."""
R = TypeVar("R", bound=Rule)


def learning_rule(kind: type[R]) -> type[R]:
    """Register a rule: from then on, exports, sheets and commands know it.

    Raises:
        ValueError: there is one of this name.
    """
    if kind.name in RULES:
        raise ValueError(f"there are two learning rules '{kind.name}'")
    RULES[kind.name] = kind()
    return kind


def hyperparameters(rules: Iterable[str] = RULES) -> list[Hyperparameter]:
    """The numbers that some rules read, each once."""
    return list(dict.fromkeys(number for name in rules for number in RULES[name].hyperparameters))


def value_of(item: Hyperparameter | float, numbers: Mapping[str, Operand]) -> OperandLike:
    """A number, or the cell of a hyperparameter."""
    return numbers[item.key] if isinstance(item, Hyperparameter) else item


def times(factor: OperandLike, operand: Operand) -> Expression:
    """A product; of 1 times something, that alone."""
    return operand.cells if isinstance(factor, (int, float)) and factor == 1 else factor * operand


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
    if rule.name not in RULES:
        raise ExportError(f"there is no learning rule '{rule.name}'; there are: {', '.join(RULES)}")
    known = {each.key: each for each in hyperparameters()}
    for key, value in rule.numbers:
        if key not in known:
            names = ", ".join(each.name for each in known.values())
            raise ExportError(f"learning rules have no number '{key}'; there are: {names}")
        of = known[key]
        if not of.lowest <= value <= of.highest or not math.isfinite(value):
            limits = f"from {of.lowest:g} to {of.highest:g}"
            raise ExportError(f"{of.label.lower()} is a number {limits}, not {value:g}")
    return rule
