"""What the Explain sheet explains: the parameters, and the affine maps to the numbers that their terms multiply."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from excel_export.formulas.grid import Grid
from excel_export.formulas.tensor import PlacedTensor
from excel_export.formulas.terms import GROUP, Affine, Terms
from excel_export.graph.graph import Call, Graph, Value
from excel_export.sheets.book import Book
from excel_export.sheets.steps import Plan

# A sum of more terms is not something to read.
MOST_TERMS = 1_600
# A good example has about as many.
INSTRUCTIVE = 24
# A picture has rows and columns, so a sum runs along two ways at least.
FEWEST_PLACES = 2

Factors = Mapping[str, int]
"""An affine map: what one step along each way adds to a whole number."""
START = "start"
"""The way that every map goes once."""
ELEMENT = "element"
"""What a map leads to: the running number of an element, over all parameters."""


class Position(NamedTuple):
    """What two maps lead to: the row and the column of a number."""

    row: str
    column: str


VALUE, GRADIENT, UPSTREAM, LOCAL, EDGES = (
    Position(f"{what} row", f"{what} column") for what in ("value", "gradient", "upstream", "local", "edges")
)


def index_way(k: int) -> str:
    """The way along an index of the parameter, from 0."""
    return f"index {k}"


def place_way(k: int) -> str:
    """The way along a letter that the sum runs over, from 0."""
    return f"place {k}"


@dataclass(frozen=True, eq=False)
class Explained:
    """A parameter that a learner may choose, and the operator's account of its gradient, if there is one."""

    value: Value
    place: PlacedTensor
    first: int
    """The running number, over all of them, of its first element."""
    reader: Call | None
    """The first call that reads it."""
    terms: Terms | None
    """None where the terms are not shown."""
    maps: Mapping[str, Factors]
    """The maps, by what they lead to."""
    places: tuple[int, ...]
    """How many numbers the sum runs through along each way; 1 for those it does not have."""
    step: int
    """The step of the Lens that shows its gradient."""

    @property
    def gradient(self) -> np.ndarray:
        """PyTorch's gradient of it."""
        assert self.value.gradient is not None
        return self.value.gradient

    @property
    def count(self) -> int:
        """How many terms each of its elements has."""
        return math.prod(self.terms.places.values()) if self.terms else 0

    @property
    def letters(self) -> tuple[str, ...]:
        """A letter for each index, and what it counts."""
        if self.terms is None:
            return tuple("ijklmn"[: len(self.value.shape)])
        return tuple(f"{letter} · {what}" for letter, what in self.terms.element.items())

    @property
    def math(self) -> str:
        """The gradient's equation."""
        if self.terms:
            return self.terms.math
        return self.reader.backward_math if self.reader else ""

    @property
    def words(self) -> str:
        """The equation in plain words."""
        if self.terms:
            return self.terms.words
        return "The terms of this gradient are not shown one by one: here is the result alone."

    @property
    def edges(self) -> tuple[int, int]:
        """The size of the image that the input's index may leave, along two axes; 1 where it leaves none."""
        if self.terms is None or self.reader is None:
            return 1, 1
        down, right, *_ = (*(_input(self.reader).shape[dim] for dim in self.terms.edges), 1, 1)
        return down, right


def explained(book: Book, plan: Plan) -> list[Explained]:
    """Every parameter that learns, in order."""
    graph, tensors = book.graph, book.placement.tensors
    learning = learning_parameters(book)
    readers: dict[Value, list[Call]] = {}
    for call in graph.calls:
        for value in dict.fromkeys(call.inputs):
            readers.setdefault(value, []).append(call)
    told = {value: _told(graph, value, readers.get(value, [])) for value in learning}
    depth = max([FEWEST_PLACES, *(len(terms.places) for _, terms in told.values() if terms)])
    found, first = [], 0
    for value, (reader, terms) in told.items():
        maps = _maps(value, first, tensors, reader, terms, depth)
        sizes = tuple(terms.places.values()) if terms else ()
        places = (*[1] * (depth - len(sizes)), *sizes)
        found.append(Explained(value, tensors[value], first, reader, terms, maps, places, plan.known(value)))
        first += value.data.size
    return found


def learning_parameters(book: Book) -> list[Value]:
    """The parameters that have a gradient."""
    tensors = book.placement.tensors
    return [value for value in book.graph.of_kind("parameter") if tensors[value].has_grad and value.data.size]


def instructive(items: Sequence[Explained]) -> Explained:
    """The parameter to show first: of those with a table that can be overlooked, the one with the largest."""
    told = [item for item in items if item.terms] or list(items)
    readable = [item for item in told if item.count <= INSTRUCTIVE]
    return max(readable, key=lambda item: item.count) if readable else min(told, key=lambda item: item.count)


def _told(graph: Graph, value: Value, readers: Sequence[Call]) -> tuple[Call | None, Terms | None]:
    """The first call that reads a parameter, and its terms if it is the only one and tells them."""
    if not readers:
        return None, None
    call = readers[0]
    alone = len(readers) == 1 and call.inputs.count(value) == 1 and value not in graph.seeds
    if alone and call.outputs[0].has_grad:
        for parameter, terms in call.operator.terms(call.outputs[0]):
            if parameter is value and math.prod(terms.places.values()) <= MOST_TERMS:
                return call, terms
    return call, None


def _input(reader: Call) -> Value:
    """What the terms call x: an operator that tells its terms reads it first."""
    return reader.inputs[0]


def _maps(
    value: Value,
    first: int,
    tensors: Mapping[Value, PlacedTensor],
    reader: Call | None,
    terms: Terms | None,
    depth: int,
) -> dict[str, Factors]:
    """Return the affine maps from a parameter's index and a place in its sum to what the sheet works out."""
    index = [index_way(k) for k in range(len(value.shape))]
    straight = [{way: 1} for way in index]
    steps = [math.prod(value.shape[k + 1 :]) for k in range(len(index))]
    maps = {ELEMENT: _composed(first, steps, straight)}
    maps |= _to_cells(VALUE, tensors[value].value, straight)
    maps |= _to_cells(GRADIENT, tensors[value].grad, straight)
    if terms is None or reader is None:
        return maps
    places = [place_way(depth - len(terms.places) + k) for k in range(len(terms.places))]
    ways = dict(zip((*terms.element, *terms.places), (*index, *places), strict=True)) | {"": START, GROUP: GROUP}

    def along_ways(affine: Affine) -> Factors:
        factors = {affine: 1} if isinstance(affine, str) else affine
        return {ways[letter]: factor for letter, factor in factors.items() if letter in ways}

    maps |= _to_cells(UPSTREAM, tensors[reader.outputs[0]].grad, [along_ways(affine) for affine in terms.upstream])
    if terms.local is not None:
        local = [along_ways(affine) for affine in terms.local]
        maps |= _to_cells(LOCAL, tensors[_input(reader)].value, local)
        maps |= {edge: local[dim] for edge, dim in zip(EDGES, terms.edges, strict=False)}
    return maps


def _to_cells(position: Position, grid: Grid, index: Sequence[Factors]) -> dict[str, Factors]:
    """The maps to the row and the column of a tensor's element."""
    return {
        position.row: _composed(grid.row, grid.row_strides, index),
        position.column: _composed(grid.col, grid.col_strides, index),
    }


def _composed(origin: int, strides: Sequence[int], index: Sequence[Factors]) -> Factors:
    """The map origin + Σ stride · index, where each index is itself a map."""
    total = {START: origin}
    for stride, factors in zip(strides, index, strict=True):
        for way, factor in factors.items():
            total[way] = total.get(way, 0) + stride * factor
    return total
