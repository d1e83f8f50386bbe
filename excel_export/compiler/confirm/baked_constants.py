"""Refuse baked constants, numbers that are pasted though they should be live: they would not follow a changed cell.

The loss and the gradients of such a workbook are right until somebody changes a parameter. So the module is traced
once more, forward only, with all numbers moved, a little and far: what is constant in a graph must not move with them.
Texts may be made of tensors, as to print them, as long as nothing that is computed depends on them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from typing import Any

import numpy as np
import torch
from torch import nn

from excel_export.compiler.reference.arguments import Inputs, mapped_inputs
from excel_export.compiler.trace.tracer import trace_calls
from excel_export.graph.graph import Call, Graph, Value
from excel_export.shared.errors import ExportError
from excel_export.shared.trees import mapped

_STEP = 2.0**-20
"""So little that no branch, no label and no place of a maximum changes, and so much that every sum shows it."""
Move = Callable[[torch.Tensor], torch.Tensor]


def refuse_baked_constants(graph: Graph, module: nn.Module, inputs: Inputs) -> None:
    """Refuse a graph in which something that is no cell depends on parameters or inputs.

    Raises:
        ExportError: a constant, or a setting of an operator, does, and the operator that reads it is named; or what is
            computed depends on the text of a tensor.
    """
    with redirect_stdout(StringIO()):  # what the module prints of such numbers means nothing
        if graph.texts or graph.logged:
            _refuse_texts(graph, module, inputs)
        # Some numbers, such as probabilities, can be moved in one direction only.
        _refuse_moving(graph, module, inputs, [(partial(_step, step), partial(_by, step)) for step in (_STEP, -_STEP)])
        # Truth values and whole numbers move only where others move far.
        _refuse_moving(graph, module, inputs, [(torch.neg, _far)])
        if any(not value.is_float for value in graph.of_kind("input")):
            _refuse_moving(graph, module, inputs, [(lambda parameter: parameter, _others)])


def _refuse_moving(graph: Graph, module: nn.Module, inputs: Inputs, moves: Sequence[tuple[Move, Move]]) -> None:
    """Move parameters and inputs in the first way that leaves the calls the same: no constant must move with them."""
    again = graph.frozen or None  # what is frozen must not move
    for of_parameters, of_inputs in moves:
        try:
            moved = trace_calls(
                module,
                mapped_inputs(inputs, of_inputs),
                again,
                of_parameters,
                created=graph.created,
                widens=graph.widened,
            )
        except ExportError:
            continue
        if [type(call.operator) for call in moved] != [type(call.operator) for call in graph.calls]:
            continue
        for call, same in zip(graph.calls, moved, strict=True):
            if not equal_arguments(_given(call), _given(same)):
                where = f" in module '{call.module_path}'" if call.module_path else ""
                if not _is_same_with(None, graph, module, inputs):  # though nothing has moved
                    raise ExportError(
                        f"'{call.name}'{where} reads numbers that are others in each call: forward() keeps them "
                        "outside of the module, as in a global variable or a closure; keep them in an attribute, or "
                        "give them as inputs"
                    )
                raise ExportError(
                    f"'{call.name}'{where} reads numbers that were computed from parameters or inputs outside of the "
                    "trace, so they would stay as they are when a cell is changed: in forward(), compute with tensors "
                    "and PyTorch's own functions only"
                )
        return


def _refuse_texts(graph: Graph, module: nn.Module, inputs: Inputs) -> None:
    """Give texts and logs other numbers: what is computed must stay the same."""
    if not all(_is_same_with(alter, graph, module, inputs) for alter in _OTHERS):
        if graph.logged:
            raise ExportError(graph.logged[0])
        raise ExportError(
            f"what is computed depends on the text of a tensor, made in {graph.texts[0]}; a workbook cannot follow it: "
            "choose with torch.where or an index, or give the number as a plain one"
        )


def _is_same_with(alter: Move | None, graph: Graph, module: nn.Module, inputs: Inputs) -> bool:
    try:
        other = trace_calls(
            module, inputs, graph.frozen or None, alter=alter, created=graph.created, widens=graph.widened
        )
    except ExportError:
        return False
    return [*map(_made_of, other)] == [*map(_made_of, graph.calls)] and all(
        equal_arguments(_given(call), _given(same)) for call, same in zip(graph.calls, other, strict=True)
    )


def _moved(factor: float, by: float, tensor: torch.Tensor) -> torch.Tensor:
    """Return other numbers of the same type."""
    if tensor.dtype == torch.bool:
        return ~tensor
    return factor * tensor + by if tensor.is_floating_point() else tensor + int(by)


_OTHERS = [
    partial(_moved, factor, by)
    for factor, by in ((-2, -3), (0, 0), (2, 1e9), (2, -1e9), (1, 1), (0.5, 0), (0, 0.25), (0, 0.5), (0, 0.75))
]
"""Small, large, of either sign: a branch on such a number goes another way with one of them."""


def _made_of(call: Call) -> tuple[Any, ...]:
    return type(call.operator), [value.name for value in (*call.inputs, *call.outputs)]


def _step(step: float, parameter: torch.Tensor) -> torch.Tensor:
    return parameter + step * (1 + parameter.abs())


def _by(step: float, tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().double() * (1 + step) if tensor.is_floating_point() else tensor


def _far(tensor: torch.Tensor) -> torch.Tensor:
    return -1.5 * tensor.detach().double() - 0.5 if tensor.is_floating_point() else tensor


def _others(tensor: torch.Tensor) -> torch.Tensor:
    """Return other whole numbers of the same range, as they may be places, and other truth values."""
    if tensor.is_floating_point() or not tensor.numel():
        return tensor
    if tensor.dtype == torch.bool:
        return ~tensor
    least, most = tensor.min(), tensor.max()
    return least + most - tensor if least < most else tensor + 1


def _given(call: Call) -> list[Any]:
    """Return what a call does not get from other cells: constants and settings."""
    return [mapped(argument, Value, _constant) for argument in call.operator.arguments.values()]


def _constant(value: Value) -> np.ndarray | None:
    return value.data if value.kind == "constant" else None


def equal_arguments(one: Any, other: Any) -> bool:
    """Whether what two calls are given is the same, number for number."""
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(equal_arguments, one, other))
    if isinstance(one, (torch.Tensor, np.ndarray)) and isinstance(other, (torch.Tensor, np.ndarray)):
        return np.array_equal(np.asarray(one), np.asarray(other), equal_nan=True)
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return one == other or one != one
    return type(one) is type(other)
