"""The numbers that differ from element to element of a loop, written by the loop's indices."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

TableOf = Callable[[np.ndarray], str]
"""Stores a table of numbers, and returns the name by which JavaScript reads it."""


@dataclass(frozen=True, eq=False)
class LoopColumn:
    """A number for each turn of a loop: LoopColumn([0, 3, 6], is_place=True) for a loop over a[0], a[3] and a[6]."""

    values: np.ndarray
    """The numbers, one for each turn, a one-dimensional array."""
    is_place: bool = False
    """True for an index of an array or a count of them, an integer: a sum of these needs no brackets."""

    @property
    def is_same(self) -> bool:
        """True if the number is the same in every turn: [3, 3, 3]."""
        return bool((self.values == self.values[0]).all())


@dataclass(frozen=True)
class Box:
    """The sizes of nested loops over some elements, the outermost first: Box((2, 3)) has the variables i0 and i1.

    `expressed` writes a `LoopColumn` by these variables.
    """

    sizes: tuple[int, ...]
    """The number of turns of each loop."""

    @property
    def indices(self) -> list[str]:
        """The names of the nested loops' variables: ['i0', 'i1']."""
        return [f"i{k}" for k in range(len(self.sizes))]

    def expressed(self, column: LoopColumn, table: TableOf) -> str:
        """Return a column as a JavaScript expression of the loops' variables.

        It is a sum with one term for each loop: a multiple of its variable, or a table's entry. If the column is no
        such sum, it is an entry of a table of all numbers. table(numbers) keeps a table and returns its name in
        JavaScript.

        Example:
            >>> Box((2, 3)).expressed(LoopColumn(np.array([0, 1, 2, 10, 11, 12])), lambda table: "k0")
            '(10*i0+i1)'
        """
        if column.is_same:
            return number_text(float(column.values[0]))
        parts = self._parts(column.values)
        if parts is None:
            return f"{table(column.values)}[{self._running_number}]"
        first, along = parts
        terms = [f"{first}"] if first else []
        for index, values in zip(self.indices, along, strict=True):
            step = int(values[1]) if len(values) > 1 else 0
            if (values == step * np.arange(len(values))).all():
                terms += [index if step == 1 else f"{step}*{index}"] if step else []
            else:
                terms.append(f"{table(values)}[{index}]")
        text = "+".join(terms).replace("+-", "-")
        return text if column.is_place or len(terms) < 2 else f"({text})"

    @property
    def _running_number(self) -> str:
        terms = [
            f"{math.prod(self.sizes[k + 1 :])}*{index}" if k + 1 < len(self.sizes) else index
            for k, index in enumerate(self.indices)
        ]
        return "+".join(terms)

    def _parts(self, values: np.ndarray) -> tuple[int, list[np.ndarray]] | None:
        """Return the first number, and those that each loop adds; None if the column is no sum of whole numbers."""
        if not (values == np.trunc(values)).all() or (np.abs(values) > 2**52).any():
            return None
        whole = values.astype(np.int64).reshape(self.sizes)
        first = whole.flat[0]
        along, total = [], np.full(self.sizes, first)
        for axis in range(len(self.sizes)):
            own = whole[tuple(slice(None) if k == axis else 0 for k in range(len(self.sizes)))] - first
            along.append(own)
            total = total + own.reshape([-1 if k == axis else 1 for k in range(len(self.sizes))])
        return (int(first), along) if (total == whole).all() else None


def boxes(numbers: np.ndarray, shape: Sequence[int]) -> list[Box]:
    """Return the loops that can run over some elements of a tensor: one loop, and for a grid also nested ones.

    A grid has all elements at some indices of each dimension, such as 0, 1, 3 and 4 of the shape (2, 3). `numbers` are
    the elements' numbers in reading order, from 0 on, and `shape` is the tensor's.

    Example:
        >>> boxes(np.arange(6), (2, 3)), boxes(np.array([0, 5]), (2, 3))
        ([Box(sizes=(6,)), Box(sizes=(2, 3))], [Box(sizes=(2,))])
    """
    found = [Box((len(numbers),))]
    if len(shape) > 1 and len(numbers) > 1 and (np.diff(numbers) > 0).all():
        along = [np.unique(places) for places in np.unravel_index(numbers, tuple(shape))]
        sizes = tuple(len(places) for places in along)
        if math.prod(sizes) == len(numbers):
            found.append(Box(tuple(size for size in sizes if size > 1)))
    return found


def number_text(value: float) -> str:
    """Return a number in JavaScript: '0.5', and '(-2)' in brackets, so that it may stand behind a sign."""
    text = str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(value)
    return f"({text})" if value < 0 else text


def table_text(values: np.ndarray) -> str:
    """Return JavaScript for an array of numbers: for integers a call of U, for others a literal.

    U adds up the steps from each number to the next, from 0 on; 'step*count' stands for equal steps.

    Example:
        >>> table_text(np.array([0, 1, 2, 3, 10])), table_text(np.array([0.5, 2]))
        ('U("0,1*3,7")', '[0.5,2.0]')
    """
    if not (values == np.trunc(values)).all():
        return f"[{','.join(map(repr, values.tolist()))}]"
    steps = np.diff(values.astype(np.int64), prepend=0).tolist()
    runs = ((step, len(list(each))) for step, each in groupby(steps))
    return 'U("' + ",".join(f"{step}*{count}" if count > 1 else f"{step}" for step, count in runs) + '")'
