"""Training unrolled: the same graph placed once for every step.

Each step's parameters are the parameters of the step before, less its learning rate times its gradients, so a
chain of formulas leads from the first weights to the last loss: change anything, and all that follows is new.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from excel_export.compiler.emit import Contents, emit
from excel_export.compiler.place import Placement, Sheet
from excel_export.formulas.arrays import ZERO, of_ranges
from excel_export.formulas.copies import Original
from excel_export.formulas.expression import Expression, Operand
from excel_export.formulas.functions import MAX, MIN
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import LAST_COLUMN
from excel_export.formulas.tensor import PlacedTensor
from excel_export.graph.graph import Graph, Value
from excel_export.shared.errors import ExportError

# A step that would move a parameter further than this is not taken, and none after it. A network that
# trains moves its parameters by less than 1; one that diverges passes any bound within a few steps, and
# without one its numbers would soon be larger than a spreadsheet's largest.
FURTHEST = 1000
LARGEST_RATE = 1_000_000


@dataclass
class Unrolled:
    """A graph placed for steps 0, 1, …, and once more for the parameters after the last."""

    graph: Graph
    steps: list[Placement]
    last: Placement
    """Of this one only the parameters are written."""
    contents: Contents

    def parameters(self, placement: Placement) -> dict[Value, Grid]:
        """Where the parameters of a step lie."""
        return {value: placement.tensors[value].value for value in self.graph.of_kind("parameter")}


def unroll(
    graph: Graph,
    steps: int,
    first: Placement,
    apart: int,
    given: Callable[[int], Mapping[Value, Expression]],
    rate: Callable[[int, Value], Operand],
) -> Unrolled:
    """Write `steps` steps of stochastic gradient descent.

    Args:
        graph: one step: from inputs and parameters to the loss and the gradients.
        steps: how many.
        first: where the first of them lies, on one sheet.
        apart: rows from each step to the next.
        given: formulas for the inputs of a step, in their shapes.
        rate: the learning rate of a step, for a parameter.
    """
    placements = [_below(first, step * apart) for step in range(steps + 1)]
    sheet = first.sheets[0].name
    written = emit(graph, first)
    formulas = {grid: Original(item, sheet) for grid, item in written.items() if isinstance(item, Expression)}
    numbers = {grid: item for grid, item in written.items() if grid not in formulas}
    contents: Contents = {}
    parameters = graph.of_kind("parameter")
    for step, placement in enumerate(placements):
        tensors, down = placement.tensors, step * apart
        if step < steps:
            contents |= {grid.below(down): original.copy(down) for grid, original in formulas.items()}
            contents |= {grid.below(down): item for grid, item in numbers.items()}
            contents |= {tensors[value].value: item for value, item in given(step).items()}
        if step > 0:
            before = placements[step - 1].tensors
            for value in parameters:
                contents[tensors[value].value] = _stepped(before[value], rate(step - 1, value))
    return Unrolled(graph, placements[:-1], placements[-1], contents)


def _below(placement: Placement, rows: int) -> Placement:
    """The same placement, so many rows further down."""
    sheets = [
        replace(
            sheet,
            bands={band: row + rows for band, row in sheet.bands.items()},
            blocks=[replace(block, grid=block.grid.below(rows)) for block in sheet.blocks],
            last_row=sheet.last_row + rows,
        )
        for sheet in placement.sheets
    ]
    tensors = {value: tensor.below(rows) for value, tensor in placement.tensors.items()}
    return Placement(sheets, tensors, placement.given)


def _stepped(before: PlacedTensor, rate: Operand) -> Expression:
    """One step of gradient descent; a frozen parameter stays."""
    weight = before.value.relative
    return weight - rate * before.grad if before.has_grad else weight.cells


def largest_move(rate: Operand, gradients: Sequence[Grid]) -> Expression:
    """The furthest that a step would move any of the parameters with these gradients."""
    boxes = [grid.box for grid in gradients]
    return rate * MAX(of_ranges("MAX", boxes), -of_ranges("MIN", boxes)) if boxes else ZERO


def bounded(rate: Operand) -> Expression:
    """A learning rate as the steps use it: from 0 to a million, whatever was typed."""
    return MAX(0, MIN(rate, LARGEST_RATE))


def in_a_row(graph: Graph, sheet: str, row: int, first_col: int) -> Placement:
    """Place a small graph in a single row: inputs, parameters, results, gradients from left to right.

    Raises:
        ExportError: a sheet has fewer columns.
    """
    placement = Placement([Sheet(sheet, [])], {}, ())
    col = first_col

    def take(shape: tuple[int, ...]) -> Grid:
        nonlocal col
        across = tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
        grid = Grid(sheet, row, col, shape, (0,) * len(shape), across)
        col += math.prod(shape)
        if col > LAST_COLUMN:
            raise ExportError(f"a step of sheet '{sheet}' does not fit into one row")
        return grid

    given = [value for kind in ("input", "constant", "parameter") for value in graph.of_kind(kind)]
    made = [value for value in graph.values if value.kind == "intermediate"]
    for value in [*given, *made]:
        placement.tensors[value] = PlacedTensor(value.name, value.data, take(value.shape))
    for call in graph.calls:
        for name, helper in call.helpers.items():
            placement.tensors[call.outputs[0]].helpers[name] = take(helper.shape)
    for value in [*reversed(made), *graph.of_kind("parameter")]:
        if value.has_grad:
            placement.tensors[value].grad = take(value.shape)
    placement.sheets[0].last_column = col - 1
    return placement
