"""Finds the cells of a network's parameters and inputs in each step of a sheet, by their values."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice, product
from math import prod
from typing import Any

from excel_export.shared.a1_notation import Place
from excel_export.shared.errors import ExportError
from spreadsheet_autograd.find.labels import Labels
from spreadsheet_autograd.find.updates import Update
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.tolerance import Closeness, is_rounded
from spreadsheet_autograd.language.places import moved, way

MOST_TRIED = 96
"""The most combinations of places for the tensors that are placed together."""
MOST_PLACES = 24
"""The most places of a tensor that are tried, the nearest to the loss's cells."""
TOGETHER = 3
"""The number of tensors that are placed together."""
ENOUGH = 0.5
"""The share of the parameters that must stand in the sheet for its numbers to be the network's."""
_same = Closeness(1e-6, 0.0)
Choice = dict[int, Place]
"""The cells of parameters and inputs, by the indices of their elements, from 0 on: {0: ('S', 3, 2), 1: ('S', 3, 3)}."""
Score = Callable[[Place, Choice], int]
"""A function that returns how many of the network's numbers the cells before a loss hold, for a choice."""
Places = tuple[Place, ...]


@dataclass(frozen=True)
class NetworkTensor:
    """A parameter or an input of a network: NetworkTensor('fc1.weight', True, (1, 2), (0.5, -1.0), first=0)."""

    name: str
    """The name of the parameter, or of the argument."""
    is_parameter: bool
    """True for a parameter, False for an input."""
    shape: tuple[int, ...]
    """The shape."""
    values: tuple[float, ...]
    """Its numbers in the network, row by row."""
    first: int
    """The index of its first element among the elements of all parameters and inputs, from 0 on."""

    @property
    def elements(self) -> range:
        """The indices of its numbers among those of all parameters and inputs: range(0, 2)."""
        return range(self.first, self.first + len(self.values))


def network_tensors(network: Mapping[str, Any]) -> list[NetworkTensor]:
    """Return the parameters and inputs that `Network.sampled` describes, in its order: the first has `first` 0.

    Example:
        >>> network_tensors({"given": [{"name": "w", "is_parameter": True, "shape": [2], "own": [0.5, -1.0]}]})
        [NetworkTensor(name='w', is_parameter=True, shape=(2,), values=(0.5, -1.0), first=0)]
    """
    found: list[NetworkTensor] = []
    for each in network["given"]:
        first = found[-1].elements.stop if found else 0
        found.append(NetworkTensor(each["name"], each["is_parameter"], tuple(each["shape"]), tuple(each["own"]), first))
    return found


