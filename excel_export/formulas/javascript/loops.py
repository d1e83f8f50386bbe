"""The formulas of a tensor as loops: elements whose formulas differ in places and numbers only share a loop.

A tensor lies in memory as on a sheet, row after row: each sheet is an array, which has its name and its width.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from excel_export.formulas import (
    ANYTHING,
    Constant,
    FunctionCall,
    GridCells,
    Name,
    Reference,
    Referred,
    Region,
    Writer,
    arrays,
)
from excel_export.formulas.expression import COMPARISON, Expression, Leaf, NumberArray, Rearranged
from excel_export.formulas.javascript.array_places import firsts_of, joined, place_of, sizes_of, strides_of, width_of
from excel_export.formulas.javascript.columns import LoopColumn

_SIGNS = {"^": "**", "=": "===", "<>": "!==", "-": " -"}  # two signs in a row would be another one: a - -b
_OF_NUMBERS = {"MAX": "Math.max", "MIN": "Math.min"}
"""The JavaScript functions that are faster if no argument is a range."""
_LATER = {"IFERROR": (1,)}
"""The numbers of the arguments, from 0 on, that are computed only if they are needed."""


class Read(NamedTuple):
    """The elements that each turn of a loop reads, as a block of an array.

    Read('a', first=[0, 3], sizes=([2, 2],), strides=(1,)) reads a[0], a[1] in the first turn, a[3], a[4] in the second.
    """

    array: str
    """The name of the array."""
    first: np.ndarray
    """The index of the block's first element, for each turn."""
    sizes: tuple[np.ndarray, ...] = ()
    """For each direction of the block, its number of elements, for each turn; () for a single element."""
    strides: tuple[int, ...] = ()
    """For each direction, the distance in the array between neighbours."""


class Products(NamedTuple):
    """A sum of products of two arrays: Products((3, 1), (2, 1)) is the sum of a[i+3*x0+x1]*b[j+2*x0+x1] over x0, x1.

    The sums that share these distances are one function of the page; each call gives i, j and how far x0 and x1 go.
    """

    left: tuple[int, ...]
    """The distance between neighbours in the first array, for each direction."""
    right: tuple[int, ...]
    """The distance between neighbours in the second array, for each direction."""


Piece = str | LoopColumn | Products
"""Text of the formula, a number that differs from element to element, or the name of a sum of products."""


@dataclass
class Loop:
    """Elements of a tensor that share a formula, as one loop of JavaScript.

    'a[3*i0]*2' has the pieces 'a[', a `LoopColumn` of the indices 0, 3, 6, …, ']', '*' and '2'.
    """

    elements: np.ndarray
    """The elements' numbers in reading order, from 0 on."""
    pieces: list[Piece]
    """The formula from left to right."""
    reads: list[Read] = field(default_factory=list)
    """The blocks of elements that the formula reads."""

    def part(self, places: np.ndarray) -> Loop:
        """Return a new loop over some of the elements, by their positions in `elements`, counted from 0."""
        pieces = [
            LoopColumn(each.values[places], each.is_place) if isinstance(each, LoopColumn) else each
            for each in self.pieces
        ]
        reads = [
            Read(read.array, read.first[places], tuple(size[places] for size in read.sizes), read.strides)
            for read in self.reads
        ]
        return Loop(self.elements[places], pieces, reads)


def loops_of(formulas: Expression, shape: Sequence[int], elements: np.ndarray | None = None) -> list[Loop]:
    """Return the formulas of a tensor as loops: one for ['B3*2', 'B4*2'], two for ['B3*2', 'B4+1'].

    Args:
        formulas: the tensor's formulas; the sheets that they read are `Array`s.
        shape: the tensor's shape.
        elements: the numbers of the elements wanted, in reading order from 0 on, [0, 2]; None for all.

    Raises:
        NotImplementedError: a formula has a part without counterpart in JavaScript, such as a text or a defined name.
    """
    elements = np.arange(math.prod(shape)) if elements is None else elements
    todo, found = [elements] if len(elements) else [], []
    while todo:
        elements = todo.pop(0)
        writer = _LoopWriter(elements, tuple(shape))
        try:
            writer.write(formulas)
        except _Differ as differ:
            todo = [elements[differ.kinds == kind] for kind in np.unique(differ.kinds)] + todo
        else:
            found.append(Loop(elements, writer.pieces, writer.reads))
    return found


def loop_of(formula: Expression) -> Loop:
    """Return a single formula, MAX(0,B3), as a loop of one element."""
    (loop,) = loops_of(formula, ())
    return loop


class _Differ(Exception):
    """Raised if elements do not share their formula; `kinds` has a number for each, the same for those that do."""

    def __init__(self, kinds: np.ndarray) -> None:
        self.kinds = kinds


