"""Write every tensor as formulas: forward through the calls, then backward, adding up gradients."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from excel_export.compiler.place import Placement, placed_call
from excel_export.formulas.formula import each, plus
from excel_export.formulas.grid import Grid
from excel_export.formulas.operator import Expressions
from excel_export.graph.graph import Graph, Value
from excel_export.shared.errors import ExportError

LONGEST_FORMULA = 8_192


def emit(graph: Graph, placement: Placement) -> dict[Grid, np.ndarray]:
    """Return the contents of every grid: numbers for inputs, parameters and constants, else formulas.

    Formulas are strings that start with '='.

    Raises:
        ExportError: a formula would be longer than Excel allows.
    """
    tensors = placement.tensors
    contents: dict[Grid, np.ndarray] = {
        tensors[value].value: value.data
        for value in graph.values
        if value.kind != "intermediate" and value not in placement.given
    }
    for value, seed in graph.seeds.items():
        place = tensors[value].seed
        if place:
            contents[place] = seed
    for call in graph.calls:
        y, arguments = placed_call(call, tensors)
        work = tensors[call.outputs[0]].work
        for name, expressions in (call.operator.fill(y, **arguments) if work else {}).items():
            if name in work:  # a forward pass alone has no place for what belongs to the backward pass
                contents[work[name]] = _formulas(expressions, work[name], f"{call.name}: {name}")
        results = call.operator.forward(y, **arguments)
        for value, expressions in zip(call.outputs, results if isinstance(y, tuple) else [results], strict=True):
            contents[tensors[value].value] = _formulas(expressions, tensors[value].value, value.name)
    for value, expressions in _gradients(graph, placement).items():
        place = tensors[value].grad
        assert place is not None
        contents[place] = _formulas(expressions, place, f"grad.{value.name}")
    return contents


def _gradients(graph: Graph, placement: Placement) -> dict[Value, Expressions]:
    """Return the gradient of every value that has one, as expressions."""
    values = {id(placed): value for value, placed in placement.tensors.items()}
    gained: dict[Value, list[Expressions]] = defaultdict(list)
    for call in reversed(graph.calls):
        if all(value.grad is None for value in call.outputs):
            continue
        y, arguments = placed_call(call, placement.tensors)
        for target, expressions in call.operator.backward(y, **arguments):
            if target.grad is not None:
                gained[values[id(target)]].append(expressions)
    gradients = {}
    for value in graph.values:
        if placement.tensors[value].grad is None:
            continue
        terms = gained[value]
        if value in graph.seeds:
            seed = placement.tensors[value].seed
            terms = [*terms, seed.refs if seed else np.full(value.shape, "1", dtype=object)]
        gradients[value] = _sum(value.shape, terms)
        if not value.is_float and not all(str(text).startswith("0*") for text in gradients[value].ravel()):
            # A whole number cannot be nudged, whatever arrives at it.
            gradients[value] = each("0*({})", gradients[value])
    return gradients


def _sum(shape: tuple[int, ...], terms: list[Expressions]) -> Expressions:
    if len(terms) == 1:
        return terms[0]
    total = np.empty(shape, dtype=object)
    for index in np.ndindex(shape):
        total[index] = plus(str(term[index]) for term in terms)
    return total


def _formulas(expressions: Expressions, grid: Grid, name: str) -> np.ndarray:
    texts = np.asarray(expressions, dtype=object).ravel().tolist()
    if grid.prefix:
        # A formula need not name its own sheet. No sheet's quoted name can end in another's.
        own = grid.prefix
        texts = [text.replace(own, "") for text in texts]
    longest = max(map(len, texts), default=0) + 1
    if longest > LONGEST_FORMULA:
        raise ExportError(
            f"a formula of '{name}' would have {longest:,} characters, but Excel allows {LONGEST_FORMULA:,}: "
            "export a smaller layer"
        )
    formulas = np.empty(grid.shape, dtype=object)
    formulas.reshape(-1)[:] = ["=" + text for text in texts]
    return formulas
