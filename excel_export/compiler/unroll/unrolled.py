"""A training unrolled: the same graph placed once for each step.

The parameters of each step are formulas: those of the step before, less the learning rate times their gradients. So a
chain of formulas leads from the first weights to the last loss: each change of a cell reaches all that follows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from excel_export.compiler.place.emit import Contents, emit
from excel_export.compiler.place.placement import Placement
from excel_export.formulas import MAX, MIN, SQRT, SUMXMY2, ZERO, Expression, Grid, Operand, PlacedTensor, total
from excel_export.formulas.copies import Original
from excel_export.graph.graph import Graph, Value
from excel_export.optim import RuleFormulas

FURTHEST = 1000
"""The largest change of a parameter in one step. A network that trains changes its parameters by less than 1; one that
diverges passes any bound within a few steps, and without one its numbers would soon exceed a spreadsheet's largest."""
LARGEST_RATE = 1_000_000
"""The largest learning rate that a step uses, whatever number was typed."""


@dataclass
class Unrolled:
    """A training as formulas: a graph placed for steps 0, 1, …, and for the parameters after the last step."""

    graph: Graph
    """One step, from inputs and parameters to the loss and the gradients."""
    steps: list[Placement]
    """The cells of each step, from step 0 on."""
    last: Placement
    """The placement after the last step; only its parameters are written."""
    contents: Contents
    """The formulas and numbers of all steps, by their grids."""

    def parameters(self, placement: Placement) -> dict[Value, Grid]:
        """Return the cells of each parameter in one of the placements: {fc.weight: grid N8:S8}."""
        return {value: placement.tensors[value].value for value in self.graph.of_kind("parameter")}


def unroll(
    graph: Graph,
    steps: int,
    first: Placement,
    apart: int,
    given: Callable[[int], Mapping[Value, Expression]],
    rate: Callable[[Value], Operand],
    rule: RuleFormulas | None = None,
    unbias: Sequence[Operand] = (),
) -> Unrolled:
    """Return steps of gradient descent as formulas, one step below the other: an `Unrolled`, with the cells of each.

    A weight in N5 with its gradient in T5 is N5-MAX(-1000,MIN(1000,$C5*T5)) after the step, in N6 if `apart` is 1.

    Args:
        graph: one step, from inputs and parameters to the loss and the gradients.
        steps: the number of steps.
        first: the placement of the first step, on one sheet.
        apart: the number of rows from each step to the next.
        given: given(0) returns the formulas of the inputs at the first step, {x: formulas in x's shape}.
        rate: rate(w) returns the cell with w's learning rate at the first step, $C5 on the same sheet. The rates of the
            other steps lie `apart` rows below one another.
        rule: the learning rule, such as Adam's formulas; None for plain gradient descent without weight decay.
        unbias: the cells with the bias corrections of the rule's means at the first step, arranged like the rates.
    """
    placements = [_below(first, step * apart) for step in range(steps + 1)]
    in_a_column = steps if apart == 1 else 1
    copied: dict[Grid, Original] = {}
    numbers: Contents = {}
    for grid, item in emit(graph, first).items():
        if isinstance(item, Expression):
            copied[grid] = Original(item, grid, in_a_column)
        else:
            numbers[grid] = item
    after_one = {
        value: Original(
            _stepped(value, first.tensors[value], rate(value), rule, unbias),
            first.tensors[value].value.below(apart),
            in_a_column,
        )
        for value in graph.of_kind("parameter")
    }
    remembered = _remembered(graph, first, placements[1], rule) if rule else []
    contents: Contents = {}
    for step, placement in enumerate(placements):
        down = step * apart
        if step < steps:
            contents |= {grid.below(down): original.copy(down) for grid, original in copied.items()}
            contents |= {grid.below(down): item for grid, item in numbers.items()}
            contents |= {placement.tensors[value].value: item for value, item in given(step).items()}
            for at_first, later in remembered:
                contents[at_first.grid.below(down)] = later.copy(down - apart) if step else at_first.copy(0)
        if step > 0:
            for value, original in after_one.items():
                contents[placement.tensors[value].value] = original.copy(down - apart)
    return Unrolled(graph, placements[:-1], placements[-1], contents)


def _below(placement: Placement, rows: int) -> Placement:
    sheets = [
        replace(
            sheet,
            zones={zone: row + rows for zone, row in sheet.zones.items()},
            blocks=[replace(block, grid=block.grid.below(rows)) for block in sheet.blocks],
            last_row=sheet.last_row + rows,
        )
        for sheet in placement.sheets
    ]
    tensors = {value: tensor.below(rows) for value, tensor in placement.tensors.items()}
    return Placement(sheets, tensors, placement.given)


def _stepped(
    value: Value, before: PlacedTensor, rate: Operand, rule: RuleFormulas | None, unbias: Sequence[Operand]
) -> Expression:
    weight = before.value.relative
    if not before.has_grad:
        return weight.cells
    direction = before.grad.cells
    if rule and value.is_reached:
        states = {state: before.helpers[state.name] for state in rule.states}
        direction = rule.direction(weight, before.grad, states, unbias)
    return weight - MAX(-FURTHEST, MIN(FURTHEST, rate * direction))


def _remembered(
    graph: Graph, first: Placement, second: Placement, rule: RuleFormulas
) -> list[tuple[Original, Original]]:
    found = []
    for value in graph.of_kind("parameter"):
        before, here = first.tensors[value], second.tensors[value]
        for state in rule.states if value.has_grad else ():
            at_first, later = before.helpers[state.name], here.helpers[state.name]
            if value.is_reached:
                of_first = rule.remembered(state, None, before.value.relative, before.grad)
                of_later = rule.remembered(state, at_first, here.value.relative, here.grad)
            else:
                of_first, of_later = before.grad.cells, here.grad.cells
            found.append((Original(of_first, at_first), Original(of_later, later)))
    return found


def length_of_step(before: Placement, after: Placement, parameters: Iterable[Value]) -> Expression:
    """Return the length of the parameters' step from `before` to `after`, SQRT(SUMXMY2(N6:S6,N5:S5)) for one of six.

    Terms of several parameters are added within SQRT; 0 if none of them learns.
    """
    squares: list[Expression] = []
    for value in parameters:
        if before.tensors[value].has_grad:
            one, other = (placement.tensors[value].value.box for placement in (before, after))
            # One engine takes no single cells here.
            squares.append(SUMXMY2(other, one) if one.size > 1 else (other - one) * (other - one))
    return SQRT(total(squares)) if squares else ZERO


def bounded(rate: Operand) -> Expression:
    """Return a learning rate limited to 0 … 1,000,000, whatever was typed: MAX(0,MIN(B3,1000000))."""
    return MAX(0, MIN(rate, LARGEST_RATE))
