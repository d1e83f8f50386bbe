"""Formulas that differ from element to element: reductions, sums of products, and tables of formulas."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import product, zip_longest

import numpy as np

from excel_export.formulas.expression import Expression, Leaf, OperandLike, Single, Total, as_expression, call, total
from excel_export.formulas.grid import Region, matching_cuts
from excel_export.formulas.reference import Reference, Token
from excel_export.formulas.writing import ATOM, PRODUCT, SUM, Index, own_index, unravelled

MOST_ARGUMENTS = 255
"""The largest number of arguments of a function in Excel."""

RegionOf = Callable[..., Region]
"""Takes an index of the result; returns the cells that its formula reads."""
Factors = Callable[..., tuple[Region, Region]]
"""Takes an index of the result; returns the two regions whose products its formula adds up."""
Part = tuple[Expression, np.ndarray]
"""Formulas, and for each the number of the element to which it is added, in reading order from 0 on; -1 for none."""
Gained = list[tuple[int, int]]
"""The formulas that are added up in one element, each as (number of its part, its own number there), from 0 on."""


def of_ranges(function: str, ranges: Sequence[Reference]) -> Expression:
    """Return a function of any number of ranges: SUM(A1:A3,C1:C3) for 'SUM' and [A1:A3, C1:C3].

    Excel allows 255 arguments: more are nested, SUM(SUM(…),SUM(…)). For AVERAGE, which cannot be nested, pass fewer.
    """
    arguments: list[OperandLike] = [*ranges]
    while len(arguments) > MOST_ARGUMENTS:
        groups = range(0, len(arguments), MOST_ARGUMENTS)
        arguments = [call(function, *arguments[k : k + MOST_ARGUMENTS]) for k in groups]
    return call(function, *arguments)


class _ByElement(Leaf):
    def __init__(self, shape: Sequence[int]) -> None:
        self.shape = tuple(shape)

    def column(self, home: str) -> np.ndarray:
        column = np.empty(self.shape, dtype=object)
        column.reshape(-1)[:] = self._written(home)
        return column

    def _written(self, home: str) -> list[str]:
        raise NotImplementedError

    @property
    def _indices(self) -> Iterable[Index]:
        return product(*map(range, self.shape))

    def _number(self, index: Index) -> int:
        return int(np.ravel_multi_index(index, self.shape)) if index else 0


class FormulaTable(_ByElement):
    """Formulas by index: FormulaTable((2,), lambda i: 2 * x.at(i)) are '2*B3', '2*B4' for x in B3:B4."""

    def __init__(self, shape: Sequence[int], formula: Callable[..., OperandLike]) -> None:
        """Call formula(i, j, …) for each index of `shape`, from 0 on; it returns the formula there."""
        super().__init__(shape)
        self.formulas = [as_expression(formula(*index)) for index in self._indices]
        self.precedence = min((each.precedence for each in self.formulas), default=ATOM)
        self.begins_with_power = any(each.begins_with_power for each in self.formulas)

    @property
    def vanishes(self) -> bool:
        return all(each.vanishes for each in self.formulas)

    def _written(self, home: str) -> list[str]:
        return [each.text(home) for each in self.formulas]

    def own_element(self, index: Index) -> Expression:
        return self.formula(index).element()

    def formula(self, index: Index) -> Expression:
        """Return the formula of the element at this index, from 0 on: '2*B3' at (0,)."""
        return self.formulas[self._number(index)]


class RangeReduction(_ByElement):
    """A function of a region for each element of a shape: SUM(B5:D5) and SUM(B6:D6) for the rows of B5:D6.

    RangeReduction("SUM", (2,), lambda i: grid[i, :]) are these two; the function may be SUM, MAX, MIN or AVERAGE.
    """

    def __init__(self, function: str, shape: Sequence[int], region: RegionOf) -> None:
        super().__init__(shape)
        self.function, self.region = function, region

    def _written(self, home: str) -> list[str]:
        texts = []
        for index in self._indices:
            region = self.region(*index)
            ranges = region.texts(matching_cuts((region.dims,))[0], home)
            if len(ranges) > MOST_ARGUMENTS:
                texts.append(self.own_element(index).text(home))
            else:
                texts.append(f"{self.function}({','.join(ranges)})")
        return texts

    def own_element(self, index: Index) -> Expression:
        return of_ranges(self.function, self.region(*index).ranges)


class SumOfProducts(_ByElement):
    """For each element of a shape the sum of the products of two regions, number by number: SUMPRODUCT(B3:B5,D3:D5).

    SumOfProducts((2,), lambda i: (weight[i, :], x[:])) is a matrix times a vector. Regions that are no rectangles are
    written as sums: SUMPRODUCT(…)+SUMPRODUCT(…), or B3*D3+B5*D4.
    """

    precedence = SUM

    def __init__(self, shape: Sequence[int], factors: Factors) -> None:
        super().__init__(shape)
        self.factors = factors

    def _written(self, home: str) -> list[str]:
        texts = []
        for index in self._indices:
            left, right = self.factors(*index)
            cuts = matching_cuts((left.dims, right.dims))
            pairs = zip(left.texts(cuts[0], home), right.texts(cuts[1], home), strict=True)
            if cuts[0].height == cuts[0].width == 1:
                texts.append("+".join([f"{a}*{b}" for a, b in pairs]) or "0")
            else:
                texts.append("+".join([f"SUMPRODUCT({a},{b})" for a, b in pairs]))
        return texts

    def own_element(self, index: Index) -> Expression:
        return total(SumProduct(pair) if pair[0].size > 1 else pair[0] * pair[1] for pair in self.pairs(index))

    def tokens_in(self, index: Index, needed: int) -> list[Token]:
        tokens: list[Token] = []
        for left, right in self.pairs(own_index(index, self.shape)):
            tokens += ["+"] if tokens else []
            tokens += [(left, right)] if left.size > 1 else [left, "*", right]
        is_tight = needed <= SUM or len(tokens) < 2 or (len(tokens) == 3 and tokens[1] == "*" and needed <= PRODUCT)
        return (tokens if is_tight else ["(", *tokens, ")"]) or ZERO.tokens()

    def pairs(self, index: Index) -> Iterable[tuple[Reference, Reference]]:
        """Yield the pairs of ranges that the formula at an index multiplies: (B3, D3), (B5, D4) for B3*D3+B5*D4."""
        left, right = self.factors(*index)
        cuts = matching_cuts((left.dims, right.dims))
        return zip(left.references(cuts[0]), right.references(cuts[1]), strict=True)


class SumProduct(Single):
    """SUMPRODUCT of two rectangles of one size, a single formula: SUMPRODUCT(A1:A3,B1:B3)."""

    token: tuple[Reference, Reference]
    """The two rectangles."""

    def single(self, home: str) -> str:
        return f"SUMPRODUCT({','.join(each.text(home) for each in self.token)})"


class Scattered(_ByElement):
    """For each element the sum of the formulas that go to it, in their order: 'B3+B4'; 0 if there are none.

    It is the reverse of indexing, `x.index_add` in PyTorch: Scattered((2,), [(x, np.array([1, 1]))]), with x in B3:B4,
    is '0', 'B3+B4'. A target of -1 is no element.
    """

    def __init__(self, shape: Sequence[int], parts: Iterable[Part]) -> None:
        """Take the result's shape, and parts: formulas, and an array with the number of the element to which each is
        added.
        """
        super().__init__(shape)
        parts = list(parts)
        # For each element that gets any the formulas, each by the number of its part and its own number there.
        self.gained: dict[int, Gained] = defaultdict(list)
        for place, targets in enumerate(zip_longest(*(goes.ravel().tolist() for _, goes in parts), fillvalue=-1)):
            for n, target in enumerate(targets):
                if target >= 0:
                    self.gained[target].append((n, place))
        # A function without a name is a pair of brackets.
        self._take([part if part.precedence >= SUM else call("", part) for part, _ in parts])

    def _take(self, parts: list[Expression]) -> None:
        self.parts = parts
        self.precedence = SUM if self.most > 1 else min((part.precedence for part in parts), default=ATOM)
        self.begins_with_power = any(part.begins_with_power for part in parts)

    @property
    def most(self) -> int:
        """The largest number of formulas that go to one element: 2 for 'B3+B4' and 'B5'."""
        return max(map(len, self.gained.values()), default=0)

    @property
    def vanishes(self) -> bool:
        return not self.gained

    @classmethod
    def together(cls, several: Sequence[Scattered]) -> Scattered:
        """Return the sum of several scatters of one shape, element by element: 'B3' and 'B4' together are 'B3+B4'."""
        result, parts = cls(several[0].shape, []), list[Expression]()
        for each in several:
            for target, gained in each.gained.items():
                result.gained[target] += [(len(parts) + n, place) for n, place in gained]
            parts += each.parts
        result._take(parts)
        return result

    def pieces(self, length: int) -> list[Scattered]:
        """Split the sum into scatters with at most `length` formulas an element; they add up to it.

        'B3+B4+B5' is split into 'B3+B4' and 'B5' for a length of 2.
        """
        pieces = []
        for first in range(0, self.most, length):
            piece = Scattered(self.shape, [])
            numbers: dict[int, int] = {}
            for target, gained in self.gained.items():
                for n, place in gained[first : first + length]:
                    piece.gained[target].append((numbers.setdefault(n, len(numbers)), place))
            piece._take([self.parts[n] for n in numbers])
            pieces.append(piece)
        return pieces

    def _written(self, home: str) -> list[str]:
        texts = [part.texts(home).ravel().tolist() for part in self.parts]
        column = ["0"] * int(np.prod(self.shape, dtype=int))
        for target, gained in self.gained.items():
            column[target] = "+".join([texts[n][place] for n, place in gained])
        return column

    def own_element(self, index: Index) -> Expression:
        gained = self.gained.get(self._number(index), [])
        parts = [self.parts[n].element(unravelled(place, self.parts[n].shape)) for n, place in gained]
        return Total([(False, part) for part in parts]) if len(parts) > 1 else parts[0] if parts else ZERO


table, reduce, sum_of_products, scattered = FormulaTable, RangeReduction, SumOfProducts, Scattered
ZERO = as_expression(0)
"""The formula 0."""
