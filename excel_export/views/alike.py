"""Elements that come about alike: where one formula is another one moved, what is known of one is known of both."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

from excel_export.formulas import Expression, Grid, Index, Reference
from excel_export.formulas.analysis.chosen import Found, Matching, ranges_of
from excel_export.views.terms import DEEPEST, Account, AccountOf, Helpers, Owners

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
        self._numbers: dict[Hashable, int] = {}
        self._copies: set[Hashable] = set()
        """The outlines of formulas that are a single cell."""
        self._deep = 0

    def of(self, formulas: Expression, index: Index, made_of: Iterable[Grid] = ()) -> Outline:
        """The outline of one of the formulas of an expression.

        `made_of` are the tensors that it is taken apart by: only helpers that read one of them are looked into, and
        those that copy something. None are all.
        """
        parts: list[Hashable] = []
        firsts: dict[int, Place] = {}
        tokens = formulas.tokens(index)
        asked = {id(grid) for grid in made_of}
        for token in tokens:
            if isinstance(token, (Reference, tuple)):
                for cells in [token] if isinstance(token, Reference) else token:
                    self._read(cells, parts, firsts, asked)
            else:
                parts.append(token)
        # A number is compared sooner than what it stands for.
        outline = self._numbers.setdefault(tuple(parts), len(self._numbers))
        if len(tokens) == 1:
            self._copies.add(outline)
        return outline, firsts

    def moved(self, cell: Reference, moves: Moves) -> Reference:
        """A cell where an element reads it that comes about alike."""
        return cell.at(*moves.get(id(self._owners.get(cell)), STILL))

    def _read(self, cells: Reference, parts: list[Hashable], firsts: dict[int, Place], asked: set[int]) -> None:
        row, col = cells.row, cells.col
        first = Reference(cells.sheet, row, col)
        owner = self._owners.get(first)
        if owner is None:
            parts.append((cells.sheet, row, col, cells.height, cells.width))
            return
        down, right = firsts.setdefault(id(owner), (row, col))
        parts.append((id(owner), row - down, col - right, cells.height, cells.width))
        if first in self._helpers:
            for cell in [first] if cells.size == 1 else cells.plain.each():
                outline, inner = self._of_helper(cell)
                if asked and outline not in self._copies and asked.isdisjoint(inner):
                    continue
                parts.append(outline)
                for key, (row, col) in inner.items():
                    down, right = firsts.setdefault(key, (row, col))
                    parts.append((key, row - down, col - right))

    def _of_helper(self, cell: Reference) -> Outline:
        if cell not in self._of_helpers:
            self._deep += 1
            # Like no other: a longer chain is not followed.
            is_followed = cell in self._helpers and self._deep <= DEEPEST
            self._of_helpers[cell] = self.of(*self._helpers[cell]) if is_followed else (object(), {})
            self._deep -= 1
        return self._of_helpers[cell]


class AlikeElements:
    """The elements of a tensor: of those that come about alike, one is taken apart."""

    def __init__(
        self, outlines: Outlines, formulas: Expression | None, account: AccountOf, made_of: Iterable[Grid]
    ) -> None:
        """Take the formulas, what takes one of them apart, and the tensors by which it does so, as `Outlines.of`."""
        self._outlines, self._formulas, self._account, self._made_of = outlines, formulas, account, [*made_of]
        self._known: dict[Hashable, tuple[Account, dict[int, Place]]] = {}

    def account(self, index: Index) -> tuple[Account, Moves]:
        """The account of an element, or that of one that comes about alike, and how far its cells are moved."""
        if self._formulas is None:
            return self._account(index), {}
        outline, firsts = self._outlines.of(self._formulas, index, self._made_of)
        if outline in self._known:
            account, before = self._known[outline]
            at = ((tensor, before[tensor], place) for tensor, place in firsts.items())
            return account, {tensor: (row - top, col - left) for tensor, (top, left), (row, col) in at}
        account = self._account(index)
        if is_movable(account):
            self._known[outline] = account, firsts
        return account, {}

    def cells(self, index: Index) -> list[Reference]:
        """The single cells that an element is the sum of, each times a factor."""
        account, moves = self.account(index)
        cells = [term.cell for term in account.terms if isinstance(term.cell, Reference)]
        return [self._outlines.moved(cell, moves) for cell in cells] if moves else cells


def is_movable(account: Account) -> bool:
    """Whether all that an element reads are single cells, which can be moved."""
    parts = [part for term in account.terms for part in term] + [account.alone]
    return not any(
        isinstance(part, (Found, Matching)) or (isinstance(part, Expression) and ranges_of(part, ())) for part in parts
    )


def beyond(moves: Moves, tensors: Sequence[int]) -> tuple[Place, ...]:
    """How much further the cells of some tensors are moved than those of the first of them."""
    if len(tensors) < 2:
        return ()
    (top, left), *others = (moves.get(tensor, STILL) for tensor in tensors)
    return tuple((down - top, right - left) for down, right in others)
