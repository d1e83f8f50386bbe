"""What of a network learns: the values that have a gradient, and where a step leads the parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from excel_export.formulas import Grid, OperandLike, PlacedTensor
from excel_export.graph.graph import Graph, Value


def learning_parameters(graph: Graph, tensors: Mapping[Value, PlacedTensor]) -> list[Value]:
    """The parameters that have a gradient."""
    return [value for value in graph.of_kind("parameter") if tensors[value].has_grad and value.data.size]


def with_gradients(graph: Graph, tensors: Mapping[Value, PlacedTensor]) -> list[Value]:
    """The values that have a gradient: the parameters first, then the others in the order of computation."""
    learning = learning_parameters(graph, tensors)
    others = (value for value in graph.values if value.kind != "parameter" and value in tensors)
    return [*learning, *(value for value in others if tensors[value].has_grad and value.data.size)]


@dataclass(frozen=True)
class Updated:
    """What the step makes: after = before − rate · direction."""

    rate: OperandLike = 0.0
    after: dict[Value, Grid] = field(default_factory=dict)
    """Where each lies after the step."""
    directions: dict[Value, Grid] = field(default_factory=dict)
    """In which direction the step moves each, where that has cells of its own."""
