"""Refuse baked constants, numbers that are pasted though they should be live: they would not follow a changed cell.

The loss and the gradients of such a workbook are right until somebody changes a parameter. So the module is traced
once more, forward only, with all numbers moved, a little and far: what is constant in a graph must not move with them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from functools import partial
from io import StringIO

import torch
from torch import nn

from excel_export.compiler.reference.arguments import Inputs, mapped_inputs
from excel_export.compiler.trace.same_formula import same_given
from excel_export.compiler.trace.tracer import calls_again
from excel_export.graph.graph import Graph
from excel_export.shared.errors import ExportError

_STEP = 2.0**-20
"""So little that no branch, no label and no place of a maximum changes, and so much that every sum shows it."""
Move = Callable[[torch.Tensor], torch.Tensor]


def refuse_baked_constants(graph: Graph, module: nn.Module, inputs: Inputs) -> None:
    """Refuse a graph in which something that is no cell depends on parameters or inputs.

    Raises:
        ExportError: a constant, or a setting of an operator, does, and the operator that reads it is named.
    """
    with redirect_stdout(StringIO()):  # what the module prints of such numbers means nothing
        # Some numbers, such as probabilities, can be moved in one direction only.
        _refuse_moving(graph, module, inputs, [(partial(_step, step), partial(_by, step)) for step in (_STEP, -_STEP)])
        # Truth values and whole numbers move only where others move far.
        _refuse_moving(graph, module, inputs, [(torch.neg, _far)])
        if any(not value.is_float for value in graph.of_kind("input")):
            _refuse_moving(graph, module, inputs, [(lambda parameter: parameter, _others)])


def _refuse_moving(graph: Graph, module: nn.Module, inputs: Inputs, moves: Sequence[tuple[Move, Move]]) -> None:
    """Move parameters and inputs in the first way that leaves the calls the same: no constant must move with them."""
    for of_parameters, of_inputs in moves:
        moved = calls_again(module, mapped_inputs(inputs, of_inputs), graph, of_parameters)
        if moved is None:
            continue
        for call, same in zip(graph.calls, moved, strict=True):
            if not same_given(call, same):
                where = f" in module '{call.module_path}'" if call.module_path else ""
                again = calls_again(module, inputs, graph)
                if not again or not all(map(same_given, graph.calls, again)):  # though nothing has moved
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
