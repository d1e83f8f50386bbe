"""One loop: elements of a tensor, and the formula that they share, with what differs from element to element."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from excel_export.formulas.javascript.columns import Column


class Read(NamedTuple):
    """Elements that are read: from a first one on, so many in each direction, so far apart."""

    array: str
    first: np.ndarray
    sizes: tuple[np.ndarray, ...] = ()
    strides: tuple[int, ...] = ()


class Products(NamedTuple):
    """A sum of products of elements of two arrays, so far apart in each direction."""

    left: tuple[int, ...]
    right: tuple[int, ...]


Piece = str | Column | Products


@dataclass
class Loop:
    """Elements, by their numbers in reading order, and the formula that they share."""

    elements: np.ndarray
    pieces: list[Piece]
    reads: list[Read] = field(default_factory=list)

    def part(self, places: np.ndarray) -> Loop:
        """Some of its elements, by their places in it."""
        pieces = [
            Column(each.values[places], each.is_place) if isinstance(each, Column) else each for each in self.pieces
        ]
        reads = [
            Read(read.array, read.first[places], tuple(size[places] for size in read.sizes), read.strides)
            for read in self.reads
        ]
        return Loop(self.elements[places], pieces, reads)