class TensorCells:
    """Finds the cells of parameters and inputs by their values; each step of a sheet has cells of its own.

    `of_step` returns the cells for the first loss, and `moved` those for the losses of other steps. `states` are the
    parameters, also updated ones. `score(loss, choice)` returns how many of the network's numbers the cells before a
    loss hold, if the parameters and inputs are in the cells of `choice`, {0: ('S', 3, 2), …}. `named` has the cells of
    tensors that the user named, row by row, {'fc1.bias': [('S', 3, 2)]}; {} for none.

    Raises:
        ExportError: the network has no tensor with such a name, or another number of elements.
    """

    def __init__(
        self, graph: SpreadsheetGraph, labels: Labels, updates: Sequence[Update], states: Collection[Place],
        tensors: Sequence[NetworkTensor], score: Score, named: Mapping[str, Sequence[Place]],
    ) -> None:  # fmt: skip
        self._graph, self._labels, self._states, self._score = graph, labels, states, score
        self._known: dict[Place, int] = {}
        """The cells of the steps before, with their elements."""
        self._olds = {update.new: graph.repeated(update.old) for update in updates}
        self._tensors = sorted(tensors, key=lambda each: not each.is_parameter)
        self._named: Choice = {}
        by_name = {each.name: each for each in tensors}
        for name, cells in named.items():
            if name not in by_name:
                raise ExportError(f"--cells: the network has no {name}; it has {', '.join(by_name)}")
            elements = by_name[name].elements
            if len(elements) != len(cells):
                raise ExportError(f"--cells: {name} has {len(elements)} numbers, and {len(cells)} cells are named")
            self._named |= dict(zip(elements, cells, strict=True))

    def is_leaf(self, at: Place) -> bool:
        """Return whether a step begins at a cell: True for one without a formula, and for a parameter, even updated."""
        return at[1] > 0 and (at in self._states or (at not in self._graph.formulas and at not in self._graph.ranges))

    def of_step(self, root: Place) -> Choice | None:
        """Return the cells of parameters and inputs for the loss in the cell `root`, by element: {0: ('S', 3, 2), …}.

        None if less than half of the parameters' elements are found. Other elements without a cell are missing.
        """
        graph = self._graph
        typed = {at: x for at, x in graph.numbers.items() if isinstance(x, float) and at[1] > 0}
        taken = {*self._named.values()}
        free = {at: value for at, value in typed.items() if at not in graph.formulas and at not in taken}
        # An updated parameter is found by its first value.
        leading = {self._base(at) for at in graph.ancestors(root, self._states) if self.is_leaf(at)}
        values = _TensorNumbers(free, [at for at in sorted(leading) if at in typed], typed)
        left = [each for each in self._tensors if each.first not in self._named]
        pieces = [piece for each in left for piece in values.pieces(each.elements, each.shape, each.values)]
        choice = self._named | _best_choice(pieces, lambda trial: self._score(root, self._named | trial))
        elements = [k for each in self._tensors if each.is_parameter for k in each.elements]
        return choice if sum(k in choice for k in elements) >= ENOUGH * len(elements) else None

    def moved(self, choice: Choice, first: Place, root: Place) -> Choice:
        """Return the cells for the loss `root`, {0: ('S', 13, 2), …}, from `choice`, those for the loss `first`.

        With the loss ten rows further down they are ten rows further down, if such cells are there; else they are
        looked for among the cells from which the loss is computed. Elements that are not found are missing.
        """
        leaves = {at for at in self._graph.ancestors(root, self._states) if self.is_leaf(at)}
        self._known |= {at: k for k, at in choice.items()}
        found: Choice = {}
        for k, at in choice.items():
            there = moved((root[0] if at[0] == first[0] else at[0], *at[1:]), *way(first, root))
            is_number = self.is_leaf(there) and isinstance(self._graph.numbers.get(there), float)
            # If a formula has forgotten the cell, it is found by its heading.
            if is_number and (there in leaves or {*self._labels.beside(at)} & {*self._labels.beside(there)}):
                found[k] = there
        own_sheet = sorted((at for at in self._known if at[0] == root[0]), key=lambda at: abs(at[1] - root[1]))
        # First the cells before the loss, then those that no formula of this step reads although it should.
        for at in [*sorted(leaves - {*found.values()}), *own_sheet]:
            known = self._known.get(at, self._known.get(self._base(at)))
            if known is not None and known not in found and at not in found.values():
                found[known] = at
        if len(found) < len(choice):  # the step has another layout
            found = max(found, self.of_step(root) or {}, key=lambda each: self._score(root, each))
        self._known |= {at: k for k, at in found.items()}
        return found

    def _base(self, at: Place) -> Place:
        seen = set[Place]()
        while at in self._olds and at not in seen:
            seen.add(at)
            at = self._olds[at]
        return at


@dataclass
class _Together:
    elements: tuple[int, ...]
    places: list[Places]
    others: list[Places]

    def free(self, cells: Collection[Place]) -> list[Places]:
        free = ([each for each in places if {*cells}.isdisjoint(each)] for places in (self.places, self.others))
        return next(filter(None, free), [])


