"""Elements that come about alike: where one formula is another one moved, what is known of one is known of both."""

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
"""A row and a column; or how far something is moved down and to the right."""
Moves = Mapping[int, Place]
"""How far the cells are moved that are read of each tensor, by the id of its grid."""
STILL = (0, 0)
Outline = tuple[Hashable, dict[int, Place]]
"""What is the same for formulas that are alike; and where a formula begins to read each tensor."""


class Outlines:
    """Tells which formulas are alike, also behind the helpers that they read."""

    def __init__(self, owners: Owners, helpers: Helpers) -> None:
        self._owners, self._helpers = owners, helpers
        self._of_helpers: dict[Reference, Outline] = {}
        self._reads: dict[Hashable, Outline] = {}
        self._outlines: dict[Hashable, object] = {}
        self._copies: set[Hashable] = set()
        """The outlines of formulas that are a single cell."""
        self._deep = 0

    def of(self, formulas: Expression, index: Index, made_of: frozenset[int] = frozenset()) -> Outline:
        """The outline of one of the formulas of an expression.

        `made_of` are the tensors that it is taken apart by, by the ids of their grids: only helpers that read one of
        them are looked into, and those that copy something. None are all.
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
        """The outline of what a sum of products reads on one side: a window meets many filters, and is read once."""
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
        """Cells where an element reads them that comes about alike."""
        down, right = moves.get(id(self._owners.get(cells.at(0))), STILL)
        if not (down or right):
            return cells
        row, col = cells.row + down, cells.col + right
        return Reference(cells.sheet, row, col, cells.height, cells.width, cells.row_fixed, cells.col_fixed)

    def _read(self, cells: Reference, made_of: frozenset[int]) -> Outline:
        """The outline of the cells that a formula reads at one place; of helpers, also of what stands in them."""
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
        """What stands for some parts, and is compared sooner than they are."""
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
    """Add an outline to the parts of another one, and how far from its own beginnings each tensor is read there."""
    parts.append(outline)
    for tensor, (row, col) in inner.items():
        down, right = firsts.setdefault(tensor, (row, col))
        parts.append((row - down, col - right))


class AlikeElements:
    """The elements of a tensor: of those that come about alike, one is taken apart."""

    def __init__(
        self, outlines: Outlines, formulas: Expression | None, account: AccountOf, made_of: Iterable[Grid]
    ) -> None:
        """Take the formulas, what takes one of them apart, and the tensors by which it does so, as `Outlines.of`."""
        self._outlines, self._formulas, self._account = outlines, formulas, account
        self._made_of = frozenset(map(id, made_of))
        self._known: dict[Hashable, tuple[Account, dict[int, Place], bool]] = {}
        self._accounts: dict[Index, tuple[Account, Moves]] = {}

    def account(self, index: Index) -> tuple[Account, Moves]:
        """The account of an element, or that of one that comes about alike, and how far its cells are moved."""
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
        """The account itself of an element that comes about alike."""

        def move(cells: Reference) -> Reference:
            return self._outlines.moved(cells, moves)

        def part_of(part: Any) -> Any:
            return move(part) if isinstance(part, Reference) else MovedFormula(part, move) if part is not None else None

        terms = tuple(Term(part_of(term.cell), part_of(term.factor)) for term in account.terms)
        return Account(terms, part_of(account.alone), account.spelled, account.bare)

    def cells(self, index: Index) -> list[Reference]:
        """The single cells that an element is the sum of, each times a factor."""
        account, moves = self.account(index)
        cells = [term.cell for term in account.terms if isinstance(term.cell, Reference)]
        return [self._outlines.moved(cell, moves) for cell in cells] if moves else cells


def _is_movable(account: Account) -> bool:
    """Whether all that an element reads are single cells, or the same for all."""
    return not any(isinstance(part, Expression) and ranges_of(part) for part in _parts(account))


def _chooses(account: Account) -> bool:
    """Whether numbers on the sheet choose what is read: then no other account says what an element reads."""
    return any(
        isinstance(part, (Found, Matching)) or (isinstance(part, Expression) and ":" in part.tokens())
        for part in _parts(account)
    )


def _parts(account: Account) -> Sequence[object]:
    return [part for term in account.terms for part in term] + [account.alone]


def beyond(moves: Moves, tensors: Sequence[int]) -> tuple[Place, ...]:
    """How much further the cells of some tensors are moved than those of the first of them."""
    if len(tensors) < 2:
        return ()
    (top, left), *others = (moves.get(tensor, STILL) for tensor in tensors)
    return tuple((down - top, right - left) for down, right in others)
