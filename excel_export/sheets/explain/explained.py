"""What the Explain sheet explains: the parameters, and the affine maps to the numbers that their terms multiply."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from excel_export.formulas.grid import Grid
from excel_export.formulas.tensor import PlacedTensor, Tensor
from excel_export.formulas.terms import GROUP, Affine, Terms
from excel_export.graph.graph import Call, Graph, Value
from excel_export.sheets.book import Book
from excel_export.sheets.plan import Plan

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


USE = "use"
"""The call that a term belongs to, of several by which a parameter is used."""


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
    return f"{_PLACE}{k}"


def is_place(way: str) -> bool:
    """Whether a way is one along a letter that the sum runs over."""
    return way.startswith(_PLACE)


_PLACE = "place "


@dataclass(frozen=True, eq=False)
class Use:
    """A call that reads a parameter, and what it tells of its gradient."""

    call: Call
    terms: Terms
    maps: Mapping[str, Factors]
    """The maps to the terms' numbers, by what they lead to."""

    def further(self, first: Use) -> dict[str, Factors]:
        """How much further its terms begin than those of another use: maps from the index, as those of the terms."""
        return {
            what: {way: its.get(way, 0) - own.get(way, 0) for way in (*its, *own)}
            for what in (*UPSTREAM, *LOCAL)
            for its, own in [(self.maps.get(what, {}), first.maps.get(what, {}))]
        }

    def is_like(self, other: Use) -> bool:
        """Whether its terms lie just as those of another use, only somewhere else."""
        mine, its = self.terms, other.terms
        same = (mine.element, mine.places, mine.slope, mine.meets is None) == (
            its.element, its.places, its.slope, its.meets is None,
        )  # fmt: skip
        steps = (step for factors in self.further(other).values() for way, step in factors.items() if is_place(way))
        return same and not any(steps) and all(self.maps.get(edge) == other.maps.get(edge) for edge in EDGES)


@dataclass(frozen=True, eq=False)
class Explained:
    """A parameter that a learner may choose, and what the operators tell of its gradient, if they do."""

    value: Value
    place: PlacedTensor
    first: int
    """The running number, over all of them, of its first element."""
    reader: Call | None
    """The first call that reads it."""
    uses: tuple[Use, ...]
    """The calls whose terms make up its gradient; none where they are not shown."""
    maps: Mapping[str, Factors]
    """The maps, by what they lead to; to its terms, those of the first use."""
    places: tuple[int, ...]
    """How many numbers the sum runs through along each way, the uses among them where there is room; 1 for those it
    does not have."""
    step: int
    """The step of the Lens that shows its gradient."""

    @property
    def terms(self) -> Terms | None:
        """What its first use tells; None where the terms are not shown."""
        return self.uses[0].terms if self.uses else None

    @property
    def gradient(self) -> np.ndarray:
        """PyTorch's gradient of it."""
        assert self.value.gradient is not None
        return self.value.gradient

    @property
    def count(self) -> int:
        """How many terms each of its elements has."""
        return len(self.uses) * self.count_of_use

    @property
    def count_of_use(self) -> int:
        """How many of them are of one use."""
        return math.prod(self.terms.places.values()) if self.terms else 0

    @property
    def ways(self) -> tuple[str, ...]:
        """The letters that the sum runs over, and before them its uses, where there are several."""
        return (*[USE] * (len(self.uses) > 1), *(self.terms.places if self.terms else ()))

    @cached_property
    def shifts(self) -> list[dict[str, Factors]]:
        """For each use, how much further than those of the first its terms begin; one at least."""
        return [use.further(self.uses[0]) for use in self.uses] or [{}]

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
            several = f",    added up over all {len(self.uses)} uses" if len(self.uses) > 1 else ""
            return self.terms.math + several
        return self.reader.backward_math if self.reader else ""

    @property
    def words(self) -> str:
        """The equation in plain words."""
        if self.terms:
            if len(self.uses) == 1:
                return self.terms.words
            each = self.terms.words[0].lower() + self.terms.words[1:]
            return f"{len(self.uses)} steps use it, and the terms of all are added up. In each of them {each}"
        return "The terms of this gradient are not shown one by one: here is the result alone."

    @property
    def edges(self) -> tuple[int, int]:
        """The size of the image that the input's index may leave, along two axes; 1 where it leaves none."""
        if self.terms is None or not isinstance(self.terms.meets, Tensor):
            return 1, 1
        down, right, *_ = (*(self.terms.meets.shape[dim] for dim in self.terms.edges), 1, 1)
        return down, right


