"""Learning rules among which a learner may choose."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from excel_export.formulas import IF, OR, Expression, Name, Operand, OperandLike, as_expression, equal
from excel_export.optim.formulas import ByRule, RuleFormulas
from excel_export.optim.rule import RULES, Rule, Switch


class Choice(RuleFormulas):
    """The rules that may be chosen. Their formulas read cells by defined names that begin alike.

    What differs from rule to rule has a cell of its own (`derived`), so that the formulas of all parameters stay short.
    """

    def __init__(self, offered: Collection[str], prefix: str) -> None:
        """Take the names of the rules, and how the defined names of their cells begin."""
        self.offered, self.prefix = offered, prefix
        self._known: dict[tuple[str, ...], OperandLike] = {}

    @property
    def rules(self) -> Sequence[Rule]:  # type: ignore[override]
        """Those that are offered."""
        return [rule for name, rule in RULES.items() if name in self.offered]

    @property
    def numbers(self) -> Mapping[str, Operand]:  # type: ignore[override]
        """The defined names."""
        return {number.key: self.name(number.key) for number in self.hyperparameters}

    def name(self, key: str) -> Name:
        """The defined name of a hyperparameter, of the rule itself ('rule'), or of what follows from them."""
        return Name(self.prefix + key)

    @property
    def derived(self) -> dict[str, tuple[str, Expression]]:
        """What follows from the rule and its numbers: by key, words and the formula of its cell."""
        groups = ((key, words, _groups(value)) for key, (words, value) in self._coefficients().items())
        return {key: (words, self._chosen(values)) for key, words, values in groups if len(values) > 1}

    @property
    def in_first_step(self) -> set[str]:
        """The keys of what the first step reads: hyperparameters, and what follows from them."""
        found = _names_in(self.first_direction(self.name("weight"), self.name("gradient")))
        for key, (_, formula) in self.derived.items():
            if self.name(key) in found:
                found |= _names_in(formula)
        return {name.text.removeprefix(self.prefix) for name in found}

    @property
    def unbias(self) -> dict[str, Callable[[OperandLike], Expression]]:
        """What means are divided by, 1 where the rule has none; the first head of a rule names it."""
        found: dict[str, Callable[[OperandLike], Expression]] = {}
        last = ""
        for beta, (head, divisor) in zip(self._betas, super().unbias.items(), strict=True):
            users = [rule for rule in self.rules if any(running.keep == beta for running in rule.remembers)]
            found[head if users[0].name == last else f"{users[0].name}: {head}"] = self._where(users, divisor)
            last = users[0].name
        return found

    def _where(
        self, users: Sequence[Rule], divisor: Callable[[OperandLike], Expression]
    ) -> Callable[[OperandLike], Expression]:
        switches = dict.fromkeys(rule.switch for rule in users if rule.switch)
        return lambda step: IF(_any([self._is_on(switch) for switch in switches]), divisor(step), 1)

    def _is_on(self, switch: Switch) -> Expression:
        cell = self.name(switch.key)
        return equal(cell, 1) if switch.value == 1 else cell > 0

    def _coefficient(self, key: str) -> OperandLike:
        asked = (key, *RULES)  # each parameter asks, and rules may be added
        if asked not in self._known:
            _, value = self._coefficients().get(key, ("", lambda rule: 0))
            (agreed, _), *others = _groups(value)
            self._known[asked] = self.name(key) if others else agreed
        return self._known[asked]

    def _chosen(self, groups: Sequence[tuple[OperandLike, list[str]]]) -> Expression:
        (first, _), *others = groups
        formula = as_expression(first)
        for value, names in others:
            formula = IF(_any([equal(self.name("rule"), name) for name in names]), value, formula)
        return formula

    def _of_rule(self, formula: Callable[[Rule], Expression], method: str) -> Expression:
        plain = next(iter(RULES.values()))
        found = formula(plain)
        for switch in self._switches:
            rule = next(rule for rule in self.rules if rule.switch == switch)
            # Where both have the same method, what it reads makes the difference.
            if getattr(type(rule), method) is not getattr(type(plain), method):
                found = IF(self._is_on(switch), formula(rule), found)
        return found


def _groups(value: ByRule) -> list[tuple[OperandLike, list[str]]]:
    """What a coefficient is for the rules, those together that agree, each with their names."""
    found: dict[str, tuple[OperandLike, list[str]]] = {}
    for name, rule in RULES.items():
        try:
            item = value(rule)
        except KeyError:  # it reads what is not on the sheet: there it cannot be chosen
            continue
        if item is not None:
            found.setdefault(as_expression(item).text(""), (item, []))[1].append(name)
    return list(found.values())


def _any(conditions: Sequence[Expression]) -> Expression:
    return OR(*conditions) if len(conditions) > 1 else conditions[0]


def _names_in(formula: Expression) -> set[Name]:
    return {token for token in formula.tokens(()) if isinstance(token, Name)}
