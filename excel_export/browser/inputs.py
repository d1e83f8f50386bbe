"""What a reader of a page may change, and what comes out of the network beside its loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from excel_export.compiler.place.placement import Placement
from excel_export.formulas.tensor import PlacedTensor
from excel_export.graph.graph import Graph, Value

SMALLEST_PICTURE = 4
"""Rows and columns from which on an input is painted, not typed."""
MOST_COMPARED = 12


def inputs_of(graph: Graph, placement: Placement) -> list[dict[str, Any]]:
    """The inputs, each with how it is changed: painted, chosen or typed, and the numbers that it may have."""
    found = []
    for value in graph.of_kind("input"):
        if not value.data.size or value.drawn:
            continue
        is_picture = value.is_float and len(value.shape) >= 2 and min(value.shape[-2:]) >= SMALLEST_PICTURE
        limits = _limits(graph, value)
        whole = not value.is_float
        kind = "picture" if is_picture else "choice" if whole and limits else "numbers"
        found.append({
            "array": placement.tensors[value].value.sheet,
            "name": value.called,
            "key": value.name,
            "kind": kind,
            "shape": list(value.shape),
            "whole": whole,
            "limits": limits or ([0, 1] if value.is_truth else None),
            "most": float(np.abs(value.data).max(initial=0)),
        })  # fmt: skip
    return found


def _limits(graph: Graph, value: Value) -> list[int] | None:
    """The least and the largest number that mean something to every operator that reads a value."""
    limits = [
        each
        for call in graph.calls
        if value in call.inputs
        for each in [call.operator.limits(value, call.outputs[0])]
        if each
    ]
    return [max(low for low, _ in limits), min(high for _, high in limits)] if limits else None


def outcome_of(graph: Graph, placement: Placement) -> dict[str, Any] | None:
    """The probabilities of the first helper that has any; else what the loss compares, element by element."""
    tensors = placement.tensors
    for call in graph.calls:
        helpers = tensors[call.outputs[0]].helpers
        target = next((value for value in call.inputs if not value.is_float), None)
        if "probability" in helpers and target is not None and target.data.size == 1:
            return {
                "shares": helpers["probability"].sheet,
                "target": tensors[target].value.sheet,
                "count": int(np.prod(helpers["probability"].shape)),
            }
    last = next((call for call in graph.calls if call.outputs[0] is graph.loss), None)
    compared = list(dict.fromkeys(last.inputs))[:2] if last else []
    if len(compared) == 2 and compared[0].shape == compared[1].shape and 0 < compared[0].data.size <= MOST_COMPARED:
        return {"compared": [_named(tensors[value], value) for value in compared], "count": compared[0].data.size}
    return None


def _named(tensor: PlacedTensor, value: Value) -> dict[str, str]:
    return {"array": tensor.value.sheet, "name": value.called}
