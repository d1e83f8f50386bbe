"""How large whole numbers may be, so that all that is computed of them is held exactly, by PyTorch and by cells."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from excel_export.graph.graph import Call, Graph, Value
from excel_export.shared.trees import mapped

EXACT = 2.0**53
"""Up to there, a cell holds each whole number."""
OF_INT32 = 2.0**31
_SIGNS = ((1, 1), (-1, -1), (1, -1), (-1, 1))
"""Of the first input, the third and so on, and of the others: sums are largest with the same ones, differences not."""


def most(value: Value) -> float:
    """How large a number of a tensor may be: PyTorch begins anew behind it, or a cell rounds."""
    return OF_INT32 if value.data.dtype == np.int32 else EXACT


def is_watched(call: Call) -> bool:
    """Whether a call computes whole numbers that can become too large."""
    y = call.outputs[0]
    return call.operator.grows and not y.is_float and not y.is_truth


def largest_inputs(graph: Graph, inputs: list[Value], upper: float) -> float:
    """Return how large the elements of some inputs of whole numbers may be, so that nothing becomes too large.

    It is tried by running the calls, with all elements as large, of either sign.

    Args:
        graph: the graph.
        inputs: those whose elements may be any whole numbers.
        upper: they may not be larger in any case.

    Returns:
        a whole number from 1 to `upper`.
    """
    calls = _calls_of(graph, inputs)
    if not any(map(is_watched, calls)):
        return upper

    def fits(size: float) -> bool:
        return all(_stays_small(calls, inputs, size, signs) for signs in _SIGNS)

    if fits(upper):
        return upper
    lower = 1.0
    while upper - lower > 1:
        middle = float((lower + upper) // 2)
        lower, upper = (middle, upper) if fits(middle) else (lower, middle)
    return lower


def _calls_of(graph: Graph, inputs: list[Value]) -> list[Call]:
    """The calls that compute whole numbers of these inputs."""
    reached, found = set(inputs), []
    for call in graph.calls:
        if not reached.isdisjoint(call.inputs) and not any(output.is_float for output in call.outputs):
            reached.update(call.outputs)
            found.append(call)
    return found


def _stays_small(calls: list[Call], inputs: list[Value], size: float, signs: tuple[int, int]) -> bool:
    filled = {value: torch.full(value.shape, signs[k % 2] * size).double() for k, value in enumerate(inputs)}
    with torch.no_grad():
        for call in calls:
            try:
                found = _run(call, filled)
            except Exception:  # an operator that only knows other numbers, such as a place: what follows is not known
                continue
            results = found if isinstance(found, tuple) else (found,)
            filled.update(zip(call.outputs, results, strict=False))
            if is_watched(call) and float(results[0].abs().max()) >= most(call.outputs[0]):
                return False
    return True


def _run(call: Call, filled: Mapping[Value, torch.Tensor]) -> torch.Tensor | tuple[torch.Tensor, ...]:
    def taken(value: Value) -> torch.Tensor:
        now = filled.get(value)
        return torch.as_tensor(np.array(value.data, dtype=np.float64)) if now is None else now

    if call.operator.passes_on:  # it moves numbers that are all as large
        one = taken(call.inputs[0]).flatten()[0]
        return tuple(torch.full(output.shape, float(one)).double() for output in call.outputs)
    arguments = mapped(dict(call.operator.arguments), Value, taken)
    result: torch.Tensor | tuple[torch.Tensor, ...] = call.operator.functions[0](**arguments)
    return result
