"""Which tensors a learner can fill with infinity, by typing into a mask: a softmax of nothing else is no number."""

from __future__ import annotations

import numpy as np

from excel_export.graph.graph import Call, Graph, Value
from excel_export.ops.where import where
from excel_export.shared.infinity import INFINITY


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
    # A mask of the least finite number hides, too, but of nothing else a softmax has numbers.
    return bool((np.abs(np.asarray(item.data if isinstance(item, Value) else item)) >= INFINITY).any())
