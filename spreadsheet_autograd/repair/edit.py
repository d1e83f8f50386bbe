"""A change of a formula, and the claims that it makes right."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.claims import Claim
from spreadsheet_autograd.language.syntax import Node, shifted


class Kind(StrEnum):
    """The kinds of edits; their texts go into JSON."""

    REFERENCE = "reference"
    SIGN = "sign"
    OPERATOR = "operator"
    MEAN = "mean"
    NUMBER = "number"
    TYPED = "typed"
    SLOPE = "slope"
    ACTIVATION = "activation"
    LOGARITHM = "logarithm"
    COPY = "copy"
    EXCHANGED = "exchanged"
    TRANSPOSED = "transposed"
    SURPLUS_FACTOR = "surplus factor"
    SURPLUS_TERM = "surplus term"
    SURPLUS_FUNCTION = "surplus function"
    MISSING_FACTOR = "missing factor"
    MISSING_TERM = "missing term"
    FACTOR = "factor"
    MASK = "mask"
    WAY_MISSING = "missing way"
    WAY_TWICE = "way twice"
    WAY_TURNED = "way with the wrong sign"
    WAY_ALONE = "one way of several"


@dataclass(frozen=True)
class Edit:
    """A changed formula."""

    kind: Kind
    formula: Node
    rank: int
    """The size of the change; 0 is the smallest."""
    old: Node | None = None
    """The replaced reference or number, None if nothing was replaced; for two paths the cell of the second."""
    new: Node | None = None
    """The piece that replaces `old` or was added, None for other changes; for a path the cell that it goes through."""

    def shifted(self, rows: int, cols: int) -> Edit:
        """Return the edit of a copy of the formula, some rows further down and columns further right."""
        old, new = (None if node is None else shifted(node, rows, cols) for node in (self.old, self.new))
        return Edit(self.kind, shifted(self.formula, rows, cols), self.rank, old, new)


@dataclass(frozen=True)
class Repair:
    """A wrong formula and the edit that corrects it."""

    cell: Place
    """The cell of the formula."""
    edit: Edit
    explains: tuple[Claim, ...]
    """The claims that it makes right."""
    original: Place | None = None
    """The cell of which this formula is a copy, with the same mistake; None if there is none."""
    copies: tuple[Place, ...] = ()
    """Further cells with copies of the formula, which must be changed too."""

    @property
    def formula(self) -> Node:
        """The corrected formula."""
        return self.edit.formula
