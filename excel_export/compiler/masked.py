"""Which tensors a learner can fill with infinity, by typing into a mask: a softmax of nothing else is no number."""

from __future__ import annotations

import numpy as np

from excel_export.graph.graph import Call, Graph, Value
from excel_export.ops.where import where
from excel_export.shared.infinity import is_infinite


def mark_masked(graph: Graph) -> None:
    """Mark the values that may become infinite. A mask that is a constant hides what it hides now, and no more.

    Args:
        graph: a graph with PyTorch's numbers.
    """
    for value in graph.of_kind("input"):
        value.is_masked = _is_infinite(value)
    for call in graph.calls:
        masked = any(value.is_masked for value in call.inputs) or _masks(call)
        for value in call.outputs:
            value.is_masked = masked


def _masks(call: Call) -> bool:
    """Whether a condition that depends on inputs chooses infinity."""
    operator = call.operator
    if not isinstance(operator, where) or not isinstance(operator.condition, Value):
        return False
    return operator.condition.kind != "constant" and (_is_infinite(operator.input) or _is_infinite(operator.other))


def _is_infinite(item: object) -> bool:
    if isinstance(item, Value) and item.kind == "intermediate":
        return False
    return bool(is_infinite(np.asarray(item.data if isinstance(item, Value) else item)).any())
