"""The gradients of a network that can be explained, in the order in which a list offers them."""

from __future__ import annotations

from collections.abc import Mapping

from excel_export.formulas.tensor import PlacedTensor
from excel_export.graph.graph import Graph, Value


def learning_parameters(graph: Graph, tensors: Mapping[Value, PlacedTensor]) -> list[Value]:
    """The parameters that have a gradient."""
    return [value for value in graph.of_kind("parameter") if tensors[value].has_grad and value.data.size]


def with_gradients(graph: Graph, tensors: Mapping[Value, PlacedTensor]) -> list[Value]:
    """The values that have a gradient: the parameters first, then the others in the order of computation."""
    learning = learning_parameters(graph, tensors)
    others = (value for value in graph.values if value.kind != "parameter" and value in tensors)
    return [*learning, *(value for value in others if tensors[value].has_grad and value.data.size)]
