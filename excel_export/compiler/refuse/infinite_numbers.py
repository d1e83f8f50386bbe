"""A spreadsheet has no infinity and no NaN: what would need one is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from excel_export.compiler.refuse.ways_round import of_not_finite
from excel_export.graph.graph import Graph, Value
from excel_export.shared.errors import ExportError
from excel_export.shared.infinity import is_infinite


def refuse_infinite_arguments(arguments: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse inputs and parameters that a cell cannot hold, given by kind and name.

    Raises:
        ExportError: a number is infinite or NaN.
    """
    for what, tensors in arguments.items():
        for name, tensor in tensors.items():
            if isinstance(tensor, torch.Tensor) and not tensor.isfinite().all():
                raise ExportError(f"the {what} '{name}' holds {_strange(tensor)}, which a spreadsheet cannot hold")


def refuse_infinite_values(graph: Graph) -> None:
    """Refuse a graph in which PyTorch computes infinity or NaN; name the tensor where it begins.

    Raises:
        ExportError: a number of a tensor, or of its gradient, is infinite or NaN.
    """
    for value in graph.values:
        # Elsewhere a large number may stand for a mask's infinity, which has to be gone in the end.
        if not np.isfinite(value.data).all() or (value is graph.loss and is_infinite(value.data).any()):
            raise ExportError(
                f"'{value.name}'{_within(value)} holds {_strange(value.data)} in PyTorch, which a spreadsheet cannot "
                f"hold: {of_not_finite(graph, value)}"
            )
    for value in reversed(graph.values):
        if value.gradient is not None and not np.isfinite(value.gradient).all():
            raise ExportError(
                f"the gradient of '{value.name}'{_within(value)} holds {_strange(value.gradient)} in PyTorch, which a "
                "spreadsheet cannot hold: keep away from points without a slope, such as the root of 0, or scale "
                "the loss down"
            )


def _strange(numbers: torch.Tensor | np.ndarray) -> str:
    return "NaN" if np.isnan(np.asarray(torch.as_tensor(numbers).detach())).any() else "an infinite number"


def _within(value: Value) -> str:
    return f" in module '{value.module_path}'" if value.module_path else ""
