"""Elements whose formulas differ in places only: what one is made of tells what all are made of.

Most formulas of a tensor are one formula, moved: all cells that it reads in an array move together. Then so do the
places in how an element comes about, and nothing needs to be taken apart but the first.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from excel_export.formulas import Expression, Index, Reference, own_index
from excel_export.formulas.javascript.places import place_of

Shape = tuple[Any, ...]


class Places:
    """Places, and the array that each is in; '' for a number that is no place."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.arrays: list[str] = []

    def add(self, number: int, array: str) -> None:
        """Add a place."""
        self.numbers.append(number)
        self.arrays.append(array)


class Alike:
    """What is known of the formulas of one expression, by what they have in common."""

    def __init__(self, formulas: Expression, helpers: Collection[str]) -> None:
        """Take the formulas, and the arrays of helpers: what is read from these may be taken apart anew."""
        self._formulas, self._helpers = formulas, helpers
        self._known: dict[Shape, tuple[Any, list[int], list[str], dict[str, int]]] = {}
        self._last: tuple[Shape | None, dict[str, int]] = None, {}

    def known(self, index: Index) -> tuple[Any, list[int]] | None:
        """The kinds and the places of an element; None where none like it was learned."""
        shape, firsts = self._last = self._shape(index)
        if shape not in self._known:
            return None
        kinds, places, arrays, before = self._known[shape]
        moved = {array: first - before[array] for array, first in firsts.items()}
        return kinds, [place + moved.get(array, 0) for place, array in zip(places, arrays, strict=True)]

    def learn(self, kinds: Any, places: list[int], arrays: list[str]) -> None:
        """Note what the element is made of that was asked for last."""
        shape, firsts = self._last
        # Where it reads what its formula doesn't, it cannot be said how that moves.
        if shape is not None and all(array in firsts for array in arrays if array):
            self._known[shape] = kinds, places, arrays, firsts

    def _shape(self, index: Index) -> tuple[Shape | None, dict[str, int]]:
        """A formula without where its cells are, and the first place that it reads in each array."""
        corners: dict[str, tuple[int, int]] = {}
        firsts: dict[str, int] = {}
        shape: list[Any] = []
        for token in self._formulas.tokens(own_index(index, self._formulas.shape)):
            for part in token if isinstance(token, tuple) else (token,):
                if not isinstance(part, Reference):
                    shape.append(part)
                    continue
                array = part.sheet
                if array in self._helpers:
                    return None, {}
                if array not in corners:
                    corners[array] = part.row, part.col
                    firsts[str(array)] = place_of(array, part.row, part.col)
                row, col = corners[array]
                shape.append((array, part.row - row, part.col - col, part.height, part.width))
        return tuple(shape), firsts
