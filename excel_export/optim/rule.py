"""A learning rule: a class with the states that it remembers, its direction, its hyperparameters and its words."""

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
    """A number that rules read and a learner may change, such as β1: key 'beta1', default 0.9, from 0 to 0.9999."""

    key: str
    """The end of its cell's defined name: 'beta1'."""
    label: str
    """Its name for people: 'β1'."""
    default: float = field(compare=False)
    """The number at first: 0.9."""
    lowest: float
    """The least number that its cell takes, such as 0."""
    highest: float
    """The largest number that its cell takes, such as 0.9999."""
    words: str
    """A phrase on the number's effect."""
    in_first_step: str = ""
    """A phrase on its effect in the first step, when momentum and the like are 0; '' if it is that of `words`."""
    argument: str = ""
    """Its name in torch.optim; '' if that is its key."""

    @property
    def name(self) -> str:
        """The hyperparameter's name in torch.optim: 'eps' for the key 'epsilon'."""
        return self.argument or self.key

    def at(self, default: float) -> Hyperparameter:
        """Return the hyperparameter with another default: 0.01 for the weight decay of AdamW."""
        return replace(self, default=default)


@dataclass(frozen=True)
class State:
    """A running sum that a rule stores for each parameter, at first 0: after = keep · before + take · of(gradient).

    State('mean of squares', lambda g: g * g) is Adam's second one. The numbers keep and take are the rule's: see
    `Running`.
    """

    name: str
    """Its name for people: 'mean of squares'."""
    of: Callable[[Expression], Expression]
    """A function from a step's gradient to the term that the step adds: lambda g: g * g."""
    keys: tuple[str, str] = ("keep", "take")
    """The ends of the defined names of the cells with the numbers keep and take: 'keep_squares', 'take_squares'."""
    without: tuple[float, float] | None = None
    """The factors (keep, take) while a rule that does not store it is chosen; None if only one rule stores it."""


MEAN = State("mean of gradients", lambda gradient: gradient, without=(0, 1))
SQUARES = State("mean of squares", lambda gradient: gradient * gradient, ("keep_squares", "take_squares"))


@dataclass(frozen=True)
class Running:
    """A state of a rule with its factors: after = keep · before + take · new.

    Running(MEAN, BETA1, unbiased=True) is Adam's mean of gradients, with keep β1 and take 1 − β1.
    """

    state: State
    """The running sum: MEAN of the gradients, or SQUARES of them."""
    keep: Hyperparameter | float
    """The factor of the sum before: a number, or the hyperparameter that has it."""
    take: float | None = None
    """The factor of the new term; None for 1 − keep, which makes the state a mean."""
    unbiased: bool = False
    """True if the rule reads it divided by 1 − keep^step: a mean that begins at 0 is too small at first."""
    called: str = ""
    """The rule's own name for the state: 'velocity'; '' for the state's name."""

    @property
    def beta(self) -> Hyperparameter | None:
        """The hyperparameter β of the bias correction 1 − β^step; None if the state is not corrected."""
        return self.keep if self.unbiased and isinstance(self.keep, Hyperparameter) else None

    def parts(self, numbers: Mapping[str, Operand]) -> tuple[OperandLike, OperandLike]:
        """Return the factors (keep, take): the cell beta1 and the formula 1-beta1 for Adam's mean.

        For momentum they are the cell momentum and the number 1. `numbers` are the hyperparameters' cells, {'beta1':
        Name('beta1')}.
        """
        keep = value_of(self.keep, numbers)
        return keep, as_expression(1) - keep if self.take is None else self.take


@dataclass(frozen=True)
class Switch:
    """A hidden cell that is 0, unless a rule is chosen whose `switch` it is, so that formulas can ask for the rule.

    Switch('adapts', '1 where the rule is Adam or AdamW') is 1 for these two, else 0; Switch('ahead', …, MOMENTUM) is
    the momentum, 0.9, for Nesterov, else 0.
    """

    key: str
    """The end of its cell's defined name: 'adapts'."""
    words: str
    """A phrase on its meaning: '1 where the rule is Adam or AdamW'."""
    value: Hyperparameter | float = 1
    """Its value while the rule is chosen: a number, or a hyperparameter."""


@dataclass(frozen=True)
class Here:
    """The cells that a rule's formula reads, for one parameter at one step: here.taken is the gradient.

    here[BETA1] is a hyperparameter's cell, here[MEAN] that of a state after the step, here[AHEAD] that of a switch.
    """

    taken: Expression
    """The gradient, plus the weight decay unless that is applied separately."""
    numbers: Mapping[str, Operand]
    """The cells of hyperparameters and switches, by their keys: {'beta1': Name('beta1')}."""
    states: Mapping[State, Operand]
    """The cells of the states after the step: {MEAN: cell}."""

    def __getitem__(self, item: Hyperparameter | State | Switch) -> Expression:
        """Return the cell of a hyperparameter, a state or a switch, as a formula.

        A state that is not stored is the term of this step alone; a switch that no rule has is 0.

        Raises:
            KeyError: there is no cell for the hyperparameter.
        """
        if isinstance(item, State):
            return self.states[item].cells if item in self.states else item.of(self.taken)
        if isinstance(item, Switch) and item.key not in self.numbers:
            return as_expression(0)
        return self.numbers[item.key].cells


WEIGHT_DECAY = Hyperparameter(
    "weight_decay", "Weight decay", 0, 0, 100,
    "pulls parameters towards 0: this fraction of each parameter is added to its gradient or, in AdamW, to its step",
)  # fmt: skip


