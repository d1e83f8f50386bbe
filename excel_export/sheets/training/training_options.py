"""The options of a training, and the rates and rules that are compared side by side."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from excel_export.book.input_cell import Between
from excel_export.book.names import TRAINING_RATE
from excel_export.book.sheet import SheetSpec
from excel_export.compiler.place.limits import parameters_that_learn
from excel_export.compiler.unroll.unrolled import LARGEST_RATE
from excel_export.formulas import Grid, Name, Operand
from excel_export.graph.graph import Graph, Value
from excel_export.optim import PLAIN, RULES, LearningRule, as_rule, hyperparameters
from excel_export.optim.rule import WEIGHT_DECAY, Hyperparameter
from excel_export.shared.errors import ExportError
from excel_export.sheets.training.examples import Examples
from excel_export.sheets.training.step_table import Column, Feed
from excel_export.sheets.training.training_charts import Curves
from excel_export.workbook.canvas import Canvas

FORM = "RULE:RATE, such as Adam:0.01 or momentum:0.1:weight_decay=0.01"
RATES = Between(0, LARGEST_RATE)


@dataclass(frozen=True)
class ComparedRule:
    """A learning rule at a learning rate: ComparedRule(0.01, LearningRule('Adam'))."""

    rate: float
    """The learning rate."""
    rule: LearningRule = PLAIN
    """The rule, with its hyperparameters; plain SGD by default."""

    @property
    def name(self) -> str:
        """The name in the heads, without the rate: 'momentum', 'SGD, weight decay'."""
        decays = self.rule.number(WEIGHT_DECAY) != LearningRule(self.rule.name).number(WEIGHT_DECAY)
        return f"{self.rule.name}, weight decay" if decays else self.rule.name

    @property
    def states(self) -> tuple[str, ...]:
        """The names of what the rule stores for each parameter: ('momentum',); () for plain SGD."""
        return tuple(running.state.name for running in RULES[self.rule.name].remembers)


def as_compared(item: float | str | tuple[str | LearningRule, float]) -> ComparedRule:
    """Return a rule with its rate, from a rate of plain SGD, a pair of rule and rate, or a text
    'rule:rate:number=value'.

    Raises:
        ExportError: the text has no such form, there is no such rule, or a number is out of its limits.

    Example:
        >>> [(each.name, each.rate) for each in map(as_compared, (0.1, "Adam:0.01", ("momentum", 0.2)))]
        [('SGD', 0.1), ('Adam', 0.01), ('momentum', 0.2)]
    """
    if isinstance(item, str):
        found = _parsed(item)
    elif isinstance(item, tuple):
        rule, rate = item
        found = ComparedRule(rate, as_rule(rule))
    else:
        found = ComparedRule(item)
    refuse_odd_rate(found.rate)
    return found


def numbers_of(compared: Sequence[ComparedRule]) -> list[Hyperparameter]:
    """Return the hyperparameters of the rules, once each: [Hyperparameter('momentum', …), …]; [] for plain SGD.

    The weight decay is left out if it is 0 for all.
    """
    decays = any(each.rule.number(WEIGHT_DECAY) for each in compared)
    found = hyperparameters(name for name in RULES if any(each.rule.name == name for each in compared))
    return [number for number in found if decays or number != WEIGHT_DECAY]


def refuse_odd_rate(rate: float) -> None:
    """Raise an error unless a learning rate is from 0 to `LARGEST_RATE`.

    Raises:
        ExportError: the rate is negative, larger, or NaN.
    """
    if not 0 <= rate <= LARGEST_RATE:
        raise ExportError(f"a learning rate is {RATES.asked.lower()}, not {rate:g}")


def _parsed(text: str) -> ComparedRule:
    first, *others = (part.strip() for part in text.split(":"))
    if not others:
        return ComparedRule(_number(first, text))
    known = [number.name for number in hyperparameters()]
    found: dict[str, float] = {}
    for part in others[1:]:
        key, _, value = part.partition("=")
        if key not in known or not value:
            raise ExportError(f"'{text}': the numbers of a learning rule are {', '.join(known)}: write {FORM}")
        found[key] = _number(value, text)
    return ComparedRule(_number(others[0], text), as_rule(LearningRule(first, **found)))


def _number(text: str, whole: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ExportError(f"'{whole}' is no learning rate and no {FORM}") from None


MOST_REMEMBERED = 20_000
"""The most cells for the memory of learning rules with which all rules are offered."""


@dataclass(frozen=True)
class Setting:
    """A number that a learner sets for the whole training: Setting('speed', Name('speed'), 2.0, 'try 3')."""

    label: str
    """The text before the cell."""
    name: Name
    """The defined name by which formulas read it."""
    value: float
    """The number at first."""
    hint: str
    """The remark behind the cell."""


@dataclass(frozen=True)
class Group:
    """Parameters that share a learning rate: Group('rate of conv', TRAINING_RATE * Name('speed'), ('conv',))."""

    head: str
    """The head of the column of its rates."""
    rate: Operand
    """A formula of the settings' names, such as `TRAINING_RATE * Name("speed")`."""
    begins: tuple[str, ...]
    """The beginnings of its parameters' names, ('conv1.', 'conv2.'); a parameter is in the first group with one."""


