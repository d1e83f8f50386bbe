"""The formulas of learning rules in cells: a parameter's states and its direction at each step."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from excel_export.formulas import IF, OR, Expression, Name, Operand, OperandLike, as_expression, equal
from excel_export.optim.rule import (
    RULES,
    WEIGHT_DECAY,
    Here,
    Hyperparameter,
    Rule,
    State,
    Switch,
    hyperparameters,
    times,
    value_of,
)

DECAY, DECAY_APART = "decay", "decay_apart"
ByRule = Callable[[Rule], OperandLike | None]
"""A function from a rule to a number or cell; None if the rule has none."""


class RuleFormulas:
    """The formulas of one rule in cells: the states after a step by `remembered`, the step's direction by `direction`.

    Example:
        >>> from excel_export.formulas import Reference
        >>> weight, gradient, before = (Reference("Sheet1", 1, col) for col in (1, 2, 3))
        >>> rule = RuleFormulas("momentum", {"momentum": Name("momentum")})
        >>> rule.remembered(rule.states[0], before, weight, gradient).text("Sheet1")
        'momentum*C1+B1'
    """

    rules: Sequence[Rule]
    """The rule, or the rules to choose from."""
    numbers: Mapping[str, Operand]
    """The cells of the hyperparameters, by their keys. Without a cell for it, the weight decay is 0."""

    def __init__(self, name: str, numbers: Mapping[str, Operand]) -> None:
        """Store the name of a rule in RULES, and the cells of its hyperparameters, {'beta1': Name('beta1')}."""
        self.rules, self.numbers = (RULES[name],), numbers

    @property
    def hyperparameters(self) -> list[Hyperparameter]:
        """The hyperparameters that these rules read, each once: [WEIGHT_DECAY, BETA1, BETA2, EPSILON] for Adam."""
        return hyperparameters(rule.name for rule in self.rules)

    @property
    def states(self) -> tuple[State, ...]:
        """The states that are remembered of each parameter from step to step: (MEAN, SQUARES) for Adam, () for SGD."""
        return tuple(dict.fromkeys(running.state for rule in self.rules for running in rule.remembers))

    @property
    def unbias(self) -> dict[str, Callable[[OperandLike], Expression]]:
        """The bias corrections by the heads of their columns, each a function from the step to a formula.

        For Adam {'1 − β1 ^ step': …, '1 − β2 ^ step': …}; the first one gives 1-beta1^A1 for a step in A1. {} for SGD.
        """
        return {f"1 − {beta.label} ^ step": self._divisor(self.numbers[beta.key]) for beta in self._betas}

    def remembered(self, state: State, before: Operand | None, weight: Operand, gradient: Operand) -> Expression:
        """Return the formula of a state after a step: beta1*A1+(1-beta1)*C1 for Adam's mean in A1, gradient in C1.

        Args:
            state: one of `states`.
            before: its cells after the last step; None at the first step, where it is 0.
            weight: the parameter's cells, which a weight decay reads.
            gradient: its gradient's cells.
        """
        keep, take = map(self._coefficient, state.keys)
        new = times(take, state.of(self._inputs(weight, gradient).taken))
        return new if before is None else times(keep, before) + new

    def direction(
        self, weight: Operand, gradient: Operand, states: Mapping[State, Operand], unbias: Sequence[Operand] = ()
    ) -> Expression:
        """Return the direction d of a step, a formula: after it, the parameter is w − learning rate · d.

        For Adam it is C1/E1/(SQRT(D1/F1)+epsilon), with the means in C1 and D1 and the bias corrections in E1 and F1.

        Args:
            weight: the parameter's cells.
            gradient: its gradient's cells.
            states: the cells of each of `states` after the step.
            unbias: the cells of the bias corrections, as many as the property `unbias` has, and in its order.
        """
        here, divisors = self._inputs(weight, gradient), dict(zip(self._betas, unbias, strict=True))

        def formula(rule: Rule) -> Expression:
            means = {run.state: states[run.state] / divisors[run.beta] for run in rule.remembers if run.beta}
            return rule.direction(Here(here.taken, here.numbers, {**states, **means}))

        return self._with_decay_apart(self._of_rule(formula, "direction"), weight)

    def first_direction(self, weight: Operand, gradient: Operand) -> Expression:
        """Return the direction of the first step, when no state is remembered.

        Example:
            >>> from excel_export.formulas import Reference
            >>> rule = RuleFormulas("SGD", {"weight_decay": Name("decay")})
            >>> rule.first_direction(Reference("Sheet1", 1, 1), Reference("Sheet1", 1, 2)).text("Sheet1")
            'B1+decay*A1'
        """
        here = self._inputs(weight, gradient)
        return self._with_decay_apart(self._of_rule(lambda rule: rule.first_direction(here), "first_direction"), weight)

    @property
    def _switches(self) -> list[Switch]:
        return list(dict.fromkeys(rule.switch for rule in self.rules if rule.switch))

    @property
    def _betas(self) -> list[Hyperparameter]:
        return list(dict.fromkeys(run.beta for rule in self.rules for run in rule.remembers if run.beta))

    @staticmethod
    def _divisor(beta: Operand) -> Callable[[OperandLike], Expression]:
        return lambda step: 1 - beta**step

    def _inputs(self, weight: Operand, gradient: Operand) -> Here:
        decay = as_expression(self._coefficient(DECAY))
        taken = gradient.cells if decay.vanishes else gradient + decay * weight
        switches = {switch.key: as_expression(self._coefficient(switch.key)) for switch in self._switches}
        return Here(taken, {**self.numbers, **switches}, {})

    def _with_decay_apart(self, direction: Expression, weight: Operand) -> Expression:
        decay = as_expression(self._coefficient(DECAY_APART))
        return direction if decay.vanishes else direction + decay * weight

    def _coefficients(self) -> dict[str, tuple[str, ByRule]]:
        decay = self.numbers.get(WEIGHT_DECAY.key, 0)
        found: dict[str, tuple[str, ByRule]] = {
            DECAY: ("weight decay, added to the gradient", lambda rule: 0 if rule.decays_apart else decay)
        }
        if any(rule.decays_apart for rule in self.rules):
            words = "weight decay, apart from the gradient"
            found[DECAY_APART] = words, lambda rule: decay if rule.decays_apart else 0
        # In the order in which the formulas ask for them.
        for switch in reversed(self._switches):
            found[switch.key] = switch.words, partial(_switched, switch, self.numbers)
        for state in self.states:
            about = f"how much is kept of the {state.name}", "how much of a gradient is taken into it"
            for k, (key, words) in enumerate(zip(state.keys, about, strict=True)):
                found[key] = words, partial(_part, state, k, self.numbers)
        return found

    def _coefficient(self, key: str) -> OperandLike:
        _, value = self._coefficients().get(key, ("", lambda rule: 0))
        return value(self.rules[0]) or 0

    def _of_rule(self, formula: Callable[[Rule], Expression], method: str) -> Expression:
        return formula(self.rules[0])


def _switched(switch: Switch, numbers: Mapping[str, Operand], rule: Rule) -> OperandLike:
    return value_of(switch.value, numbers) if rule.switch == switch else 0


def _part(state: State, k: int, numbers: Mapping[str, Operand], rule: Rule) -> OperandLike | None:
    parts = [running.parts(numbers)[k] for running in rule.remembers if running.state == state]
    without = None if state.without is None else state.without[k]
    return parts[0] if parts else without


class ChosenRule(RuleFormulas):
    """The rules from which a learner may choose: ChosenRule(['SGD', 'Adam'], 'opt_').

    Their formulas read cells by defined names with this prefix, opt_beta1. A number that differs from rule to rule has
    a cell of its own (`derived`), so that the formulas of all parameters stay short.
    """

    def __init__(self, offered: Collection[str], prefix: str) -> None:
        """Store the names of the rules, and the prefix of the defined names of their cells."""
        self.offered, self.prefix = offered, prefix
        self._known: dict[tuple[str, ...], OperandLike] = {}

    @property
    def rules(self) -> Sequence[Rule]:  # type: ignore[override]
        """The rules that are offered, in the order of `RULES`: SGD, then Adam for ['Adam', 'SGD']."""
        return [rule for name, rule in RULES.items() if name in self.offered]

    @property
    def numbers(self) -> Mapping[str, Operand]:  # type: ignore[override]
        """The hyperparameters' defined names, by their keys: {'beta1': Name('opt_beta1'), …}."""
        return {number.key: self.name(number.key) for number in self.hyperparameters}

    def name(self, key: str) -> Name:
        """Return the defined name of the cell for a key: opt_beta1 for 'beta1', opt_rule for the chosen rule."""
        return Name(self.prefix + key)

    @property
    def derived(self) -> dict[str, tuple[str, Expression]]:
        """The numbers that depend on the chosen rule, by key, each as (words, formula of its cell).

        {'adapts': ('1 where the rule is Adam or AdamW', IF(OR(opt_rule="Adam",opt_rule="AdamW"),1,0))}. Numbers that
        are equal for all rules are left out.
        """
        groups = ((key, words, _groups(value)) for key, (words, value) in self._coefficients().items())
        return {key: (words, self._chosen(values)) for key, words, values in groups if len(values) > 1}

    @property
    def in_first_step(self) -> set[str]:
        """The ends of the defined names that the first step reads: 'rule', 'weight_decay', 'decay' from `derived`, and
        'weight' and 'gradient', which stand for a parameter's cells; for ['SGD', 'Adam'] also 'adapts' and 'epsilon',
        for ['SGD', 'momentum'] no others, since β1, β2 and this momentum only matter to remembered states.
        """
        found = _names_in(self.first_direction(self.name("weight"), self.name("gradient")))
        for key, (_, formula) in self.derived.items():
            if self.name(key) in found:
                found |= _names_in(formula)
        return {name.text.removeprefix(self.prefix) for name in found}

    @property
    def unbias(self) -> dict[str, Callable[[OperandLike], Expression]]:
        """The bias corrections as in `RuleFormulas.unbias`, but 1 while the chosen rule has none.

        The first one of a rule has the rule's name: {'Adam: 1 − β1 ^ step': from A1 to
        IF(opt_adapts=1,1-opt_beta1^A1,1), …}.
        """
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
