"""Formulas made one by one, for the elements of a tensor: reductions, sums of products, and what has no template."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import product, zip_longest

import numpy as np

from excel_export.formulas.expression import (
    ATOM,
    PRODUCT,
    SUM,
    Expression,
    Leaf,
    OperandLike,
    as_expression,
    call,
)
from excel_export.formulas.grid import Region, matching_cuts
from excel_export.formulas.reference import Reference
from excel_export.formulas.writing import Index, Token, unravelled

MOST_ARGUMENTS = 255

RegionOf = Callable[..., Region]
"""From an index to the cells that the formula of that element reads."""
Factors = Callable[..., tuple[Region, Region]]
Part = tuple[Expression, np.ndarray]
"""Some formulas, and for each the element, by its number in reading order, to which it is added; -1 for none."""
Gained = list[tuple[int, int]]
"""Formulas that one element gets, each by the number of its part and its own number there."""


def table(shape: Sequence[int], formula: Callable[..., OperandLike]) -> Expression:
    """A formula of its own for each element: that of element (i, j, …) is `formula(i, j, …)`."""
    return FormulaTable(tuple(shape), formula)


def reduce(function: str, shape: Sequence[int], region: RegionOf) -> Expression:
    """SUM, MAX, MIN or AVERAGE of the region that belongs to each element."""
    return RangeReduction(function, tuple(shape), region)


def sum_of_products(shape: Sequence[int], factors: Factors) -> Expression:
    """Σ left · right, element by element, of the two regions that belong to each element."""
    return SumOfProducts(tuple(shape), factors)


def scattered(shape: Sequence[int], parts: Iterable[Part]) -> Expression:
    """For each element the sum of the formulas that are sent to it; 0 where none is.

    In the sum they stand in the order of their own places.
    """
    return Scattered(tuple(shape), list(parts))


def of_ranges(function: str, ranges: Sequence[Reference]) -> Expression:
    """A function of ranges, nested where they are more than Excel allows."""
    arguments: list[OperandLike] = [*ranges]
    while len(arguments) > MOST_ARGUMENTS:
        groups = range(0, len(arguments), MOST_ARGUMENTS)
        arguments = [call(function, *arguments[k : k + MOST_ARGUMENTS]) for k in groups]
    return call(function, *arguments)


class _ByElement(Leaf):
    """A leaf whose formulas are written one by one."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def _column(self, texts: list[str]) -> np.ndarray:
        column = np.empty(self.shape, dtype=object)
        column.reshape(-1)[:] = texts
        return column

    @property
    def _indices(self) -> Iterable[Index]:
        return product(*map(range, self.shape))


class FormulaTable(_ByElement):
    """A formula of its own for each element."""

    def __init__(self, shape: tuple[int, ...], formula: Callable[..., OperandLike]) -> None:
        super().__init__(shape)
        self.formulas = [as_expression(formula(*index)) for index in self._indices]
        self.precedence = min((each.precedence for each in self.formulas), default=ATOM)
        self.begins_with_power = any(each.begins_with_power for each in self.formulas)

    @property
    def precedences(self) -> np.ndarray:
        """How tightly each formula binds."""
        return np.array([each.precedences for each in self.formulas], dtype=int).reshape(self.shape)

    @property
    def vanishes(self) -> bool:
        """Whether every formula does."""
        return all(each.vanishes for each in self.formulas)

    def column(self, home: str) -> np.ndarray:
        """Return the text of each formula."""
        return self._column([each.text(home) for each in self.formulas])

    def element(self, index: Index) -> list[Token]:
        """Return the pieces of one formula."""
        return self.formula(index).tokens()

    def formula(self, index: Index) -> Expression:
        """The formula of one element."""
        return self.formulas[int(np.ravel_multi_index(index, self.shape)) if index else 0]


class RangeReduction(_ByElement):
    """SUM, MAX, MIN or AVERAGE of a region for each element."""

    def __init__(self, function: str, shape: tuple[int, ...], region: RegionOf) -> None:
        super().__init__(shape)
        self.function, self.region = function, region

    def column(self, home: str) -> np.ndarray:
        """Return the text of each formula."""
        texts = []
        for index in self._indices:
            region = self.region(*index)
            ranges = region.texts(matching_cuts((region.dims,))[0], home)
            if len(ranges) > MOST_ARGUMENTS:
                texts.append(of_ranges(self.function, region.ranges).text(home))
            else:
                texts.append(f"{self.function}({','.join(ranges)})")
        return self._column(texts)

    def element(self, index: Index) -> list[Token]:
        """Return the pieces of one formula."""
        return of_ranges(self.function, self.region(*index).ranges).tokens()


