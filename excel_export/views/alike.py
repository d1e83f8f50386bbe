"""Elements with the same formula but for a shift: one of them is analysed, the others follow from it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from excel_export.formulas import Expression, Grid, Index, Reference, Region
from excel_export.formulas.analysis.chosen import Found, Matching, ranges_of
from excel_export.formulas.arrays import SumOfProducts
from excel_export.formulas.copies import MovedFormula
from excel_export.formulas.writing import own_index
from excel_export.views.terms import DEEPEST, Account, AccountOf, Helpers, Owners, Term

Place = tuple[int, int]
"""A row and a column; or a shift, in rows down and columns to the right."""
Moves = Mapping[int, Place]
"""The shift, in rows and columns, of the cells that are read of each tensor, by the `id` of its grid: {140: (1, 0)}."""
STILL = (0, 0)
Outline = tuple[Hashable, dict[int, Place]]
"""The common part of formulas alike but for shifts; and the first cell, (3, 2), read of each tensor, by grid `id`."""


class Outlines:
    """The outlines of formulas: B3+1 and B4+1 have the same one, since the second is the first with its cells shifted.

    `of` returns the outline of a formula and the first cells that it reads. If it reads a helper, an intermediate
    result in cells of its own such as a softmax's sum, the helper's formula is part of the outline.
    """

    def __init__(self, owners: Owners, helpers: Helpers) -> None:
        """Take two mappings: owners[B3] is the grid of B3's tensor, helpers[D3] is (formulas of a helper, index)."""
        self._owners, self._helpers = owners, helpers
        self._of_helpers: dict[Reference, Outline] = {}
        self._reads: dict[Hashable, Outline] = {}
        self._outlines: dict[Hashable, object] = {}
        self._copies: set[Hashable] = set()
        """The outlines of formulas that only copy a cell."""
        self._deep = 0

    def of(self, formulas: Expression, index: Index, made_of: frozenset[int] = frozenset()) -> Outline:
        """Return the outline of a formula and the first cell that it reads of each tensor: (object, {140: (3, 2)}).

        The outline is one object for B3+1 and B4+1. The cell is (row, column), by the `id` of the tensor's grid.

        Args:
            formulas: the expression, a formula for each element.
            index: the element whose formula is meant: (0, 1).
            made_of: `id`s of grids: the formulas of helpers are followed only if they read one of these, or copy a
                cell; empty to follow all.
        """
        parts: list[Hashable] = []
        firsts: dict[int, Place] = {}
        count = 0
        for leaf, piece in formulas.template:
            if isinstance(leaf, SumOfProducts):
                parts.append(piece)
                for region in leaf.factors(*own_index(index, leaf.shape)):
                    _put(parts, firsts, *self._of_region(region, made_of))
                count += 2
                continue
            tokens = [piece] if leaf is None else leaf.tokens_in(index, piece)
            count += len(tokens)
            for token in tokens:
                if isinstance(token, (Reference, tuple)):
                    for cells in [token] if isinstance(token, Reference) else token:
                        _put(parts, firsts, *self._of_cells(cells, made_of))
                else:
                    parts.append(token)
        outline = self._known(parts)
        if count == 1:
            self._copies.add(outline)
        return outline, firsts

    def _of_region(self, region: Region, made_of: frozenset[int]) -> Outline:
        key = region.sheet, region.row, region.col, region.dims, made_of
        if key not in self._reads:
            parts: list[Hashable] = [region.dims]
            firsts: dict[int, Place] = {}
            for cells in region.ranges:
                _put(parts, firsts, *self._of_cells(cells, made_of))
            self._reads[key] = self._known(parts), firsts
        return self._reads[key]

    def _of_cells(self, cells: Reference, made_of: frozenset[int]) -> Outline:
        key = cells.sheet, cells.row, cells.col, cells.height, cells.width, made_of
        if key not in self._reads:
            self._reads[key] = self._read(cells, made_of)
        return self._reads[key]

    def moved(self, cells: Reference, moves: Moves) -> Reference:
        """Return cells shifted: B4 for B3 of a tensor x and moves {id(grid of x): (1, 0)}; B3 if x is not in moves."""
        down, right = moves.get(id(self._owners.get(cells.at(0))), STILL)
        if not (down or right):
            return cells
        row, col = cells.row + down, cells.col + right
        return Reference(cells.sheet, row, col, cells.height, cells.width, cells.row_fixed, cells.col_fixed)

    def _read(self, cells: Reference, made_of: frozenset[int]) -> Outline:
        first = Reference(cells.sheet, cells.row, cells.col)
        owner = self._owners.get(first)
        if owner is None:
            return self._known([(cells.sheet, cells.row, cells.col, cells.height, cells.width)]), {}
        parts: list[Hashable] = [cells.height, cells.width]
        firsts = {id(owner): (cells.row, cells.col)}
        if first in self._helpers:
            for cell in [first] if cells.size == 1 else cells.plain.each():
                outline, inner = self._of_helper(cell)
                if not made_of or outline in self._copies or not made_of.isdisjoint(inner):
                    _put(parts, firsts, outline, inner)
        return self._known([*firsts, *parts]), firsts

    def _known(self, parts: Sequence[Hashable]) -> object:
        return self._outlines.setdefault(tuple(parts), object())

    def _of_helper(self, cell: Reference) -> Outline:
        if cell not in self._of_helpers:
            self._deep += 1
            # Like no other: a longer chain is not followed.
            is_followed = cell in self._helpers and self._deep <= DEEPEST
            self._of_helpers[cell] = self.of(*self._helpers[cell]) if is_followed else (object(), {})
            self._deep -= 1
        return self._of_helpers[cell]


