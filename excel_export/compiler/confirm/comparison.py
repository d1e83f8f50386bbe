"""Compare a graph with PyTorch's own run, and two runs with each other, tensor by tensor."""

from collections.abc import Iterator
from itertools import zip_longest

import numpy as np

from excel_export.compiler.reference.eager import EagerRun, LeafTensor
from excel_export.compiler.trace.replay import Replayed
from excel_export.graph.graph import Graph, Value
from excel_export.shared.difference import TOLERANCE, difference


def pairs(graph: Graph, reference: EagerRun) -> Iterator[tuple[str, Value | None, LeafTensor | None]]:
    """Yield (name, value in the graph, tensor of PyTorch's run) for each parameter, then each input.

    ('fc.weight', Value('fc.weight', …), LeafTensor(('fc.weight',), …)); None for one of the two that does not exist.
    """
    values = {value.name: value for value in graph.of_kind("parameter")}
    for leaf in reference.parameters:
        found = [values.pop(name) for name in leaf.names if name in values]
        for value in found:
            yield leaf.names[0], value, leaf
        # A parameter that nothing reads needs no place in a workbook, and one without elements has none.
        if leaf.is_reached and leaf.data.size and not found:
            yield leaf.names[0], None, leaf
    for name, value in values.items():
        yield name, value, None
    # Both are in the order of forward's arguments; some have another name in the graph: see `name_apart`.
    given = [value for value in graph.of_kind("input") if not value.drawn]
    for value, leaf in zip_longest(given, reference.inputs):
        yield leaf.names[0] if leaf else value.name, value, leaf


def first_difference(graph: Graph, reference: EagerRun, replayed: Replayed | None = None) -> tuple[str, float] | None:
    """Return the first tensor that differs from PyTorch's by more than 1e-9, with its error: ('grad.w', 0.5), or None.

    The loss, 'loss', is compared first, then each parameter and input, and its gradient. An error is relative to the
    largest number of PyTorch's tensor, if that is above 1; it is inf if one of the two tensors is missing.

    Args:
        graph: what was recorded.
        reference: PyTorch's own run.
        replayed: what the recorded calls give on the numbers of that run; None to compare the graph's own numbers.
    """
    loss = replayed.values[graph.loss].numpy(force=True) if replayed else graph.loss.data
    tensors: list[tuple[str, np.ndarray | None, np.ndarray | None]] = [("loss", loss, reference.loss)]
    for name, value, leaf in pairs(graph, reference):
        if not replayed:
            tensors.append((name, value.data if value else None, leaf.data if leaf else None))
        if not (leaf and leaf.is_fixed):
            gradients = replayed.gradients if replayed else {value: value.gradient} if value else {}
            tensors.append((f"grad.{name}", gradients.get(value) if value else None, leaf.grad if leaf else None))
    for key, found, expected in tensors:
        if found is None and expected is None:
            continue
        error = np.inf if expected is None else difference(found, expected)
        if error > TOLERANCE:
            return key, float(error)
    return None


def is_same(graph: Graph, one: EagerRun, other: EagerRun) -> bool:
    """Return whether two runs of a module give the same loss and gradients, within 1e-9; NaN equals NaN.

    The error is that of `difference`. `graph` names the parameters and inputs to compare.
    """
    first, second = _results(graph, one), _results(graph, other)
    return len(first) == len(second) and all(
        np.array_equal(np.isnan(a), np.isnan(b)) and difference(np.nan_to_num(a), np.nan_to_num(b)) <= TOLERANCE
        for a, b in zip(first, second, strict=True)
    )


def _results(graph: Graph, run: EagerRun) -> list[np.ndarray]:
    return [run.loss, *(leaf.grad for _, _, leaf in pairs(graph, run) if leaf and leaf.grad is not None)]
