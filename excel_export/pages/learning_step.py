"""The step of learning in a page: the formulas of each rule, as functions of the script."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from excel_export.compiler.place.placement import Placement
from excel_export.formulas import Expression, Grid, as_expression
from excel_export.formulas.javascript.script import Script
from excel_export.graph.graph import Graph, Value
from excel_export.optim import RULES, LearningRule, RuleFormulas, hyperparameters
from excel_export.pages.tensor_arrays import Memory
from excel_export.views.views import Updated, learning_parameters


@dataclass
class Learning:
    """The arrays that a step of learning reads and writes, and the name of the JavaScript function of each rule."""

    rate: Grid
    """The array of the learning rate, one number; rate.sheet is its name, 'a28'."""
    step: Grid
    """The array of the number of the step, from 1 on."""
    numbers: dict[str, Grid]
    """The arrays of the hyperparameters, one number each: {'momentum': grid, 'beta1': grid, …}."""
    updated: Updated
    """The arrays of the parameters after the step, and of the directions."""
    copies: list[tuple[str, str]] = field(default_factory=list)
    """Pairs of arrays, ('a4', 'a30'): after a step, the numbers of the second are copied into the first."""
    rules: dict[str, str] = field(default_factory=dict)
    """The function's name for each rule: {'SGD': 'rule0'}."""


def add_learning(script: Script, memory: Memory, graph: Graph, placement: Placement) -> Learning:
    """Add a function to a script for the step by each learning rule; return the arrays that these functions use.

    Args:
        script: the page's script; it gets the functions 'rule0', 'rule1', …, one for each of `RULES`.
        memory: creates the arrays of the rate, the hyperparameters, the directions and the parameters after the step.
        graph: the network.
        placement: the arrays of its tensors: placement.tensors[w].value.sheet is 'a4'.
    """
    numbers = {each.key: memory.take(()) for each in hyperparameters()}
    rate, step = memory.take(()), memory.take(())
    values = learning_parameters(graph, placement.tensors)
    after = {value: memory.take(value.shape) for value in values}
    directions = {value: memory.take(value.shape) for value in values}
    learning = Learning(rate, step, numbers, Updated(rate, after, directions))
    learning.copies = [(placement.tensors[value].value.sheet, grid.sheet) for value, grid in after.items()]
    states: dict[tuple[Value, str], tuple[Grid, Grid]] = {}
    for rule in RULES:
        for state in RuleFormulas(rule, numbers).states:
            for value in values:
                if (value, state.name) not in states:
                    before, then = states[value, state.name] = memory.take(value.shape), memory.take(value.shape)
                    learning.copies.append((before.sheet, then.sheet))
    for number, rule in enumerate(RULES):
        formulas = _step_by(rule, memory, placement, learning, states)
        learning.rules[rule] = f"rule{number}"
        script.compute(f"rule{number}", {grid.sheet: each for grid, each in formulas.items()})
    return learning


def _step_by(
    rule: str, memory: Memory, placement: Placement, learning: Learning,
    states: Mapping[tuple[Value, str], tuple[Grid, Grid]],
) -> dict[Grid, Expression]:  # fmt: skip
    by = RuleFormulas(rule, learning.numbers)
    divisors = {memory.take(()): divisor(learning.step) for divisor in by.unbias.values()}
    formulas: dict[Grid, Expression] = {**divisors}
    for value, after in learning.updated.after.items():
        tensor, direction = placement.tensors[value], learning.updated.directions[value]
        weight, gradient = tensor.value, tensor.grad
        remembered = {}
        for state in by.states:
            before, then = states[value, state.name]
            formulas[then] = by.remembered(state, before, weight, gradient)
            remembered[state] = then
        # PyTorch's optimizers leave a parameter alone that no gradient reaches.
        leads = by.direction(weight, gradient, remembered, [*divisors]) if value.is_reached else as_expression(0)
        formulas[direction] = leads.broadcast_to(value.shape)
        formulas[after] = weight - learning.rate * direction
    return formulas


def first_numbers(learning: Learning, rule: LearningRule, rate: float) -> dict[str, float]:
    """Return the first numbers of a step's arrays, by name: {'a24': 0.9, …, 'a28': 0.1, 'a29': 1.0}.

    They are the hyperparameters, the rule's own and those of the others, then the learning rate and step 1.
    """
    numbers = {learning.numbers[each.key].sheet: rule.number(each) for each in hyperparameters()}
    return {**numbers, learning.rate.sheet: rate, learning.step.sheet: 1.0}