def _put(parts: list[Hashable], firsts: dict[int, Place], outline: Hashable, inner: Mapping[int, Place]) -> None:
    parts.append(outline)
    for tensor, (row, col) in inner.items():
        down, right = firsts.setdefault(tensor, (row, col))
        parts.append((row - down, col - right))


class AlikeElements:
    """The accounts of a tensor's elements: the account of B3·D3 + D9 is its terms, Account((Term(B3, D3),), alone=D9).

    Of elements with the same formula but for a shift, as B3·D3 + D9 and B4·D3 + D9, only the first one is analysed.
    """

    def __init__(
        self, outlines: Outlines, formulas: Expression | None, account: AccountOf, made_of: Iterable[Grid]
    ) -> None:
        """Take the formulas, or None to analyse each element; the function account((0, 1)); and the grids that a
        helper must read for its formula to be compared, too.
        """
        self._outlines, self._formulas, self._account = outlines, formulas, account
        self._made_of = frozenset(map(id, made_of))
        self._known: dict[Hashable, tuple[Account, dict[int, Place], bool]] = {}
        self._accounts: dict[Index, tuple[Account, Moves]] = {}

    def account(self, index: Index) -> tuple[Account, Moves]:
        """Return (account, shifts): the terms of the element are those of the account, with their cells shifted.

        The account may be that of an earlier element: (account of B3·D3, {id(grid of x): (1, 0)}) for B4·D3, whose cell
        of x is one row down. {} if the account is the element's.
        """
        if index not in self._accounts:
            self._accounts[index] = self._account_of(index)
        return self._accounts[index]

    def _account_of(self, index: Index) -> tuple[Account, Moves]:
        if self._formulas is None:
            return self._account(index), {}
        outline, firsts = self._outlines.of(self._formulas, index, self._made_of)
        if outline in self._known:
            account, before, moves_whole = self._known[outline]
            at = ((tensor, before[tensor], place) for tensor, place in firsts.items())
            moves = {tensor: (row - top, col - left) for tensor, (top, left), (row, col) in at}
            return (account, moves) if moves_whole else (self._moved(account, moves), {})
        account = self._account(index)
        if not _chooses(account):
            self._known[outline] = account, firsts, _is_movable(account)
        return account, {}

    def _moved(self, account: Account, moves: Moves) -> Account:
        def move(cells: Reference) -> Reference:
            return self._outlines.moved(cells, moves)

        def part_of(part: Any) -> Any:
            return move(part) if isinstance(part, Reference) else MovedFormula(part, move) if part is not None else None

        terms = tuple(Term(part_of(term.cell), part_of(term.factor)) for term in account.terms)
        return Account(terms, part_of(account.alone), account.spelled, account.bare)

    def cells(self, index: Index) -> list[Reference]:
        """Return the cells of an element's terms: [B3, B4] for B3·D3 + B4·D4 + D9, [B3] for max(B3, 0).

        The summand `alone`, D9, is left out, and so are terms in which a number chooses one of several cells.
        """
        account, moves = self.account(index)
        cells = [term.cell for term in account.terms if isinstance(term.cell, Reference)]
        return [self._outlines.moved(cell, moves) for cell in cells] if moves else cells


def _is_movable(account: Account) -> bool:
    """Return whether an account reads nothing but single cells, so that its expressions can be moved."""
    return not any(isinstance(part, Expression) and ranges_of(part) for part in _parts(account))


def _chooses(account: Account) -> bool:
    return any(
        isinstance(part, (Found, Matching)) or (isinstance(part, Expression) and ":" in part.tokens())
        for part in _parts(account)
    )


def _parts(account: Account) -> Sequence[object]:
    return [part for term in account.terms for part in term] + [account.alone]


def beyond(moves: Moves, tensors: Sequence[int]) -> tuple[Place, ...]:
    """Return the shift of each tensor but the first, less the first one's; () for fewer than two tensors.

    A shift is in rows and columns; that of a tensor which is not in `moves` is (0, 0).

    Example:
        >>> beyond({1: (1, 0), 2: (3, 2)}, [1, 2]), beyond({1: (1, 0)}, [1, 2])
        (((2, 2),), ((-1, 0),))
    """
    if len(tensors) < 2:
        return ()
    (top, left), *others = (moves.get(tensor, STILL) for tensor in tensors)
    return tuple((down - top, right - left) for down, right in others)
