"""What is compared side by side: learning rates, and learning rules with their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from excel_export.compiler.unroll.unrolled import LARGEST_RATE
from excel_export.optim import PLAIN, RULES, LearningRule, as_rule, hyperparameters
from excel_export.optim.rule import WEIGHT_DECAY, Hyperparameter
from excel_export.shared.errors import ExportError
from excel_export.sheets.inputs.validation import Between

FORM = "RULE:RATE, such as Adam:0.01 or momentum:0.1:weight_decay=0.01"
RATES = Between(0, LARGEST_RATE)


@dataclass(frozen=True)
class Compared:
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


def as_compared(item: float | str | tuple[str | LearningRule, float]) -> Compared:
    """Read what is compared: a rate is one of plain SGD, a text has the form of the command line.

    Raises:
        ExportError: it is no such thing, there is no such rule, or a number is out of its limits.
    """
    if isinstance(item, str):
        found = _parsed(item)
    elif isinstance(item, tuple):
        rule, rate = item
        found = Compared(rate, as_rule(rule))
    else:
        found = Compared(item)
    refuse_odd_rate(found.rate)
    return found


def numbers_of(compared: Sequence[Compared]) -> list[Hyperparameter]:
    """The numbers that these rules read; the weight decay only where one of them has any."""
    decays = any(each.rule.number(WEIGHT_DECAY) for each in compared)
    found = hyperparameters(name for name in RULES if any(each.rule.name == name for each in compared))
    return [number for number in found if decays or number != WEIGHT_DECAY]


def refuse_odd_rate(rate: float) -> None:
    """Refuse what is no learning rate: it is negative, too large or NaN."""
    if not 0 <= rate <= LARGEST_RATE:
        raise ExportError(f"a learning rate is {RATES.asked.lower()}, not {rate:g}")


def _parsed(text: str) -> Compared:
    """Read 'Adam:0.01' or 'momentum:0.1:weight_decay=0.01'."""
    first, *others = (part.strip() for part in text.split(":"))
    if not others:
        return Compared(_number(first, text))
    known = [number.name for number in hyperparameters()]
    found: dict[str, float] = {}
    for part in others[1:]:
        key, _, value = part.partition("=")
        if key not in known or not value:
            raise ExportError(f"'{text}': the numbers of a learning rule are {', '.join(known)}: write {FORM}")
        found[key] = _number(value, text)
    return Compared(_number(others[0], text), as_rule(LearningRule(first, **found)))


def _number(text: str, whole: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ExportError(f"'{whole}' is no learning rate and no {FORM}") from None