class SumOfProducts(_ByElement):
    """The sum of the products of two regions for each element."""

    precedence = SUM

    def __init__(self, shape: tuple[int, ...], factors: Factors) -> None:
        super().__init__(shape)
        self.factors = factors

    @property
    def precedences(self) -> np.ndarray:
        """How tightly each formula binds."""
        found = []
        for index in self._indices:
            left, right = self.factors(*index)
            cut = matching_cuts((left.dims, right.dims))[0]
            one = PRODUCT if cut.height == cut.width == 1 and cut.steps else ATOM
            found.append(one if len(cut.steps) <= 1 else SUM)
        return np.array(found, dtype=int).reshape(self.shape)

    def column(self, home: str) -> np.ndarray:
        """Return the text of each formula."""
        texts = []
        for index in self._indices:
            left, right = self.factors(*index)
            cuts = matching_cuts((left.dims, right.dims))
            pairs = zip(left.texts(cuts[0], home), right.texts(cuts[1], home), strict=True)
            if cuts[0].height == cuts[0].width == 1:
                texts.append("+".join([f"{a}*{b}" for a, b in pairs]) or "0")
            else:
                texts.append("+".join([f"SUMPRODUCT({a},{b})" for a, b in pairs]))
        return self._column(texts)

    def element(self, index: Index) -> list[Token]:
        """Return the pieces of one formula."""
        tokens: list[Token] = []
        for pair in self.pairs(index):
            tokens += ["+"] if tokens else []
            tokens += [pair] if pair[0].size > 1 else [pair[0], "*", pair[1]]
        return tokens or [0.0]

    def pairs(self, index: Index) -> Iterable[tuple[Reference, Reference]]:
        """The rectangles of which one formula multiplies the elements in pairs."""
        left, right = self.factors(*index)
        cuts = matching_cuts((left.dims, right.dims))
        return zip(left.references(cuts[0]), right.references(cuts[1]), strict=True)


class Scattered(_ByElement):
    """The sum of what is sent to each element."""

    def __init__(self, shape: tuple[int, ...], parts: list[Part]) -> None:
        super().__init__(shape)
        # A function without a name is a pair of brackets.
        self.parts = [part if part.precedence >= SUM else call("", part) for part, _ in parts]
        # For each element that gets any the formulas, each by the number of its part and its own number there.
        self.gained: dict[int, Gained] = defaultdict(list)
        for place, targets in enumerate(zip_longest(*(goes.ravel().tolist() for _, goes in parts), fillvalue=-1)):
            for n, target in enumerate(targets):
                if target >= 0:
                    self.gained[target].append((n, place))
        self._settle()

    def _settle(self) -> None:
        self._bindings = [np.broadcast_to(part.precedences, part.shape).ravel().tolist() for part in self.parts]
        self.precedence = min((self._binds(gained) for gained in self.gained.values()), default=ATOM)
        self.begins_with_power = any(part.begins_with_power for part in self.parts)

    @property
    def most(self) -> int:
        """How many formulas the element gets that gets most."""
        return max(map(len, self.gained.values()), default=0)

    @property
    def vanishes(self) -> bool:
        """Whether no element gets any."""
        return not self.gained

    @classmethod
    def together(cls, several: Sequence[Scattered]) -> Scattered:
        """The sum of several of one shape, element by element: no element adds what it does not get."""
        result = cls(several[0].shape, [])
        for each in several:
            before = len(result.parts)
            result.parts += each.parts
            for target, gained in each.gained.items():
                result.gained[target] += [(before + n, place) for n, place in gained]
        result._settle()
        return result

    def pieces(self, length: int) -> list[Scattered]:
        """The same sum as several, in each of which no element gets more formulas than that."""
        pieces = []
        for first in range(0, self.most, length):
            piece = Scattered(self.shape, [])
            numbers: dict[int, int] = {}
            for target, gained in self.gained.items():
                for n, place in gained[first : first + length]:
                    piece.gained[target].append((numbers.setdefault(n, len(numbers)), place))
            piece.parts = [self.parts[n] for n in numbers]
            piece._settle()
            pieces.append(piece)
        return pieces

    def _binds(self, gained: Gained) -> int:
        if len(gained) > 1:
            return SUM
        return next((self._bindings[n][place] for n, place in gained), ATOM)

    @property
    def precedences(self) -> np.ndarray:
        """How tightly each formula binds."""
        binds = np.full(int(np.prod(self.shape, dtype=int)), ATOM)
        for target, gained in self.gained.items():
            binds[target] = self._binds(gained)
        return binds.reshape(self.shape)

    def column(self, home: str) -> np.ndarray:
        """Return the text of each formula."""
        texts = [part.texts(home).ravel().tolist() for part in self.parts]
        column = ["0"] * int(np.prod(self.shape, dtype=int))
        for target, gained in self.gained.items():
            column[target] = "+".join([texts[n][place] for n, place in gained])
        return self._column(column)

    def element(self, index: Index) -> list[Token]:
        """Return the pieces of one formula."""
        tokens: list[Token] = []
        for part, place in self.sent_to(index):
            tokens += ["+"] if tokens else []
            tokens += part.tokens(place)
        return tokens or [0.0]

    def sent_to(self, index: Index) -> Iterable[tuple[Expression, Index]]:
        """The formulas that are sent to one element, each as an expression and an index of it."""
        for n, place in self.gained.get(int(np.ravel_multi_index(index, self.shape)) if index else 0, []):
            yield self.parts[n], unravelled(place, self.parts[n].shape)


ZERO = as_expression(0)
"""The formula 0."""
