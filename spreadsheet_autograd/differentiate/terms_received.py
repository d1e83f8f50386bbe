"""What cells gain of the gradient from the formulas that read them; copies of a formula are worked out once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import NamedTuple

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.differentiate.products import Movable, MovableProduct, Product
from spreadsheet_autograd.functions.derivatives import SlopeTerm
from spreadsheet_autograd.language.algebra import ZERO


class _Sent(NamedTuple):
    """The term of that number of the formula in `first`, of which the one in `by` is a copy."""

    by: Place
    first: Place
    number: int


class TermsReceived:
    """The terms of each cell's gradient.

    `first_of` gives the first formula of which that of a cell is a copy; `terms_of` what a formula sends, and is asked
    for the first one only; `home_of` the sheet on which the gradients of a sheet's cells stand.
    """

    def __init__(
        self,
        cells: Iterable[Place],
        first_of: Callable[[Place], Place],
        terms_of: Callable[[Place], list[SlopeTerm]],
        home_of: Mapping[str, str],
    ) -> None:
        self._first_of, self._terms_of, self._home_of = first_of, terms_of, home_of
        self._sent: dict[Place, list[_Sent]] = {at: [] for at in cells}
        self._terms: dict[Place, list[SlopeTerm]] = {}
        self._products: dict[tuple[Place, int], MovableProduct] = {}
        self._texts: dict[Hashable, tuple[Place, Movable]] = {}
        self.senders: dict[Place, int] = dict.fromkeys(self._sent, 0)
        """By how many formulas a cell is read."""

    def send(self, at: Place) -> None:
        """Let the formula of a cell send what it does."""
        first = self._first_of(at)
        if first not in self._terms:
            self._terms[first] = self._terms_of(first)
        down, right = at[1] - first[1], at[2] - first[2]
        receivers = set()
        for number, (cell, _, _) in enumerate(self._terms[first]):
            to = cell.sheet, cell.row + (0 if cell.fixed_row else down), cell.col + (0 if cell.fixed_col else right)
            if to in self._sent:
                self._sent[to].append(_Sent(at, first, number))
                receivers.add(to)
        for to in receivers:
            self.senders[to] += 1

    def products(self, at: Place) -> Iterator[Product]:
        """What a cell gains."""
        for by, first, number in self._sent[at]:
            term = self._terms[first][number]
            if ZERO in term.factors:
                continue
            known = self._products.get((first, number))
            if known is None:
                known = self._products[first, number] = MovableProduct(term, self._home_of[term.to.sheet])
            yield known.moved(by[1] - first[1], by[2] - first[2])

    def keep(self, at: Place, text: str) -> None:
        """Keep the formula of a gradient for those that are copies of it; not where it has ranges, which may turn."""
        if ":" not in text:
            self._texts[self._kind(at)] = at, Movable(text)

    def kept(self, at: Place) -> str | None:
        """The formula of a gradient, where it is a copy of another one."""
        known = self._texts.get(self._kind(at))
        if known is None:
            return None
        (_, row, col), text = known
        return text.moved(at[1] - row, at[2] - col)

    def _kind(self, at: Place) -> Hashable:
        """What gradients have in common whose formulas are copies of each other."""
        sheet, row, col = at
        return sheet, *[(first, number, by[1] - row, by[2] - col) for by, first, number in self._sent[at]]
