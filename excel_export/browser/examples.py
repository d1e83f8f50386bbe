"""Other examples that a page can learn from, beside the one that it shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from excel_export.browser.document import packed
from excel_export.compiler.place.placement import Placement
from excel_export.graph.graph import Graph
from excel_export.shared.errors import ExportError


@dataclass(frozen=True)
class Examples:
    """Inputs of a module, many of each, in one order.

    A step on several of them goes by their mean loss. So the module must compute each by itself: batch normalisation
    over all of them is something else.
    """

    inputs: Mapping[str, Any]
    """By the names of arguments: arrays with one dimension in front. What is not there stays as it is shown."""
    unseen: int = 0
    """So many, from the first on, are not learned from: the loss on them is only measured."""


def written(examples: Examples | None, graph: Graph, placement: Placement) -> dict[str, Any] | None:
    """Return the examples by the arrays that they stand in.

    Raises:
        ExportError: there is no such input, or the numbers do not fit it.
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
        counts.add(len(numbers))
        found[str(placement.tensors[value].value.sheet)] = packed(numbers)
    if len(counts) != 1 or not 0 <= examples.unseen < min(counts):
        raise ExportError("there must be as many examples of each input, and more than those that are not learned from")
    return {"count": counts.pop(), "unseen": examples.unseen, "inputs": found}
