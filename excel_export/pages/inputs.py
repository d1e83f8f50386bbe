"""The inputs that a reader of a page may change, the outcomes beside the loss, and further examples to learn from."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from excel_export.compiler.place.placement import Placement
from excel_export.formulas import PlacedTensor
from excel_export.graph.graph import Call, Graph, Value
from excel_export.pages.document import packed
from excel_export.shared.errors import ExportError

SMALLEST_PICTURE = 4
"""Rows and columns from which on an input is painted; a smaller one is typed."""


def inputs_of(graph: Graph, placement: Placement) -> list[dict[str, Any]]:
    """Return the inputs that a reader of the page may change, in order, ready for JSON.

    Empty and random ones, and those that are the length of a sequence, are left out.

    Example:
        A float input of shape (3,): [{'array': 'a1', 'name': 'x', 'kind': 'numbers', 'shape': [3], 'whole': False,
        'limits': None, 'most': 2.5}]

        'kind' is 'picture' (floats of 4×4 or more, to be painted), 'choice' (whole numbers within limits) or 'numbers';
        'limits' are [least, largest], [0, 9] for a class, or None; 'most' is the largest absolute value at first.
    """
    found = []
    for value in graph.of_kind("input"):
        if not value.data.size or value.drawn or value in graph.size_inputs:
            continue
        is_picture = value.is_float and len(value.shape) >= 2 and min(value.shape[-2:]) >= SMALLEST_PICTURE
        limits, whole = _limits(graph, value), not value.is_float
        kind = "picture" if is_picture else "choice" if whole and limits else "numbers"
        found.append({
            "array": placement.tensors[value].value.sheet, "name": value.called, "kind": kind,
            "shape": list(value.shape), "whole": whole, "limits": limits or ([0, 1] if value.is_truth else None),
            "most": float(np.abs(value.data).max(initial=0)),
        })  # fmt: skip
    return found


def _limits(graph: Graph, value: Value) -> list[int] | None:
    """Return the least and the largest number that every operator accepts; None if there are no limits."""
    found = (call.limits(value) for call in graph.calls if value in call.inputs)
    limits = [each for each in found if each]
    return [max(low for low, _ in limits), min(high for _, high in limits)] if limits else None


def outcomes_of(graph: Graph, placement: Placement) -> list[dict[str, Any]]:
    """Return the results shown beside the loss, ready for JSON, a list of no more than two dicts.

    First the probabilities of a cross-entropy: {'shares': 'a9', 'target': 'a2', 'rows': 4, 'count': 10}, four rows of
    ten. Then the two tensors that a loss compares: {'compared': [{'array': 'a7', 'name': 'y'}, {'array': 'a2', 'name':
    'target'}], 'count': 3}, of three numbers each. Without either, the last tensor of more than one number, alone under
    'compared'; [] if there is none.
    """
    tensors = placement.tensors
    shares: list[dict[str, Any]] = []
    compared: list[dict[str, Any]] = []
    for call in graph.calls:
        read = list(dict.fromkeys(call.inputs))[:2]
        shares += _shares(call, tensors)
        # A cross-entropy has the probabilities above; its scores and its target are not to be compared.
        is_loss = call.outputs[0] is graph.loss or ("target" in call.arguments and call.kind != "cross_entropy")
        if is_loss and len(read) == 2 and read[0].shape == read[1].shape and read[0].data.size:
            compared.append({"compared": [_named(tensors[value], value) for value in read], "count": read[0].data.size})
    # The sum of two losses is one of them, too, but says nothing.
    return [*shares[:1], *compared[:1]] or _last(graph, placement)


def _shares(call: Call, tensors: Mapping[Value, PlacedTensor]) -> list[dict[str, Any]]:
    probability = tensors[call.outputs[0]].helpers.get("probability")
    target = next((value for value in call.inputs if not value.is_float), None)
    if probability is None or target is None or not target.data.size:
        return []
    rows, size = target.data.size, math.prod(probability.shape)
    # Of pictures of classes, the classes of a pixel don't stand side by side.
    if size % rows or probability.shape[-1:] != (size // rows,):
        return []
    return [{"shares": probability.sheet, "target": tensors[target].value.sheet, "rows": rows, "count": size // rows}]


def _last(graph: Graph, placement: Placement) -> list[dict[str, Any]]:
    found = [call.outputs[0] for call in graph.calls if call.outputs[0].is_float and call.outputs[0].data.size > 1]
    return [{"compared": [_named(placement.tensors[each], each)], "count": each.data.size} for each in found[-1:]]


def _named(tensor: PlacedTensor, value: Value) -> dict[str, str]:
    return {"array": tensor.value.sheet, "name": value.called}


@dataclass(frozen=True)
class Examples:
    """Many inputs of a module: Examples({'x': array (70, 3), 'y': array (70, 1)}, unseen=20) are 50 to learn from.

    A step on several of them goes by their mean loss. So the module must compute each by itself: batch normalisation
    over all of them would give other numbers.
    """

    inputs: Mapping[str, Any]
    """Arrays by argument name, with one dimension in front. An argument that is left out stays as it is shown."""
    unseen: int = 0
    """The number of examples, from the first on, that are not learned from: only the loss on them is measured."""


def packed_examples(examples: Examples | None, graph: Graph, placement: Placement) -> dict[str, Any] | None:
    """Return the examples for the page, {'count': 70, 'unseen': 20, 'inputs': {'a1': ('u1', 'AAEC…')}}; None for None.

    'inputs' has the numbers of all examples of an input, as `document.packed` returns them, by the input's array.

    Raises:
        ExportError: the module has no such input, the numbers do not fit its shape, the inputs have unlike numbers of
            examples, or none is left to learn from.
    """
    if examples is None:
        return None
    values = {value.name: value for value in graph.of_kind("input")}
    found, counts = {}, set()
    for name, given in examples.inputs.items():
        if name not in values:
            raise ExportError(f"the module has no input {name!r} that examples could be of: it has {', '.join(values)}")
        numbers, value = np.asarray(given, dtype=np.float64), values[name]
        if numbers.shape[1:] != tuple(value.shape):
            raise ExportError(f"the examples of {name!r} have the shape {numbers.shape[1:]}, not {tuple(value.shape)}")
        if value in graph.size_inputs and (numbers != value.data).any():
            raise ExportError(
                f"{name!r} says how large something is, as the length of a sequence: all examples need {value.data}"
            )
        counts.add(len(numbers))
        found[str(placement.tensors[value].value.sheet)] = packed(numbers)
    if len(counts) != 1 or not 0 <= examples.unseen < min(counts):
        raise ExportError("there must be as many examples of each input, and more than those that are not learned from")
    return {"count": counts.pop(), "unseen": examples.unseen, "inputs": found}
