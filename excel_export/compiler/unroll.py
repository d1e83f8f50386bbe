"""Training unrolled: the same graph placed once for every step.

Each step's parameters are the parameters of the step before, less its learning rate times its gradients, so a
chain of formulas leads from the first weights to the last loss: change anything, and all that follows is new.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from excel_export.compiler.emit import emit
from excel_export.compiler.place import PlacedTensor, Placement, Sheet
from excel_export.formulas.formula import each, over
from excel_export.formulas.grid import Grid
from excel_export.formulas.operator import Expressions
from excel_export.graph.graph import Graph, Value
from excel_export.shared.errors import ExportError

# A step that would move a parameter further than this is not taken, and none after it. A network that
# trains moves its parameters by less than 1; one that diverges passes any bound within a few steps, and
# without one its numbers would soon be larger than a spreadsheet's largest.
FURTHEST = 1000
LARGEST_RATE = "1E6"

Lay = Callable[[int], Placement]


@dataclass
class Unrolled:
    """A graph placed for steps 0, 1, …, and once more for the parameters after the last."""

    graph: Graph
    steps: list[Placement]
    last: Placement
    """Of this one only the parameters are written."""
    contents: dict[Grid, np.ndarray]

    def parameters(self, placement: Placement) -> dict[Value, Grid]:
        """Where the parameters of a step lie."""
        return {value: placement.tensors[value].value for value in self.graph.of_kind("parameter")}


def unroll(
    graph: Graph,
    steps: int,
    lay: Lay,
    given: Callable[[int], Mapping[str, Expressions]],
    rate: Callable[[int, Value], str],
) -> Unrolled:
    """Write `steps` steps of stochastic gradient descent.

    Args:
        graph: one step: from inputs and parameters to the loss and the gradients.
        steps: how many.
        lay: places the graph for a step; must be on one sheet.
        given: expressions for the inputs of a step, by name, in the inputs' shapes.
        rate: the cell of the learning rate of a step, for a parameter.

    Raises:
        ExportError: a formula would be longer than Excel allows.
    """
    placements = [lay(step) for step in range(steps + 1)]
    contents: dict[Grid, np.ndarray] = {}
    parameters = graph.of_kind("parameter")
    for step, placement in enumerate(placements):
        tensors = placement.tensors
        if step < steps:
            contents |= emit(graph, placement)
            inputs = given(step)
            for value in graph.of_kind("input"):
                if value.name in inputs:
                    contents[tensors[value].value] = each("={}", inputs[value.name])
        if step > 0:
            before = placements[step - 1].tensors
            for value in parameters:
                contents[tensors[value].value] = _stepped(before[value], rate(step - 1, value))
    return Unrolled(graph, placements[:-1], placements[-1], contents)


def _stepped(before: PlacedTensor, rate: str) -> Expressions:
    """One step of gradient descent; a frozen parameter stays."""
    return each("={}", before) if before.grad is None else each(f"={{}}-{rate}*{{}}", before, before.grad)


def largest_move(rate: str, gradients: list[Grid]) -> str:
    """The furthest that a step would move any of the parameters with these gradients."""
    areas = [grid.prefix + grid.area for grid in gradients]
    return f"{rate}*MAX({over('MAX', areas)},-{over('MIN', areas)})" if areas else "0"


def bounded(rate: str) -> str:
    """A learning rate as the steps use it: from 0 to a million, whatever was typed."""
    return f"MAX(0,MIN({rate},{LARGEST_RATE}))"


def without_input_gradients(graph: Graph) -> Graph:
    """Drop the gradients of the inputs, and of what is computed from inputs alone: no step needs them."""
    fixed = {value for value in graph.values if value.kind != "parameter"} - set(graph.seeds)
    for call in graph.calls:
        if any(value not in fixed and value.grad is not None for value in call.inputs):
            fixed -= set(call.outputs)
    for value in fixed:
        value.grad = None
    return graph


def in_a_row(graph: Graph, sheet: str, row: int, first_col: int) -> Placement:
    """Place a small graph in a single row: inputs, parameters, results, gradients from left to right."""
    placement = Placement([Sheet(sheet, [])], {}, ())
    col = first_col

    def take(shape: tuple[int, ...]) -> Grid:
        nonlocal col
        across = tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
        grid = Grid(sheet, row, col, shape, (0,) * len(shape), across)
        col += math.prod(shape)
        if col > 16_384:
            raise ExportError(f"a step of sheet '{sheet}' does not fit into one row")
        return grid

    given = [value for kind in ("input", "constant", "parameter") for value in graph.of_kind(kind)]
    made = [value for value in graph.values if value.kind == "intermediate"]
    for value in [*given, *made]:
        placement.tensors[value] = PlacedTensor(value.name, value.shape, value.is_float, take(value.shape), None)
    for call in graph.calls:
        owner = call.outputs[0]
        outputs = owner if len(call.outputs) == 1 else call.outputs
        for name, work in call.operator.workspace(outputs, **call.arguments).items():
            if work.band != "backward" or owner.grad is not None:
                placement.tensors[owner].work[name] = take(work.shape)
    for value in [*reversed(made), *graph.of_kind("parameter")]:
        if value.grad is not None:
            placement.tensors[value].grad = take(value.shape)
    placement.sheets[0].last_column = col - 1
    return placement