class _LoopWriter(Writer):
    def __init__(self, numbers: np.ndarray, shape: tuple[int, ...]) -> None:
        self._numbers, self._shape = numbers, shape
        self.pieces: list[Piece] = []
        self.reads: list[Read] = []

    def write(self, expression: Expression) -> None:
        expression.write_operand(self, COMPARISON)

    def say(self, text: str) -> None:
        if text == "&":
            raise NotImplementedError("texts")
        self.pieces.append(_SIGNS.get(text, text))

    def call(self, function: str, arguments: Sequence[Expression]) -> None:
        if function == "IF":
            for text, argument in zip(("(", "?", ":"), arguments, strict=True):
                self.pieces.append(text)
                argument.write_operand(self, ANYTHING)
            self.pieces.append(")")
            return
        if function == "INDEX":
            self._index(arguments)
            return
        name = function if any(map(_is_range, arguments)) else _OF_NUMBERS.get(function, function)
        self.pieces.append(f"{name}(")
        for k, argument in enumerate(arguments):
            self.pieces.append("," if k else "")
            self.pieces.append("()=>" if k in _LATER.get(function, ()) else "")
            argument.write_operand(self, ANYTHING)
        self.pieces.append(")")

    def take(self, leaf: Leaf, needed: int) -> None:
        is_loose = leaf.precedence < needed
        self.pieces.append("(" if is_loose else "")
        self._take(leaf, self._own(leaf.shape))
        self.pieces.append(")" if is_loose else "")

    def _take(self, leaf: Leaf, own: np.ndarray) -> None:
        if isinstance(leaf, Constant):
            self._constant(leaf)
        elif isinstance(leaf, NumberArray):
            self.pieces.append(LoopColumn(leaf.numbers.ravel()[own]))
        elif isinstance(leaf, GridCells):
            self._elements(leaf.grid.sheet, place_of(leaf.grid.sheet, leaf.grid.rows, leaf.grid.cols).ravel()[own])
        elif isinstance(leaf, Referred):
            self._reference(leaf.reference)
        elif isinstance(leaf, Rearranged):
            self._rearranged(leaf, own)
        elif isinstance(leaf, arrays.FormulaTable):
            self._table(leaf, own)
        elif isinstance(leaf, arrays.RangeReduction):
            self._reduction(leaf, own)
        elif isinstance(leaf, arrays.SumOfProducts):
            self._products([leaf.factors(*index) for index in _indices(own, leaf.shape)])
        elif isinstance(leaf, arrays.SumProduct):
            left, right = (
                Region(each.sheet, each.row, each.col, ((each.height, 1, 0), (each.width, 0, 1))) for each in leaf.token
            )
            self._products([(left, right)] * len(own))
        elif isinstance(leaf, arrays.Scattered):
            self._scattered(leaf, own)
        else:
            raise NotImplementedError(type(leaf).__name__)

    def _own(self, shape: tuple[int, ...]) -> np.ndarray:
        if shape == self._shape:
            return self._numbers
        if not shape:
            return np.zeros_like(self._numbers)
        places = np.unravel_index(self._numbers, self._shape)[len(self._shape) - len(shape) :]
        own = [places[k] if size > 1 else np.zeros_like(places[k]) for k, size in enumerate(shape)]
        return np.ravel_multi_index(own, shape)

    def _within(self, part: Expression, numbers: np.ndarray, needed: int = ANYTHING) -> None:
        outer = self._numbers, self._shape
        self._numbers, self._shape = numbers, part.shape
        part.write_operand(self, needed)
        self._numbers, self._shape = outer

    def _constant(self, leaf: Constant) -> None:
        token = leaf.token
        if not isinstance(token, float) and (isinstance(token, Name) or not str(token).replace(".", "").isdigit()):
            raise NotImplementedError(f"{token}")
        self.pieces.append(LoopColumn(self._same(float(str(token)))))

    def _elements(self, array: str, first: np.ndarray) -> None:
        self.reads.append(Read(array, first))
        self.pieces += [f"{array}[", LoopColumn(first, is_place=True), "]"]

    def _reference(self, reference: Reference) -> None:
        first = self._same(place_of(reference.sheet, reference.row, reference.col))
        if not _is_range(reference.cells):
            self._elements(reference.sheet, first)
        else:
            strides = [(width_of(reference.sheet), 1)]
            sizes, (own,) = joined([self._same(reference.height), self._same(reference.width)], strides)
            self._range(reference.sheet, first, sizes, own)

    def _index(self, arguments: Sequence[Expression]) -> None:
        cells, *places = arguments
        if not isinstance(cells, Referred):
            raise NotImplementedError("INDEX of what is no rectangle")
        box = cells.reference
        first = self._same(place_of(box.sheet, box.row, box.col))
        strides = (width_of(box.sheet), 1)
        self.reads.append(Read(box.sheet, first, (self._same(box.height), self._same(box.width)), strides))
        self.pieces += [f"{box.sheet}[", LoopColumn(first, is_place=True)]
        for place, stride in zip(places, strides, strict=False):
            self.pieces.append(f"+{stride}*(" if stride > 1 else "+(")
            place.write_operand(self, ANYTHING)
            self.pieces.append(" -1)")
        self.pieces.append("]")

    def _same(self, number: float) -> np.ndarray:
        # NumPy's own takes longer for a single one, of which there are many.
        return np.array([number]) if len(self._numbers) == 1 else np.full(len(self._numbers), number)

    def _range(self, array: str, first: np.ndarray, sizes: Sequence[np.ndarray], strides: tuple[int, ...]) -> None:
        self.reads.append(Read(array, first, tuple(sizes), strides))
        self.pieces += [f"R({array},", LoopColumn(first, is_place=True)]
        for size, stride in zip(sizes, strides, strict=True):
            self.pieces += [",", LoopColumn(size, is_place=True), f",{stride}"]
        self.pieces.append(")")

    def _rearranged(self, leaf: Rearranged, own: np.ndarray) -> None:
        parts, numbers = leaf.origins(own)
        self._agree(parts)
        part = leaf.parts[parts[0]]
        self._within(part, numbers)

    def _table(self, leaf: arrays.FormulaTable, own: np.ndarray) -> None:
        writers = [_LoopWriter(np.zeros(1, dtype=np.int64), ()) for _ in own]
        for writer, number in zip(writers, own.tolist(), strict=True):
            writer.write(leaf.formulas[number])
        keys = [
            tuple(each if not isinstance(each, LoopColumn) else None for each in writer.pieces) for writer in writers
        ]
        self._agree_on(keys)
        for pieces in zip(*(writer.pieces for writer in writers), strict=True):
            columns = [each for each in pieces if isinstance(each, LoopColumn)]
            values = np.array([each.values[0] for each in columns])
            self.pieces.append(LoopColumn(values, columns[0].is_place) if columns else pieces[0])
        for reads in zip(*(writer.reads for writer in writers), strict=True):
            sizes = tuple(np.concatenate(each) for each in zip(*(read.sizes for read in reads), strict=True))
            first = np.concatenate([read.first for read in reads])
            self.reads.append(Read(reads[0].array, first, sizes, reads[0].strides))

    def _reduction(self, leaf: arrays.RangeReduction, own: np.ndarray) -> None:
        regions = [leaf.region(*index) for index in _indices(own, leaf.shape)]
        lying = [strides_of(region) for region in regions]
        self._agree_on([(region.sheet, each) for region, each in zip(regions, lying, strict=True)])
        sizes, (strides,) = joined(sizes_of(regions), lying[:1])
        self.pieces.append(f"{leaf.function}(")
        self._range(regions[0].sheet, firsts_of(regions), sizes, strides)
        self.pieces.append(")")

    def _products(self, pairs: Sequence[tuple[Region, Region]]) -> None:
        lying = [[strides_of(region) for region in pair] for pair in pairs]
        self._agree_on([(a.sheet, b.sheet, *each) for (a, b), each in zip(pairs, lying, strict=True)])
        lefts, rights = zip(*pairs, strict=True)
        sizes, (left, right) = joined(sizes_of(lefts), lying[0])
        self.pieces += [Products(left, right), "("]
        for regions, strides in ((lefts, left), (rights, right)):
            first = firsts_of(regions)
            self.reads.append(Read(regions[0].sheet, first, tuple(sizes), strides))
            self.pieces += [f"{regions[0].sheet},", LoopColumn(first, is_place=True), ","]
        for size in sizes:
            self.pieces += [LoopColumn(size, is_place=True), ","]
        self.pieces[-1] = ")"

    def _scattered(self, leaf: arrays.Scattered, own: np.ndarray) -> None:
        gained = [leaf.gained.get(number, []) for number in own.tolist()]
        self._agree_on([tuple(part for part, _ in each) for each in gained])
        if not gained[0]:
            self.pieces.append(LoopColumn(np.zeros(len(own))))
        for k, (part, _) in enumerate(gained[0]):
            self.pieces.append("+" if k else "")
            self._within(leaf.parts[part], np.array([each[k][1] for each in gained]))

    def _agree_on(self, keys: Sequence[object]) -> None:
        kinds: dict[object, int] = {}
        self._agree(np.array([kinds.setdefault(key, len(kinds)) for key in keys]))

    def _agree(self, kinds: np.ndarray) -> None:
        if (kinds != kinds[0]).any():
            raise _Differ(kinds)


def _is_range(argument: Expression) -> bool:
    if isinstance(argument, Referred):
        return argument.reference.size > 1 or type(argument.reference) is not Reference
    return isinstance(argument, FunctionCall) and argument.function == "" and any(map(_is_range, argument.arguments))


def _indices(numbers: np.ndarray, shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    if not shape:
        return iter([()] * len(numbers))
    return zip(*(places.tolist() for places in np.unravel_index(numbers, shape)), strict=True)
