"""Graphs made of other graphs: the forward pass alone, a part of a network, steps without what they do not need."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from excel_export.graph.graph import Call, Graph, Value
from excel_export.shared.errors import ExportError


def forward_only(graph: Graph) -> Graph:
    """Return a new graph with the same calls, but without a backward pass.

    Inputs, parameters and constants are the same `Value` objects; each result is a new one, whose gradient is None. The
    graph itself stays unchanged, as in all functions here that do not say otherwise.
    """
    return _rebuilt(graph, graph.calls, {value: value.fresh() for value in graph.of_kind("intermediate")}, {})


def forward_from_parameters(graph: Graph) -> Graph:
    """Return a new graph with the calls that depend on a parameter that has a gradient: in w · x², only the product.

    The parameters and the results of these calls are new `Value` objects without a gradient. Their other operands, as
    x², are the same objects, in `values`, but computed by no call; so is the loss if it depends on no parameter.
    """
    touched, calls = _learned(graph)
    fresh = {value: value.fresh(note=value.note) for value in graph.values if value in touched}
    return _rebuilt(graph, calls, fresh, {})


def loss_is_learned(graph: Graph) -> bool:
    """Return whether the loss depends on a parameter with a gradient; False if it is a constant, as in a `part`."""
    return graph.loss in _learned(graph)[0]


def _learned(graph: Graph) -> tuple[set[Value], list[Call]]:
    touched, calls = {value for value in graph.of_kind("parameter") if value.has_grad}, []
    for call in graph.calls:
        if touched.intersection(call.inputs):
            touched.update(call.outputs)
            calls.append(call)
    return touched, calls


def part(graph: Graph, start: str | None = None, stop: str | None = None) -> Graph:
    """Return a new graph with the calls from one layer to another, and with the gradients of the whole network.

    An intermediate value computed before becomes an input, with its number in the whole network. Gradients that arrive
    from outside become `seeds`. A loss that is computed elsewhere becomes a constant.

    Args:
        graph: the whole network; it stays unchanged.
        start: the first layer: a module path, 'conv6', or the recorded name of a call or a result, 'relu_1'; None for
            the beginning.
        stop: the last layer, likewise; None for the end.

    Raises:
        ExportError: there is no such layer, or `stop` comes before `start`.
    """
    first = 0 if start is None else _find(graph, start)[0]
    last = len(graph.calls) - 1 if stop is None else _find(graph, stop)[-1]
    if last < first:
        raise ExportError(f"layer '{stop}' comes before layer '{start}'")
    live = graph.calls[first : last + 1]
    made = {value for call in live for value in call.outputs}
    pasted = {
        value: value.fresh(kind="input", gradient=value.gradient, note="computed by what comes before")
        for call in live
        for value in call.inputs
        if value.kind == "intermediate" and value not in made
    }
    if graph.loss not in made:
        pasted[graph.loss] = graph.loss.fresh(kind="constant", note="of the whole network")
    seeds: dict[Value, np.ndarray] = {value: seed for value, seed in graph.seeds.items() if value in made}
    for call in graph.calls[:first] + graph.calls[last + 1 :]:
        for value, share in call.contributions:
            if value in made or value in pasted or value.kind != "intermediate":
                seeds[value] = seeds.get(value, 0) + share
    return _rebuilt(graph, live, pasted, {value: seed for value, seed in seeds.items() if seed.any()})


def without_input_gradients(graph: Graph) -> Graph:
    """Set the gradients of inputs, and of results that depend on no parameter, to None; return the same graph, changed.

    Values with a seed, and results that depend on them, keep their gradients, too.
    """
    fixed = {value for value in graph.values if value.kind != "parameter"} - set(graph.seeds)
    for call in graph.calls:
        if any(value not in fixed and value.has_grad for value in call.inputs):
            fixed -= set(call.outputs)
    for value in fixed:
        value.gradient = None
    return graph


def without_unread(graph: Graph, inner: Collection[Value]) -> Graph:
    """Remove the results in `inner` that nothing reads, as an LSTM's h_n, and their calls; return the same graph.

    Those that only removed calls read go, too. A call stays, with all its results, if one is read or is not in `inner`.
    """
    inner = {*inner} - {*graph.aliases.values()}
    read = {graph.loss, *(value for item in graph.frozen for value in item.values)}
    dropped, calls = set[Value](), []
    for call in reversed(graph.calls):
        if read.intersection(call.outputs) or not all(value in inner for value in call.outputs):
            read.update(call.inputs)
            calls.append(call)
        else:
            dropped.update((*call.outputs, *(value for value in call.inputs if value.kind == "constant")))
    graph.calls = calls[::-1]
    graph.values = [value for value in graph.values if value not in dropped - read]
    return graph


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
    def new(value: Value) -> Value:
        return fresh.get(value, value)

    calls = [call.on(new) for call in calls]
    loss = new(graph.loss)
    used = {loss, *(value for call in calls for value in (*call.inputs, *call.outputs))}
    values = [new(value) for value in graph.values if new(value) in used]
    aliases = {name: new(value) for name, value in graph.aliases.items() if new(value) in used}
    return Graph(
        values, calls, loss, aliases, {new(value): seed for value, seed in seeds.items() if new(value) in used},
        [replace(item, values=tuple(map(new, item.values))) for item in graph.frozen], state=graph.state,
        size_inputs=frozenset(new(value) for value in graph.size_inputs if new(value) in used),
    )  # fmt: skip
