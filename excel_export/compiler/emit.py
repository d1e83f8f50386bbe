"""Write every tensor as formulas: forward through the calls, then backward, adding up gradients."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from excel_export.compiler.place import Placement
from excel_export.formulas.expression import Expression, OperandLike, as_expression, total
from excel_export.formulas.grid import Grid
from excel_export.graph.graph import Graph, Value

Contents = dict[Grid, np.ndarray | Expression]
"""What stands in the cells of each grid: numbers, or formulas."""


def emit(graph: Graph, placement: Placement) -> Contents:
    """Return the contents of every grid: numbers for inputs, parameters and constants, else formulas."""
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
        results, operator = placement.results(call), placement.operator(call)
        y = results[0]
        for name, helper in operator.helpers(y).items():
            if name in y.helpers:  # a forward pass alone has no place for what belongs to the backward pass
                contents[y.helpers[name]] = _formulas(helper.formula(), y.helpers[name])
        for result, formulas in zip(results, operator.forward_all(results), strict=True):
            contents[result.value] = _formulas(formulas, result.value)
    for value, formulas in _gradients(graph, placement).items():
        place = tensors[value].grad
        contents[place] = _formulas(formulas, place)
    return contents


def _gradients(graph: Graph, placement: Placement) -> dict[Value, Expression]:
    """Return the gradient of every value that has one."""
    values = {id(placed): value for value, placed in placement.tensors.items()}
    gained: dict[Value, list[OperandLike]] = defaultdict(list)
    for call in reversed(graph.calls):
        results = placement.results(call)
        if all(result.has_grad for result in results):
            for target, formulas in placement.operator(call).backward_all(results):
                if target.has_grad:
                    gained[values[id(target)]].append(formulas)
    gradients = {}
    for value in graph.values:
        if not placement.tensors[value].has_grad:
            continue
        terms = gained[value]
        if value in graph.seeds:
            seed = placement.tensors[value].seed
            terms = [*terms, seed if seed else 1]
        gradient = total(terms)
        if not value.is_float and not gradient.vanishes:
            # A whole number cannot be nudged, whatever arrives at it.
            gradient = 0 * gradient
        gradients[value] = gradient
    return gradients


def _formulas(formulas: OperandLike, grid: Grid) -> Expression:
    """Return formulas in the shape of their grid, whatever NumPy would broadcast to it."""
    expression = as_expression(formulas)
    return expression if expression.shape == grid.shape else expression.broadcast_to(grid.shape)
