"""Whether two values, such as the losses of two graphs, are the same formula: the same calls, constants, settings."""

from __future__ import annotations

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
    ours, theirs = _steps(one, calls), _steps(other, of_other)
    return [made for made, _ in ours] == [made for made, _ in theirs] and all(
        same_given(call, same) for (_, call), (_, same) in zip(ours, theirs, strict=True) if call and same
    )


def _steps(result: Value, calls: Sequence[Call]) -> list[tuple[Any, Call | None]]:
    """The calls that a value is made of, each with its operator and where its inputs come from."""
    needed, made = {result}, []
    for call in reversed(calls):
        if not needed.isdisjoint(call.outputs):
            needed.update(call.inputs)
            made.append(call)
    places = {value: (k, place) for k, call in enumerate(made) for place, value in enumerate(call.outputs)}

    def source(value: Value) -> Any:
        drawn = value.data.tobytes() if value.drawn else b""  # whose seed may be a number that was read
        return places.get(value) or ("" if value.kind == "constant" else (value.name, drawn))

    steps: list[tuple[Any, Call | None]] = [((type(call.operator), *map(source, call.inputs)), call) for call in made]
    return [*steps, (source(result), None)]


def same_given(call: Call, other: Call) -> bool:
    """Whether two calls of one operator get the same from elsewhere than other cells: constants and settings."""
    return equal_arguments(_given(call), _given(other))


def equal_arguments(one: Any, other: Any) -> bool:
    """Whether what two calls are given is the same, number for number."""
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(equal_arguments, one, other))
    if isinstance(one, (torch.Tensor, np.ndarray)) and isinstance(other, (torch.Tensor, np.ndarray)):
        return np.array_equal(np.asarray(one), np.asarray(other), equal_nan=True)
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return one == other or one != one
    return type(one) is type(other)


def _given(call: Call) -> list[Any]:
    return [mapped(argument, Value, _constant) for argument in call.operator.arguments.values()]


def _constant(value: Value) -> np.ndarray | None:
    return value.data if value.kind == "constant" else None
