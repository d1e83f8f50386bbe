"""Refuse numbers that are pasted though they should be live: they would not follow when a cell is changed.

The loss and the gradients of such a workbook are right until somebody changes a parameter. So the module is traced
once more with all numbers moved a little: what is constant in a graph must not move with them.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from excel_export.compiler.arguments import Inputs, mapped_inputs
from excel_export.compiler.float64_copy import float64_copy
from excel_export.compiler.trace import trace
from excel_export.formulas.operator import mapped
from excel_export.graph.graph import Call, Graph, Value
from excel_export.shared.errors import ExportError

_STEP = 2.0**-20
"""So little that no branch, no label and no place of a maximum changes, and so much that every sum shows it."""


def refuse_pasted(graph: Graph, module: nn.Module, inputs: Inputs) -> None:
    """Refuse a graph in which a constant, or a setting of an operator, depends on parameters or inputs.

    Raises:
        ExportError: there is one; the operator that reads it is named.
    """
    # Some numbers, such as probabilities, can be moved in one direction only.
    again = graph.frozen or None  # what is frozen must not move
    for step in (_STEP, -_STEP):
        try:
            moved = trace(_moved_module(module, step), mapped_inputs(inputs, partial(_moved, step)), again)
        except ExportError:
            continue
        if [type(call.operator) for call in moved.calls] != [type(call.operator) for call in graph.calls]:
            continue
        for call, same in zip(graph.calls, moved.calls, strict=True):
            if not _equal(_given(call), _given(same)):
                where = f" in module '{call.module_path}'" if call.module_path else ""
                raise ExportError(
                    f"'{call.name}'{where} reads numbers that were computed from parameters or inputs outside of the "
                    "trace, so they would stay as they are when a cell is changed: in forward(), compute with tensors "
                    "and PyTorch's own functions only"
                )
        return


def _moved_module(module: nn.Module, step: float) -> nn.Module:
    moved = float64_copy(module)
    with torch.no_grad():
        for parameter in moved.parameters():
            if parameter.is_floating_point():
                parameter.add_(step * (1 + parameter.abs()))
    return moved


def _moved(step: float, tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().double() * (1 + step) if tensor.is_floating_point() else tensor


def _given(call: Call) -> list[Any]:
    """Return what a call does not get from other cells: constants and settings."""
    return [mapped(argument, Value, _constant) for argument in call.operator.arguments.values()]


def _constant(value: Value) -> np.ndarray | None:
    return value.data if value.kind == "constant" else None


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, (torch.Tensor, np.ndarray)) and isinstance(other, (torch.Tensor, np.ndarray)):
        return np.array_equal(np.asarray(one), np.asarray(other), equal_nan=True)
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return one == other or one != one
    return type(one) is type(other)
