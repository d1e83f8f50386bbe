"""The cells of a sheet that hold a network's parameters and inputs, in each of its steps: by their values."""

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

MOST_TRIED, MOST_PLACES, TOGETHER = 96, 24, 3
ENOUGH = 0.5
"""The share of the parameters that must stand in the sheet for its numbers to be the network's."""
_same = Closeness(1e-6, 0.0)
Choice = dict[int, Place]
"""For each element of what a network is given, its cell."""
Score = Callable[[Place, Choice], int]
"""How many of the network's numbers are among the cells that lead to a loss."""
Places = tuple[Place, ...]


@dataclass(frozen=True)
class Given:
    """A parameter or an input of the network; `first` is which of all elements its first one is."""

    name: str
    is_parameter: bool
    shape: tuple[int, ...]
    own: tuple[float, ...]
    first: int

    @property
    def elements(self) -> range:
        """Which of all elements are its own."""
        return range(self.first, self.first + len(self.own))


def given_in(network: Mapping[str, Any]) -> list[Given]:
    """What a network is given, as `Network.sampled` describes it."""
    found: list[Given] = []
    for each in network["given"]:
        first = found[-1].elements.stop if found else 0
        found.append(Given(each["name"], each["is_parameter"], tuple(each["shape"]), tuple(each["own"]), first))
    return found


class GivenCells:
    """Finds the cells; a sheet of several steps has some for each of them.

    `score` says how well a choice of cells fits a loss; `named` has the cells of some tensors, row by row.

    Raises:
        ExportError: the network has no tensor that is named, or it has more or fewer numbers.
    """

    def __init__(
        self, graph: SpreadsheetGraph, labels: Labels, updates: Sequence[Update], states: Collection[Place],
        given: Sequence[Given], score: Score, named: Mapping[str, Sequence[Place]],
    ) -> None:  # fmt: skip
        self._graph, self._labels, self._states, self._score = graph, labels, states, score
        self._known: dict[Place, int] = {}
        """Cells of the steps before, and their elements."""
        self._olds = {update.new: graph.repeated(update.old) for update in updates}
        self._given = sorted(given, key=lambda each: not each.is_parameter)
        self._named: Choice = {}
        by_name = {each.name: each for each in given}
        for name, cells in named.items():
            if name not in by_name:
                raise ExportError(f"--cells: the network has no {name}; it has {', '.join(by_name)}")
            elements = by_name[name].elements
            if len(elements) != len(cells):
                raise ExportError(f"--cells: {name} has {len(elements)} numbers, and {len(cells)} cells are named")
            self._named |= dict(zip(elements, cells, strict=True))

    def is_leaf(self, at: Place) -> bool:
        """Whether nothing in the same step leads to a cell."""
        return at[1] > 0 and (at in self._states or (at not in self._graph.formulas and at not in self._graph.ranges))

    def of_step(self, root: Place) -> Choice | None:
        """For each number that the network is given its cell in the step of a loss; None where that can't be found."""
        graph = self._graph
        typed = {at: x for at, x in graph.numbers.items() if isinstance(x, float) and at[1] > 0}
        taken = {*self._named.values()}
        free = {at: value for at, value in typed.items() if at not in graph.formulas and at not in taken}
        # Of a parameter that was updated, what it began with.
        leading = {self._base(at) for at in graph.ancestors(root, self._states) if self.is_leaf(at)}
        values = _GivenNumbers(free, [at for at in sorted(leading) if at in typed], typed)
        left = [each for each in self._given if each.first not in self._named]
        pieces = [piece for each in left for piece in values.pieces(each.elements, each.shape, each.own)]
        choice = self._named | _chosen(pieces, lambda trial: self._score(root, self._named | trial))
        elements = [k for each in self._given if each.is_parameter for k in each.elements]
        return choice if sum(k in choice for k in elements) >= ENOUGH * len(elements) else None

    def moved(self, choice: Choice, first: Place, root: Place) -> Choice:
        """Return the choice of elements for the step of another loss."""
        leaves = {at for at in self._graph.ancestors(root, self._states) if self.is_leaf(at)}
        self._known |= {at: k for k, at in choice.items()}
        found: Choice = {}
        for k, at in choice.items():
            there = moved((root[0] if at[0] == first[0] else at[0], *at[1:]), *way(first, root))
            is_number = self.is_leaf(there) and isinstance(self._graph.numbers.get(there), float)
            # A formula may have forgotten it: then what tells it is that it is called the same.
            if is_number and (there in leaves or {*self._labels.beside(at)} & {*self._labels.beside(there)}):
                found[k] = there
        own_sheet = sorted((at for at in self._known if at[0] == root[0]), key=lambda at: abs(at[1] - root[1]))
        # What leads to the loss; then what no formula of this step reads, as it should.
        for at in [*sorted(leaves - {*found.values()}), *own_sheet]:
            known = self._known.get(at, self._known.get(self._base(at)))
            if known is not None and known not in found and at not in found.values():
                found[known] = at
        if len(found) < len(choice):  # it has a layout of its own
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
    """Elements that stand together, and where they may stand; `others` is where if all of these are taken."""

    elements: tuple[int, ...]
    places: list[Places]
    others: list[Places]

    def free(self, taken: Collection[Place]) -> list[Places]:
        """Where they may stand if some cells are taken."""
        free = ([each for each in places if {*taken}.isdisjoint(each)] for places in (self.places, self.others))
        return next(filter(None, free), [])