def explained(book: Book, plan: Plan) -> list[Explained]:
    """Every parameter that learns, in order."""
    graph, tensors = book.graph, book.placement.tensors
    learning = learning_parameters(book)
    readers: dict[Value, list[Call]] = {}
    for call in graph.calls:
        for value in dict.fromkeys(call.inputs):
            readers.setdefault(value, []).append(call)
    told = {value: _told(graph, tensors, value, readers.get(value, [])) for value in learning}
    depth = max([FEWEST_PLACES, *(len(terms.places) for each in told.values() for _, terms in each)])
    found, first = [], 0
    for value, each in told.items():
        place, reader = tensors[value], readers.get(value, [None])[0]
        uses = _alike(Use(call, terms, _maps_to_terms(value, tensors, call, terms, depth)) for call, terms in each)
        index = [{index_way(k): 1} for k in range(len(value.shape))]
        steps = [math.prod(value.shape[k + 1 :]) for k in range(len(index))]
        maps = {ELEMENT: _composed(first, steps, index)}
        maps |= _to_cells(VALUE, place.value, index) | _to_cells(GRADIENT, place.grad, index)
        maps |= uses[0].maps if uses else {}
        sizes = (*[len(uses)] * (len(uses) > 1), *uses[0].terms.places.values()) if uses else ()
        places = (*[1] * (depth - len(sizes)), *sizes)[-depth:]
        found.append(Explained(value, place, first, reader, uses, maps, places, plan.known(value)))
        first += value.data.size
    return found


def _alike(uses: Iterable[Use]) -> tuple[Use, ...]:
    """All uses; none where their terms do not lie alike, since the table finds those of all by one map."""
    every = tuple(uses)
    return every if all(use.is_like(every[0]) for use in every) else ()


def learning_parameters(book: Book) -> list[Value]:
    """The parameters that have a gradient."""
    tensors = book.placement.tensors
    return [value for value in book.graph.of_kind("parameter") if tensors[value].has_grad and value.data.size]


def instructive(items: Sequence[Explained]) -> Explained:
    """The parameter to show first: of those with a table that can be overlooked, the one with the largest."""
    told = [item for item in items if item.terms] or list(items)
    readable = [item for item in told if item.count <= INSTRUCTIVE]
    return max(readable, key=lambda item: item.count) if readable else min(told, key=lambda item: item.count)


def _told(
    graph: Graph, tensors: Mapping[Value, PlacedTensor], value: Value, readers: Sequence[Call]
) -> list[tuple[Call, Terms]]:
    """The calls by which a gradient reaches a parameter, with their terms; none where one of them tells nothing."""
    if value in graph.seeds:
        return []
    found = []
    for call in readers:
        result = call.outputs[0]
        if not result.has_grad:
            continue
        terms = next((terms for parameter, terms in call.operator.terms(result) if parameter is value), None)
        if (
            terms is None
            or call.inputs.count(value) > 1
            or (isinstance(terms.meets, Value) and terms.meets not in tensors)
        ):
            return []
        found.append((call, terms))
    return found if sum(math.prod(terms.places.values()) for _, terms in found) <= MOST_TERMS else []


def _maps_to_terms(
    value: Value, tensors: Mapping[Value, PlacedTensor], call: Call, terms: Terms, depth: int
) -> dict[str, Factors]:
    """Return the affine maps from a parameter's index and a place in its sum to the numbers of that term."""
    index = [index_way(k) for k in range(len(value.shape))]
    places = [place_way(depth - len(terms.places) + k) for k in range(len(terms.places))]
    ways = dict(zip((*terms.element, *terms.places), (*index, *places), strict=True)) | {"": START, GROUP: GROUP}

    def along_ways(affine: Affine) -> Factors:
        factors = {affine: 1} if isinstance(affine, str) else affine
        return {ways[letter]: factor for letter, factor in factors.items() if letter in ways}

    result = tensors[call.outputs[0]]
    maps = _to_cells(UPSTREAM, result.grad, [along_ways(affine) for affine in terms.upstream])
    if terms.meets is not None:
        local = [along_ways(affine) for affine in terms.local]
        met = tensors[terms.meets].value if isinstance(terms.meets, Value) else result.helpers[str(terms.meets)]
        maps |= _to_cells(LOCAL, met, local)
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