class Rule:
    """A learning rule, such as Adam: a subclass of `Rule` with @learning_rule, whose method `direction` is its formula.

    A parameter w becomes w − learning rate · direction(here), with here[MEAN] / SQRT(here[SQUARES]) as a direction.
    """

    name: str
    """Its name for people: 'Adam'."""
    words: str
    """A phrase on the rule's idea."""
    hyperparameters: tuple[Hyperparameter, ...] = (WEIGHT_DECAY,)
    """The numbers that it reads besides the learning rate."""
    remembers: tuple[Running, ...] = ()
    """The running sums that it stores for each parameter."""
    decays_apart = False
    """True if the weight decay is no part of the gradient, but of the step."""
    rates_to_try = ""
    """A hint at learning rates, if plain steps need others: 'with Adam rather 0.01'; '' for no hint."""
    switch: Switch | None
    """The switch of the rule's own direction; None for that of plain steps. Rules with the same switch have the same
    formulas. A rule with a direction of its own, and no `switch`, gets one."""

    def __init_subclass__(cls) -> None:
        own = vars(cls)
        if "direction" in own and "first_direction" not in own:
            # That of the rule it is made of would belong to another direction.
            cls.first_direction = Rule.first_direction  # type: ignore[method-assign]
        if "direction" in own and "switch" not in own:
            cls.switch = Switch(re.sub(r"\W", "_", cls.name.lower()), f"1 where the rule is {cls.name}")

    def direction(self, here: Here) -> Expression:
        """Return the direction d of a step: after it, the parameter is w − learning rate · d.

        A weight decay that is applied separately (`decays_apart`) is not part of it.

        Raises:
            NotImplementedError: the rule has no direction of its own; each subclass writes one.
        """
        raise NotImplementedError

    def first_direction(self, here: Here) -> Expression:
        """Return the direction of the first step, at which all states were 0 before: g / (|g| + ε) for Adam."""
        states = {}
        for running in self.remembers:
            keep, take = running.parts(here.numbers)
            new = times(take, running.state.of(here.taken))
            states[running.state] = new / (as_expression(1) - keep) if running.beta else new
        return self.direction(Here(here.taken, here.numbers, states))


RULES: dict[str, Rule] = {}
"""Every rule by its name, in the order for a learner; the first is that of plain steps."""
R = TypeVar("R", bound=Rule)


def learning_rule(kind: type[R]) -> type[R]:
    """Register a rule class, class Adam(Rule), as RULES['Adam'], so that exports offer it; return it. A decorator.

    Raises:
        ValueError: there is a rule of this name already.
    """
    if kind.name in RULES:
        raise ValueError(f"there are two learning rules '{kind.name}'")
    RULES[kind.name] = kind()
    return kind


def hyperparameters(rules: Iterable[str] = RULES) -> list[Hyperparameter]:
    """Return the hyperparameters of some rules, names in RULES, each once, in the order of the rules.

    Example:
        >>> [number.name for number in hyperparameters(["Adam"])]
        ['weight_decay', 'beta1', 'beta2', 'eps']
    """
    return list(dict.fromkeys(number for name in rules for number in RULES[name].hyperparameters))


def value_of(item: Hyperparameter | float, numbers: Mapping[str, Operand]) -> OperandLike:
    """Return `item` itself if it is a number, 0.9; for a hyperparameter its cell, numbers['beta1']."""
    return numbers[item.key] if isinstance(item, Hyperparameter) else item


def times(factor: OperandLike, operand: Operand) -> Expression:
    """Return a product, 2*A1; the operand alone, A1, if the factor is the number 1."""
    return operand.cells if isinstance(factor, (int, float)) and factor == 1 else factor * operand


@dataclass(frozen=True, init=False)
class LearningRule:
    """The rule by which parameters learn at first; a learner may choose another, and change its numbers.

    Its keywords are torch.optim's. Numbers that are left out have PyTorch's defaults, but the number `momentum`, for
    which PyTorch has 0: here it is 0.9. The learning rate is none of them.

    Example:
        >>> LearningRule("Adam", betas=(0.9, 0.99), weight_decay=0.01).numbers
        (('beta2', 0.99), ('weight_decay', 0.01))
    """

    name: str
    """The name of the rule: 'SGD', 'momentum', 'Nesterov', 'Adam' or 'AdamW'."""
    numbers: tuple[tuple[str, float], ...]
    """(key, number) for each number that is not the rule's own default."""

    def __init__(self, name: str = "SGD", **numbers: Any) -> None:
        """Store the name of a rule and numbers, which `as_rule` checks.

        Args:
            name: a name in `RULES`.
            numbers: numbers by their names in torch.optim, of this rule or of others, which a learner may choose later;
                a number that is None is left out.
        """
        if "betas" in numbers:
            numbers["beta1"], numbers["beta2"] = numbers.pop("betas")
        keys = {each.name: each.key for each in hyperparameters()}
        given = {keys.get(key, key): value for key, value in numbers.items() if value is not None}
        own = {each.key: self._default(name, each) for each in hyperparameters()}
        others = tuple(sorted((key, value) for key, value in given.items() if value != own.get(key)))
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "numbers", others)

    def number(self, of: Hyperparameter) -> float:
        """Return a hyperparameter's number at first: that of `numbers`, else the rule's default, else its own.

        Example:
            >>> LearningRule("AdamW").number(WEIGHT_DECAY), LearningRule("Adam", weight_decay=0.3).number(WEIGHT_DECAY)
            (0.01, 0.3)
        """
        return dict(self.numbers).get(of.key, self._default(self.name, of))

    @staticmethod
    def _default(name: str, of: Hyperparameter) -> float:
        own = RULES[name].hyperparameters if name in RULES else ()
        return next((each.default for each in own if each == of), of.default)


PLAIN = LearningRule()


def as_rule(rule: str | LearningRule) -> LearningRule:
    """Return a learning rule from its name, 'Adam', or the rule itself, once its numbers are known to be allowed.

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
