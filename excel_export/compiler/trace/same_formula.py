"""Whether two values, such as the losses of two graphs, are the same formula: the same calls, constants, settings."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from excel_export.graph.graph import Call, Graph, Value
from excel_export.shared.trees import mapped


def same_formula(graph: Graph, other: Graph) -> bool:
    """Whether the loss is the same formula of the same inputs and parameters; what else is computed may differ."""
    return same_steps(graph.loss, graph.calls, other.loss, other.calls)


def same_steps(one: Value, calls: Sequence[Call], other: Value, of_other: Sequence[Call]) -> bool:
    """Whether two values are computed in the same way, by calls that stand among others."""
    (ours, made), (theirs, of_theirs) = _steps(one, calls), _steps(other, of_other)
    return made == of_theirs and all(map(same_given, ours, theirs))


def _steps(result: Value, calls: Sequence[Call]) -> tuple[list[Call], list[Any]]:
    """The calls that a value is made of, the last first; and of each its operator and where its inputs come from."""
    needed, made = {result}, []
    for call in reversed(calls):
        if not needed.isdisjoint(call.outputs):
            needed.update(call.inputs)
            made.append(call)
    places = {value: (k, place) for k, call in enumerate(made) for place, value in enumerate(call.outputs)}

    def source(value: Value) -> Any:
        drawn = value.data.tobytes() if value.drawn else b""  # whose seed may be a number that was read
        return places.get(value) or ("" if value.kind == "constant" else (value.name, drawn))

    return made, [source(result), *((type(call.operator), *map(source, call.inputs)) for call in made)]


def same_given(call: Call, other: Call, *, constants: bool = True) -> bool:
    """Whether two calls of one operator get the same from elsewhere than other cells: settings, and constants."""

    def given(value: Value) -> np.ndarray | None:
        return value.data if value.kind == "constant" and constants else None

    ours, theirs = (mapped([*each.operator.arguments.values()], Value, given) for each in (call, other))
    return _equal(ours, theirs)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, (torch.Tensor, np.ndarray)) and isinstance(other, (torch.Tensor, np.ndarray)):
        return np.array_equal(np.asarray(one), np.asarray(other), equal_nan=True)
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return one == other or one != one
    return type(one) is type(other)
