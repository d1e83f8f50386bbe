"""Write each tensor of a graph as formulas: the forward pass call by call, then the backward pass in reverse."""

from collections import defaultdict

import numpy as np

from excel_export.compiler.place.gradient_accumulation import CONTRIBUTIONS, added_up, split, sum_of
from excel_export.compiler.place.placement import Placement
from excel_export.formulas import Expression, Grid, OperandLike, as_expression
from excel_export.formulas.grid import Unplaced
from excel_export.graph.graph import Call, Graph, Value

Contents = dict[Grid, np.ndarray | Expression]
"""The contents of the cells of each grid: an array of numbers, or formulas."""


def emit(graph: Graph, placement: Placement) -> Contents:
    """Return what all cells of a graph hold: {grid B8:E10 of x: array (4, 3), grid L8:O9 of fc: $L$20*B8+…+$P$20, …}.

    Args:
        graph: the computation.
        placement: the cells of each tensor.

    Returns:
        For each grid an array, the numbers of an input, a parameter, a constant or a gradient from outside, or an
        `Expression`, the formulas of a result, a helper tensor or a gradient; both in the grid's shape. Tensors in
        `placement.given` have none, as their cells are filled elsewhere.
    """
    tensors = placement.tensors
    contents: Contents = {
        tensors[value].value: value.data
        for value in graph.values
        if value.kind != "intermediate" and value not in placement.given
    }
    for value, seed in graph.seeds.items():
        place = tensors[value].seed
        if place:
            contents[place] = seed
    for call in graph.calls:
        results = placement.results(call)
        _put_helpers(contents, call, placement, backward=False)
        for result, formulas in zip(results, placement.forward(call), strict=True):
            _put(contents, result.value, formulas)
    _put_gradients(contents, graph, placement)
    return contents


def _put_gradients(contents: Contents, graph: Graph, placement: Placement) -> None:
    values = {id(placed): value for value, placed in placement.tensors.items()}
    gained: dict[Value, list[Expression]] = defaultdict(list)

    def finish(value: Value) -> None:
        tensor = placement.tensors[value]
        if not tensor.has_grad:
            return
        terms = gained.pop(value, [])
        if value in graph.seeds:
            terms = [*terms, as_expression(tensor.seed if tensor.seed else 1)]
        if CONTRIBUTIONS in tensor.helpers:
            contents[tensor.helpers[CONTRIBUTIONS]] = split(terms, tensor.helpers[CONTRIBUTIONS])
            gradient = sum_of(tensor.helpers[CONTRIBUTIONS])
        else:
            gradient = added_up(terms)
        if not value.is_float and not gradient.vanishes:
            # A whole number cannot be nudged, whatever arrives at it.
            gradient = 0 * gradient
        _put(contents, tensor.grad, gradient)

    for call in reversed(graph.calls):
        results = placement.results(call)
        for value in call.outputs:
            finish(value)
        _put_helpers(contents, call, placement, backward=True)
        if all(result.has_grad for result in results):
            for target, formulas in placement.backward(call):
                if target.has_grad:
                    gained[values[id(target)]].append(as_expression(formulas))
    made = {value for call in graph.calls for value in call.outputs}
    for value in graph.values:
        if value not in made:
            finish(value)


def _put_helpers(contents: Contents, call: Call, placement: Placement, backward: bool) -> None:
    y = placement.results(call)[0]
    for name, helper in placement.helpers(call).items():
        # A forward pass alone has no place for what belongs to the backward pass.
        if name in y.helpers and (helper.band == "backward") == backward:
            _put(contents, y.helpers[name], helper.formula())


def _put(contents: Contents, grid: Grid, formulas: OperandLike) -> None:
    expression = as_expression(formulas)
    if expression.shape != grid.shape:
        expression = expression.broadcast_to(grid.shape)
    if isinstance(grid, Unplaced):
        grid.formulas[:] = [expression]
    else:
        contents[grid] = expression