class _TensorNumbers:
    """Finds a tensor's numbers among the free cells of a sheet.

    `leading` are the cells before the loss, and `numbers` has their values. A number that isn't among them may have
    been forgotten by a formula.
    """

    def __init__(self, free: Mapping[Place, float], leading: Collection[Place], numbers: Mapping[Place, float]) -> None:
        self._free, self._leading = dict(sorted(free.items())), dict.fromkeys(leading)
        self._numbers = [numbers[at] for at in leading if at in free]

    def pieces(self, elements: Sequence[int], shape: Sequence[int], values: Sequence[float]) -> Iterator[_Together]:
        places = self._places(shape, values)
        counts = [sum(at in self._leading for at in each) for each in places]
        most, others = max(counts, default=0), list[Places]()
        if 2 * most >= len(elements):
            others = [each for each, count in zip(places, counts, strict=True) if count < most]
            places = [each for each, count in zip(places, counts, strict=True) if count == most]
        elif len(elements) > 1 and (not places or self._are_leading(values)):
            size = len(elements) // shape[0]
            for k in range(0, len(elements), size):
                yield from self.pieces(elements[k : k + size], shape[1:], values[k : k + size])
            return
        nearest = [sorted(each, key=self._distance)[:MOST_PLACES] for each in (places, others)]
        yield _Together(tuple(elements), *nearest)

    def _are_leading(self, values: Sequence[float]) -> bool:
        return 2 * sum(any(_is_same(cell, number) for cell in self._numbers) for number in values) > len(values)

    def _places(self, shape: Sequence[int], values: Sequence[float]) -> list[Places]:
        found: dict[Places, None] = {}
        matrix = (prod(shape[:-1]), shape[-1]) if shape else (1, 1)
        firsts = [at for at, value in self._free.items() if _is_same(value, values[0])] if values else []
        for places in (tuple(moved(at, *by) for by in layout) for at in firsts for layout in _layouts(matrix)):
            pairs = zip(places, values, strict=True)
            if all(at in self._free and _is_same(self._free[at], number) for at, number in pairs):
                found[places] = None
        return [*found]

    def _distance(self, places: Places) -> int:
        ways = (way(places[0], at) for at in self._leading if at[0] == places[0][0])
        return min((abs(rows) + abs(cols) for rows, cols in ways), default=10**6)


@cache
def _layouts(shape: tuple[int, int]) -> list[tuple[tuple[int, int], ...]]:
    rows, cols = shape
    widths = [cols, *(width for width in range(1, rows * cols + 1) if rows * cols % width == 0)]
    lines = [tuple(divmod(k, width) for k in range(rows * cols)) for width in widths]
    return [*dict.fromkeys(each for line in lines for each in (line, tuple((j, i) for i, j in line)))]


def _is_same(cell: float, number: float) -> bool:
    return _same(cell, number) or is_rounded(cell, number)


def _best_choice(pieces: Sequence[_Together], score: Callable[[Choice], int]) -> Choice:
    found: dict[tuple[int, ...], Places] = {}

    def choice(*, without: Collection[_Together] = ()) -> Choice:
        left = {each.elements for each in without}
        return {k: at for own, places in found.items() if own not in left for k, at in zip(own, places, strict=True)}

    by_size = sorted(pieces, key=lambda each: -len(each.elements))
    while True:  # each takes places from others, which may then have one left
        taken = {*choice().values()}
        waiting = (piece for piece in by_size if piece.elements not in found)
        only_one = next((piece for piece in waiting if len(piece.free(taken)) == 1), None)
        if only_one is None:
            break
        found[only_one.elements] = only_one.free(taken)[0]
    left = [piece for piece in pieces if piece.elements not in found and piece.free(taken)]
    for k in [*range(0, len(left), TOGETHER)] * 2:  # twice: later choices may change the best of earlier ones
        few = left[k : k + TOGETHER]
        others, best = choice(without=few), -1
        for places in islice(product(*(piece.free(taken) for piece in few)), MOST_TRIED):
            cells = [at for each in places for at in each]
            if len({*cells}) == len(cells) and {*cells}.isdisjoint(others.values()):
                new = dict(zip((piece.elements for piece in few), places, strict=True))
                count = score(others | {k: at for own in new for k, at in zip(own, new[own], strict=True)})
                if count > best:
                    best = count
                    found |= new
    return choice()
