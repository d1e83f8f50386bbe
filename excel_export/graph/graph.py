"""The traced computation: values, and the operator calls that connect them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from excel_export.shared.errors import ExportError

if TYPE_CHECKING:
    from excel_export.formulas.operator import Operator

Kind = Literal["input", "parameter", "constant", "intermediate"]


@dataclass(eq=False)
class Value:
    """One tensor of the computation, with PyTorch's own numbers for it.

    `data` is what PyTorch computed in float64 (or a whole number or truth value, kept as such);
    `grad` is the gradient of the loss with respect to it, all zero where none arrives, and None
    where a gradient has no meaning (constants, labels).
    """

    name: str
    kind: Kind
    data: np.ndarray
    grad: np.ndarray | None
    module_path: str = ""
    note: str = ""
    """What a reader should know about where it comes from."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The PyTorch shape."""
        return self.data.shape

    @property
    def is_float(self) -> bool:
        """Whether PyTorch holds it as a floating-point tensor."""
        return self.data.dtype.kind == "f"


@dataclass(eq=False)
class Call:
    """One operator applied to values: `outputs = operator(**arguments)`.

    `arguments` follows the operator's PyTorch signature, every default filled in, with `Value`s in
    the place of tensors.
    """

    name: str
    operator: Operator
    arguments: Mapping[str, Any]
    outputs: tuple[Value, ...]
    module_path: str = ""
    shares: list[tuple[Value, np.ndarray]] = field(default_factory=list)
    """What each input's gradient gains through this call, as PyTorch has it."""

    @property
    def inputs(self) -> list[Value]:
        """The values it reads, in the order of its signature."""
        return [value for argument in self.arguments.values() for value in values_in(argument)]


@dataclass
class Graph:
    """A module's forward pass to its scalar loss, in the order of computation."""

    values: list[Value]
    calls: list[Call]
    loss: Value
    aliases: dict[str, Value] = field(default_factory=dict)
    """Further traced names of a value, where an operator returned its input unchanged."""
    seeds: dict[Value, np.ndarray] = field(default_factory=dict)
    """The gradients that the backward pass starts from: 1 for the loss; for a part of a network, what
    arrives from outside of it."""

    def of_kind(self, kind: Kind) -> list[Value]:
        """The values of one kind, in order."""
        return [value for value in self.values if value.kind == kind]

    @property
    def tensors(self) -> dict[str, np.ndarray]:
        """Every tensor under its key in `read_tensors`: name, and 'grad.' + name."""
        named = [(value.name, value) for value in self.values if value.kind != "constant"]
        named += list(self.aliases.items())
        tensors = {name: np.asarray(value.data, dtype=np.float64) for name, value in named}
        tensors |= {f"grad.{name}": value.grad for name, value in named if value.grad is not None}
        tensors["loss"] = np.asarray(self.loss.data, dtype=np.float64)
        return tensors


def forward_only(graph: Graph) -> Graph:
    """Return the same forward pass with fresh results that have no gradients; what is given stays the same."""
    fresh = {value: replace(value, grad=None) for value in graph.values if value.kind == "intermediate"}
    return _rebuilt(graph, graph.calls, fresh, {})


def forward_from_parameters(graph: Graph) -> Graph:
    """Return the forward pass from the first parameter on, with fresh parameters and results without gradients.

    What no parameter touches stays the same, and is not computed again.
    """
    touched = {value for value in graph.of_kind("parameter") if value.grad is not None}
    calls = []
    for call in graph.calls:
        if touched.intersection(call.inputs):
            touched.update(call.outputs)
            calls.append(call)
    fresh = {value: replace(value, grad=None) for value in graph.values if value in touched}
    return _rebuilt(graph, calls, fresh, {})


def part(graph: Graph, start: str | None = None, stop: str | None = None) -> Graph:
    """Return the part of a graph from one layer to another, with the gradients of the whole.

    What the part reads from before it becomes an input, with its value in the whole network. What its
    gradients gain outside of it becomes the seeds.

    Args:
        graph: the whole network.
        start: the first layer: a module path such as 'conv6', or a traced name; None is the beginning.
        stop: the last layer; None is the end.

    Raises:
        ExportError: there is no such layer, or `stop` comes before `start`.
    """
    first = 0 if start is None else _find(graph, start)[0]
    last = len(graph.calls) - 1 if stop is None else _find(graph, stop)[-1]
    if last < first:
        raise ExportError(f"layer '{stop}' comes before layer '{start}'")
    live = graph.calls[first : last + 1]
    made = {value for call in live for value in call.outputs}
    note = "computed by what comes before"
    pasted = {
        value: replace(value, kind="input", note=note)
        for call in live
        for value in call.inputs
        if value.kind == "intermediate" and value not in made
    }
    if graph.loss not in made:
        pasted[graph.loss] = replace(graph.loss, kind="constant", grad=None, note="of the whole network")
    seeds: dict[Value, np.ndarray] = {value: seed for value, seed in graph.seeds.items() if value in made}
    for call in graph.calls[:first] + graph.calls[last + 1 :]:
        for value, share in call.shares:
            if value in made or value in pasted or value.kind != "intermediate":
                seeds[value] = seeds.get(value, 0) + share
    return _rebuilt(graph, live, pasted, {value: seed for value, seed in seeds.items() if seed.any()})


def _find(graph: Graph, layer: str) -> list[int]:
    places = [
        k
        for k, call in enumerate(graph.calls)
        if layer == call.name
        or f"{call.module_path}.".startswith(f"{layer}.")
        or layer in {v.name for v in call.outputs}
    ]
    if not places:
        known = dict.fromkeys(call.module_path or call.name for call in graph.calls)
        raise ExportError(f"there is no layer '{layer}'; there are: {', '.join(known)}")
    return places


def _rebuilt(graph: Graph, calls: list[Call], fresh: dict[Value, Value], seeds: dict[Value, np.ndarray]) -> Graph:
    """Return a graph of these calls, in which some values are replaced by fresh ones."""

    def new(value: Value) -> Value:
        return fresh.get(value, value)

    calls = [
        replace(
            call,
            arguments={name: map_values(item, new) for name, item in call.arguments.items()},
            outputs=tuple(new(value) for value in call.outputs),
        )
        for call in calls
    ]
    loss = new(graph.loss)
    used = {loss, *(value for call in calls for value in (*call.inputs, *call.outputs))}
    values = [new(value) for value in graph.values if new(value) in used]
    aliases = {name: new(value) for name, value in graph.aliases.items() if new(value) in used}
    return Graph(
        values, calls, loss, aliases, {new(value): seed for value, seed in seeds.items() if new(value) in used}
    )


def values_in(argument: Any) -> Iterator[Value]:
    """The values in an argument, which may be nested in lists and tuples."""
    if isinstance(argument, Value):
        yield argument
    elif isinstance(argument, (list, tuple)):
        for item in argument:
            yield from values_in(item)


def map_values(argument: Any, function: Any) -> Any:
    """The argument with `function` applied to each value in it."""
    if isinstance(argument, Value):
        return function(argument)
    if isinstance(argument, (list, tuple)):
        return type(argument)(map_values(item, function) for item in argument)
    return argument
