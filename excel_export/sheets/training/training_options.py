"""What a training trains, what of it a learner may set, and which rates and rules are compared side by side."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from excel_export.compiler.place.limits import parameters_that_learn
from excel_export.compiler.unroll.unrolled import LARGEST_RATE
from excel_export.formulas import Grid, Name, Operand
from excel_export.graph.graph import Graph, Value
from excel_export.optim import PLAIN, RULES, LearningRule, as_rule, hyperparameters
from excel_export.optim.rule import WEIGHT_DECAY, Hyperparameter
from excel_export.shared.errors import ExportError
from excel_export.sheets.inputs.input_cell import Between
from excel_export.sheets.names import TRAINING_RATE
from excel_export.sheets.sheet import SheetSpec
from excel_export.sheets.training.examples import Examples
from excel_export.sheets.training.step_table import Column, Feed
from excel_export.sheets.training.training_charts import Curves
from excel_export.workbook.canvas import Canvas

FORM = "RULE:RATE, such as Adam:0.01 or momentum:0.1:weight_decay=0.01"
RATES = Between(0, LARGEST_RATE)


@dataclass(frozen=True)
class ComparedRule:
    """A learning rule at a learning rate."""

    rate: float
    rule: LearningRule = PLAIN

    @property
    def name(self) -> str:
        """What the heads say of it, but for the rate: 'momentum', 'SGD, weight decay'."""
        decays = self.rule.number(WEIGHT_DECAY) != LearningRule(self.rule.name).number(WEIGHT_DECAY)
        return f"{self.rule.name}, weight decay" if decays else self.rule.name

    @property
    def states(self) -> tuple[str, ...]:
        """The names of what the rule remembers of each parameter."""
        return tuple(running.state.name for running in RULES[self.rule.name].remembers)


def as_compared(item: float | str | tuple[str | LearningRule, float]) -> ComparedRule:
    """Read what is compared: a rate is one of plain SGD, a text has the form of the command line.

    Raises:
        ExportError: it is no such thing, there is no such rule, or a number is out of its limits.
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
    """The numbers that these rules read; the weight decay only where one of them has any."""
    decays = any(each.rule.number(WEIGHT_DECAY) for each in compared)
    found = hyperparameters(name for name in RULES if any(each.rule.name == name for each in compared))
    return [number for number in found if decays or number != WEIGHT_DECAY]


def refuse_odd_rate(rate: float) -> None:
    """Refuse what is no learning rate: it is negative, too large or NaN."""
    if not 0 <= rate <= LARGEST_RATE:
        raise ExportError(f"a learning rate is {RATES.asked.lower()}, not {rate:g}")


def _parsed(text: str) -> ComparedRule:
    """Read 'Adam:0.01' or 'momentum:0.1:weight_decay=0.01'."""
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
"""Up to so many cells for what learning rules remember, all rules are offered."""


@dataclass(frozen=True)
class Setting:
    """A number that a learner sets for the whole training."""

    label: str
    name: Name
    """Its defined name, by which formulas read it."""
    value: float
    hint: str


@dataclass(frozen=True)
class Group:
    """Parameters that share a learning rate."""

    head: str
    rate: Operand
    """Made of the settings' names, such as `TRAINING_RATE * Name("speed")`."""
    begins: tuple[str, ...]
    """What the names of its parameters begin with; a parameter belongs to the first group that it fits."""


@dataclass(frozen=True)
class Training:
    """Steps of stochastic gradient descent, to be unrolled on two sheets.

    The examples are all it needs: then the steps take them by turns, and the table shows the loss of each step and its
    mean over a pass.
    """

    examples: Examples | Feed
    """The inputs of one step after another, in the way that `export` takes inputs; a dict gives them names. A `Feed`
    says by formulas where the inputs come from."""
    steps: int = 30
    learning_rate: float = 0.1
    start: nn.Module | None = None
    """The module that is trained, with the parameters that it begins with; the exported one where it is None."""
    title: str = ""
    text: str = ""
    """What a reader should know, in a few sentences."""
    settings: Sequence[Setting] = ()
    """What a learner sets beside the learning rate."""
    groups: Sequence[Group] = ()
    """Parameters with a learning rate of their own; the others have the learning rate."""
    columns: Sequence[Column] | None = None
    """What the table says about each step: the loss and its mean where it is None."""
    curves: Sequence[Curves] | None = None
    """The charts: where neither columns nor curves are given, one of the loss and its mean."""
    rule: str | LearningRule = PLAIN
    """The learning rule at first."""
    rules: Collection[str] | None = None
    """The learning rules to choose from. What they remember takes two or three cells of each parameter at every step;
    where that is too much, None offers SGD and the rule at first, else all of them."""
    batch: int = 1
    """How many examples a step takes together: its loss is the mean of theirs. They follow each other in the list."""
    held_out: Examples | None = None
    """Examples that no step takes: the table and the chart show their mean loss before each step, too. Columns of your
    own find it as `step.value("held_out")`."""
    then: Sequence[SheetSpec[Any]] = ()
    """Further sheets, which may read the parameters as they are after the last step: `Book.result(TRAINING)`."""

    def offered(self, graph: Graph) -> tuple[str, ...]:
        """Which learning rules there are to choose from, in their order.

        An ExportError where there is no such rule, or the first one is not among them.
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
        """The group that a parameter belongs to."""
        return next((group for group in self.groups if parameter.name.startswith(group.begins)), OTHERS)


OTHERS = Group("rate", TRAINING_RATE, ("",))
"""The parameters that have no rate of their own."""


@dataclass(frozen=True)
class Trained:
    """What a training trains, and where that leads."""

    module: nn.Module
    feed: Feed
    """What its inputs are."""
    parameters: dict[str, Grid]
    """Where each parameter lies after the last step, by its name."""
    canvas: Canvas
    """The Training sheet."""
    last_row: int
    """That of the table on it."""