class _GivenNumbers:
    """Finds a tensor's numbers among the free ones of a sheet.

    `leading` are the cells that lead to the loss, and `numbers` has theirs. What isn't there may have been forgotten
    by a formula.
    """

    def __init__(self, free: Mapping[Place, float], leading: Collection[Place], numbers: Mapping[Place, float]) -> None:
        self._free, self._leading = dict(sorted(free.items())), dict.fromkeys(leading)
        self._numbers = [numbers[at] for at in leading if at in free]

    def pieces(self, elements: Sequence[int], shape: Sequence[int], own: Sequence[float]) -> Iterator[_Together]:
        """Yield a tensor as a whole where it leads to the loss, or else what it is made of."""
        places = self._places(shape, own)
        counts = [sum(at in self._leading for at in each) for each in places]
        most, others = max(counts, default=0), list[Places]()
        if 2 * most >= len(elements):
            others = [each for each, count in zip(places, counts, strict=True) if count < most]
            places = [each for each, count in zip(places, counts, strict=True) if count == most]
        elif len(elements) > 1 and (not places or self._are_leading(own)):
            size = len(elements) // shape[0]
            for k in range(0, len(elements), size):
                yield from self.pieces(elements[k : k + size], shape[1:], own[k : k + size])
            return
        nearest = [sorted(each, key=self._distance)[:MOST_PLACES] for each in (places, others)]
        yield _Together(tuple(elements), *nearest)

    def _are_leading(self, own: Sequence[float]) -> bool:
        """Whether most of the numbers are among those that lead to the loss."""
        return 2 * sum(any(_is_same(cell, number) for cell in self._numbers) for number in own) > len(own)

    def _places(self, shape: Sequence[int], own: Sequence[float]) -> list[Places]:
        """Where a tensor's numbers stand: as a matrix, transposed, or in lines of one length."""
        found: dict[Places, None] = {}
        matrix = (prod(shape[:-1]), shape[-1]) if shape else (1, 1)
        firsts = [at for at, value in self._free.items() if _is_same(value, own[0])] if own else []
        for places in (tuple(moved(at, *by) for by in layout) for at in firsts for layout in _layouts(matrix)):
            pairs = zip(places, own, strict=True)
            if all(at in self._free and _is_same(self._free[at], number) for at, number in pairs):
                found[places] = None
        return [*found]

    def _distance(self, places: Places) -> int:
        ways = (way(places[0], at) for at in self._leading if at[0] == places[0][0])
        return min((abs(rows) + abs(cols) for rows, cols in ways), default=10**6)


@cache
def _layouts(shape: tuple[int, int]) -> list[tuple[tuple[int, int], ...]]:
    """Where the elements of a matrix may stand, from the first one's cell: the rows and columns of each."""
    rows, cols = shape
    widths = [cols, *(width for width in range(1, rows * cols + 1) if rows * cols % width == 0)]
    lines = [tuple(divmod(k, width) for k in range(rows * cols)) for width in widths]
    return [*dict.fromkeys(each for line in lines for each in (line, tuple((j, i) for i, j in line)))]


def _is_same(cell: float, number: float) -> bool:
    """Whether a cell holds a number, be it rounded."""
    return _same(cell, number) or is_rounded(cell, number)


def _chosen(pieces: Sequence[_Together], score: Callable[[Choice], int]) -> Choice:
    """Where the pieces stand: first those that can in one place only, then so that most of the network is found."""
    found: dict[tuple[int, ...], Places] = {}

    def choice(*, without: Collection[_Together] = ()) -> Choice:
        left = {each.elements for each in without}
        return {k: at for own, places in found.items() if own not in left for k, at in zip(own, places, strict=True)}

    by_size = sorted(pieces, key=lambda each: -len(each.elements))
    while True:  # each takes places from others, which then may have one left
        taken = {*choice().values()}
        waiting = (piece for piece in by_size if piece.elements not in found)
        only_one = next((piece for piece in waiting if len(piece.free(taken)) == 1), None)
        if only_one is None:
            break
        found[only_one.elements] = only_one.free(taken)[0]
    left = [piece for piece in pieces if piece.elements not in found and piece.free(taken)]
    for k in [*range(0, len(left), TOGETHER)] * 2:  # what is chosen late may change what was best before
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