@dataclass(frozen=True)
class Training:
    """Steps of stochastic gradient descent as formulas on two sheets: Training([(x1, y1), (x2, y2)], steps=20).

    The examples are enough: the steps take them in turn, and the table shows the loss of each step and its mean over a
    pass.
    """

    examples: Examples | Feed
    """The inputs of one step after another, in the way that `export` takes inputs; a dict gives them names. A `Feed`
    says by formulas where the inputs come from."""
    steps: int = 30
    """The number of steps."""
    learning_rate: float = 0.1
    """The learning rate at first; a learner may change it."""
    start: nn.Module | None = None
    """The module that is trained, with its parameters at first; None for the exported one."""
    title: str = ""
    """The heading; '' for '30 steps of training'."""
    text: str = ""
    """A few sentences for the reader; '' for an explanation of what a step does."""
    settings: Sequence[Setting] = ()
    """Further numbers that a learner sets, beside the learning rate."""
    groups: Sequence[Group] = ()
    """Parameters with a learning rate of their own; the others have the learning rate."""
    columns: Sequence[Column] | None = None
    """The columns of the table about each step; None for the loss and its mean."""
    curves: Sequence[Curves] | None = None
    """The charts; None for none, or, without `columns`, for one of the loss and its mean."""
    rule: str | LearningRule = PLAIN
    """The learning rule at first, or its name: 'Adam'."""
    rules: Collection[str] | None = None
    """The learning rules to choose from. A rule's memory takes up to three cells for each parameter at every step: if
    that is too much, None offers SGD and the rule at first, else all rules."""
    batch: int = 1
    """The number of examples that a step takes, one after another in the list; its loss is the mean of theirs."""
    held_out: Examples | None = None
    """Examples that no step takes: the table and the chart show their mean loss before each step, too; None for none.
    Columns of your own find it as `step.value("held_out")`."""
    then: Sequence[SheetSpec[Any]] = ()
    """Further sheets, which may read the parameters as they are after the last step: `Book.result(TRAINING)`."""

    def offered(self, graph: Graph) -> tuple[str, ...]:
        """Return the names of the learning rules to choose from, simple ones first: ('SGD', 'Adam').

        `graph` is one step. If `rules` is None, all are offered for up to 20,000 / (3 · steps) weights in it, 222 at 30
        steps; for more, SGD and the rule at first.

        Raises:
            ExportError: `rule` or `rules` has an unknown name, or `rule` is not among the `rules`.
        """
        first = as_rule(self.rule).name
        for name in self.rules or ():
            as_rule(name)
        if self.rules is not None:
            if first not in self.rules:
                raise ExportError(f"the learning rule is {first}, but the rules to choose from are without it")
            wanted = {*self.rules}
        else:
            most = 3 * self.steps * parameters_that_learn(graph)
            wanted = {*RULES} if most <= MOST_REMEMBERED else {PLAIN.name, first}
        return tuple(name for name in RULES if name in wanted)

    def group(self, parameter: Value) -> Group:
        """Return the first group with a beginning of the parameter's name: Group('rate of conv', …, ('conv',)) for
        conv.weight; OTHERS, with the common rate, if there is none.
        """
        return next((group for group in self.groups if parameter.name.startswith(group.begins)), OTHERS)


OTHERS = Group("rate", TRAINING_RATE, ("",))
"""The parameters without a rate of their own."""


@dataclass(frozen=True)
class Trained:
    """The result of a training, for sheets that read it: parameters {'fc.weight': grid}, last_row 49, …."""

    module: nn.Module
    """The module that was trained, as it was at first."""
    feed: Feed
    """The source of its inputs."""
    parameters: dict[str, Grid]
    """The cells of each parameter after the last step, by its name."""
    canvas: Canvas
    """The Training sheet."""
    last_row: int
    """The last row, from 1 on, of the table on it."""
