"""Which cells hold which of the numbers that a network is given, by their values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice, product
from math import prod
from typing import Any

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.graph.tolerance import Closeness, is_rounded

MOST_TRIED, MOST_PLACES = 96, 24
_same = Closeness(1e-6, 0.0)
Cells = Mapping[Place, float]
"""Cells that hold numbers, and these."""
Choice = dict[int, Place]
"""For each element of what a network is given, its cell."""


@dataclass(frozen=True)
class Given:
    """A parameter or an input of the network."""

    name: str
    is_parameter: bool
    shape: tuple[int, ...]
    own: tuple[float, ...]
    first: int
    """Which of all elements its first one is."""

    @property
    def elements(self) -> range:
        """Which of all elements are its own."""
        return range(self.first, self.first + len(self.own))


def given_in(network: Mapping[str, Any]) -> list[Given]:
    """What a network is given, as `Network.sampled` describes it."""
    found: list[Given] = []
    first = 0
    for each in network["given"]:
        found.append(Given(each["name"], each["is_parameter"], tuple(each["shape"]), tuple(each["own"]), first))
        first += len(each["own"])
    return found


@dataclass
class _Together:
    """Elements that stand together, and where they may stand."""

    elements: tuple[int, ...]
    places: list[tuple[Place, ...]]
    others: list[tuple[Place, ...]]
    """Where they are if all of these are taken by others."""


def by_values(
    given: Sequence[Given], cells: Cells, leading: Collection[Place], score: Callable[[Choice], int]
) -> Choice:
    """Find the cells that hold the network's own numbers.

    Args:
        given: what the network is given.
        cells: the numbers that are typed into the sheet.
        leading: those of them that lead to the loss. What isn't there may have been forgotten by a formula.
        score: says how much of the network is found in the sheet with a choice, where several are possible.
    """
    found = _Found(cells, leading)
    pieces = [piece for each in given for piece in found.pieces(each.elements, each.shape, each.own)]
    chosen = _only_ones(pieces)
    left = [piece for piece in pieces if piece.places and piece.elements[0] not in chosen]
    return chosen | _best(left, chosen, score)


def _two(shape: Sequence[int]) -> tuple[int, int]:
    """A shape as that of a matrix."""
    return (prod(shape[:-1]), shape[-1]) if shape else (1, 1)


class _Found:
    """Finds a tensor's numbers among those that are typed into a sheet."""

    def __init__(self, cells: Cells, leading: Collection[Place]) -> None:
        self._cells, self._leading = cells, leading
        self._in_order = sorted(cells.items())

    def pieces(self, elements: Sequence[int], shape: Sequence[int], own: Sequence[float]) -> Iterator[_Together]:
        """Yield a tensor as a whole where it leads to the loss, or else what it is made of."""
        places = self._places(shape, own)
        counts = [sum(at in self._leading for at in each) for each in places]
        most, others = max(counts, default=0), list[tuple[Place, ...]]()
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
        numbers = [self._cells[at] for at in self._leading if at in self._cells]
        return 2 * sum(any(_is_same(cell, number) for cell in numbers) for number in own) > len(own)

    def _places(self, shape: Sequence[int], own: Sequence[float]) -> list[tuple[Place, ...]]:
        """Where a tensor's numbers stand: as a matrix, transposed, or in lines of one length."""
        found: dict[tuple[Place, ...], None] = {}
        for (sheet, row, col), value in self._in_order if own else ():
            if not _is_same(value, own[0]):
                continue
            for layout in _layouts(_two(shape)):
                places = tuple((sheet, row + i, col + j) for i, j in layout)
                if all(
                    at in self._cells and _is_same(self._cells[at], number)
                    for at, number in zip(places, own, strict=True)
                ):
                    found[places] = None
        return [*found]

    def _distance(self, places: tuple[Place, ...]) -> int:
        at = places[0]
        leading = [abs(at[1] - row) + abs(at[2] - col) for sheet, row, col in self._leading if sheet == at[0]]
        return min(leading, default=10**6)


@cache
def _layouts(shape: tuple[int, int]) -> list[tuple[tuple[int, int], ...]]:
    """Where the elements of a matrix may stand, from the first one's cell: the rows and columns of each."""
    rows, cols = shape
    found = [tuple((i, j) for i in range(rows) for j in range(cols))]
    found.append(tuple((j, i) for i, j in found[0]))
    for width in range(1, rows * cols + 1):
        if rows * cols % width == 0:
            found.append(tuple(divmod(k, width) for k in range(rows * cols)))
            found.append(tuple(divmod(k, width)[::-1] for k in range(rows * cols)))
    return [*dict.fromkeys(found)]


def _is_same(cell: float, number: float) -> bool:
    """Whether a cell holds a number, be it rounded."""
    return _same(cell, number) or is_rounded(cell, number)


def _only_ones(pieces: Sequence[_Together]) -> Choice:
    """What can stand in one place only; it takes places from others, which then may have one left."""
    chosen: Choice = {}
    while True:
        taken = {*chosen.values()}
        fresh = False
        for piece in sorted(pieces, key=lambda each: -len(each.elements)):
            if piece.elements[0] in chosen:
                continue
            piece.places = [places for places in piece.places if taken.isdisjoint(places)]
            if not piece.places:
                piece.places = [places for places in piece.others if taken.isdisjoint(places)]
            if len(piece.places) == 1:
                chosen |= dict(zip(piece.elements, piece.places[0], strict=True))
                fresh = True
                break
        if not fresh:
            return chosen


def _best(pieces: Sequence[_Together], chosen: Choice, score: Callable[[Choice], int]) -> Choice:
    """Of all ways to choose places the one with which most of the network is found in the sheet."""
    if not pieces:
        return {}
    found: Choice = {}
    for _ in range(2):  # what is chosen late may change what was best before
        for k in range(0, len(pieces), 3):
            few = pieces[k : k + 3]
            best: tuple[int, Choice] = (-1, {})
            for places in islice(product(*(piece.places for piece in few)), MOST_TRIED):
                cells = [at for each in places for at in each]
                elements = [k for piece in few for k in piece.elements]
                others = {e: at for e, at in (chosen | found).items() if e not in elements}
                if len({*cells}) < len(cells) or not {*cells}.isdisjoint(others.values()):
                    continue
                trial = others | dict(zip(elements, cells, strict=True))
                count = score(trial)
                if count > best[0]:
                    best = count, dict(zip(elements, cells, strict=True))
            found |= best[1]
    return found
