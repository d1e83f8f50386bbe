"""Elements whose formulas differ in places only: what one is made of tells what all are made of.

Most formulas of a tensor are one formula, moved: all cells that it reads in an array move together, and so do those
behind helpers, whose formulas move, too. Then so do the places in how an element comes about, and nothing needs to be
taken apart but the first.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from excel_export.formulas import Expression
from excel_export.formulas.javascript.columns import Column
from excel_export.formulas.javascript.loop import Loop, Read
from excel_export.formulas.javascript.loops import loops_of

NOWHERE = -1
"""The place of what an element does not read."""
MOST_CELLS = 1 << 22
"""Of more helpers that elements read, it costs less to take the elements apart."""
Place = tuple[int, str]
"""A place, and the array that it is in; '' for a number that is no place."""


@dataclass(frozen=True)
class Kinds:
    """Of some elements which are alike, and where each begins to read."""

    kinds: np.ndarray
    """A number for each: those that are alike have the same."""
    firsts: Mapping[str, np.ndarray]
    """By arrays, for each the place that tells how far what it reads there is moved."""

    def moved(self, places: Sequence[Place], members: np.ndarray) -> np.ndarray | None:
        """The places of elements that are alike, from those of the first; None where it cannot be said how they move.

        Returns:
            A row for each.
        """
        if not all(array in self.firsts for _, array in places if array):
            return None
        rows = np.empty((len(members), len(places)), dtype=np.int64)
        moves = {array: first[members] - first[members[0]] for array, first in self.firsts.items()} | {"": 0}
        for k, (number, array) in enumerate(places):
            rows[:, k] = number + moves[array]
        return rows


class Alike:
    """Tells which elements of a view are alike."""

    def __init__(self, helpers: Mapping[str, Sequence[Loop]], made_of: Collection[str] | None = None) -> None:
        """Take how helpers are computed, and the arrays by which these are taken apart; None where it is by all."""
        self._helpers, self._made_of = helpers, made_of
        self._known: dict[str, Kinds | None] = {}

    def of(self, formulas: Expression | None, elements: np.ndarray) -> Kinds:
        """Sort some elements of an expression; where that cannot be done, each is of its own kind."""
        try:
            if formulas:
                return self._sorted(loops_of(formulas, formulas.shape, elements), elements)
        except NotImplementedError:
            pass
        return Kinds(np.arange(len(elements)), {})

    def _sorted(self, loops: Sequence[Loop], elements: np.ndarray) -> Kinds:
        kinds = np.zeros(elements.max(initial=-1) + 1, dtype=np.int64)
        firsts: dict[str, np.ndarray] = {}
        known: dict[tuple[int, bytes], int] = {}
        for number, loop in enumerate(loops):
            table, own = self._read(loop)
            kinds[loop.elements] = [known.setdefault((number, row.tobytes()), len(known)) for row in table]
            for array, first in own.items():
                firsts.setdefault(array, np.full(len(kinds), NOWHERE))[loop.elements] = first
        return Kinds(kinds[elements], {array: first[elements] for array, first in firsts.items()})

    def _read(self, loop: Loop) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Of each element a row that is the same for those that are alike, and its firsts."""
        columns = [each.values.view(np.int64) for each in loop.pieces if isinstance(each, Column) and not each.is_place]
        columns += [size for read in loop.reads for size in read.sizes]
        firsts: dict[str, np.ndarray] = {}
        for read in loop.reads:
            columns.append(read.first - firsts.setdefault(read.array, read.first))
            if not self._is_taken_apart(read.array):
                continue
            inner, (cells, is_there) = self._helper(read.array), _cells(read)
            if cells.size * (1 + len(inner.firsts)) > MOST_CELLS:
                raise NotImplementedError(f"{cells.size} cells of {read.array}")
            columns += list(np.where(is_there, inner.kinds[cells], NOWHERE).T)
            for array, first in inner.firsts.items():
                places = first[cells]
                is_read = is_there & (places != NOWHERE)
                largest = np.iinfo(np.int64).max
                least = np.where(is_read, places, largest).min(axis=1, initial=largest)
                own = np.where(is_read.any(axis=1), least, NOWHERE)
                before = firsts.get(array, own)
                firsts[array] = np.where(before == NOWHERE, own, before)
                columns += list(np.where(is_read, places - firsts[array][:, None], NOWHERE).T)
        rows = np.array(columns, dtype=np.int64).reshape(len(columns), len(loop.elements)).T
        return np.ascontiguousarray(rows), firsts

    def _is_taken_apart(self, array: str, way: tuple[str, ...] = ()) -> bool:
        """Whether a helper is one that is made of what it is taken apart by, or that copies something."""
        if array not in self._helpers or array in way:
            return False
        if self._made_of is None:
            return True
        loops = self._helpers[array]
        return any(len(loop.pieces) == len(("array[", "place", "]")) for loop in loops) or any(
            each in self._made_of or self._is_taken_apart(each, (*way, array))
            for each in {read.array for loop in loops for read in loop.reads}
        )

    def _helper(self, array: str) -> Kinds:
        """All elements of a helper."""
        if array not in self._known:
            self._known[array] = None
            loops = self._helpers[array]
            self._known[array] = self._sorted(loops, np.arange(sum(len(each.elements) for each in loops)))
        known = self._known[array]
        if known is None:
            raise NotImplementedError(f"{array} reads itself")
        return known


def _cells(read: Read) -> tuple[np.ndarray, np.ndarray]:
    """The places of all cells of a read, a row for each element, and which of them are there: some read fewer."""
    cells, is_there = read.first[:, None], np.ones((len(read.first), 1), dtype=bool)
    for size, stride in zip(read.sizes, read.strides, strict=True):
        along = np.arange(size.max(initial=0))
        cells = (cells[:, :, None] + stride * along).reshape(len(cells), -1)
        is_there = (is_there[:, :, None] & (along < size[:, None, None])).reshape(len(cells), -1)
    return np.where(is_there, cells, 0), is_there
