"""A change of a formula, and the claims that it makes right."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.claims import Claim
from spreadsheet_autograd.language.syntax import Node, shifted


class Kind(StrEnum):
    """The kinds of edits and of wrong paths, such as SIGN and MISSING_TERM; `check --json` has their texts, 'sign'."""

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
    """A formula that is changed in one piece: `Edit(Kind.REFERENCE, B6*C4, 0, B4, C4)` replaces B4 in B6*B4."""

    kind: Kind
    """The kind of the change: Kind.REFERENCE, 'reference' in JSON, for another cell."""
    formula: Node
    """The whole formula after the change, B6*C4."""
    rank: int
    """The size of the change; 0 is the smallest."""
    old: Node | None = None
    """The replaced piece, B4, None if nothing was replaced; for two paths the cell of the second."""
    new: Node | None = None
    """The piece that replaces `old` or was added, C4, None for other changes; for a path the cell that it
    goes through."""

    def shifted(self, rows: int, cols: int) -> Edit:
        """Return the edit of a copy of the formula some rows down and columns to the right; references with $ stay.

        That from B6*B4 to B6*C4, shifted by rows=1 and cols=0, is the one from B7*B5 to B7*C5.
        """
        old, new = (None if node is None else shifted(node, rows, cols) for node in (self.old, self.new))
        return Edit(self.kind, shifted(self.formula, rows, cols), self.rank, old, new)


@dataclass(frozen=True)
class Repair:
    """A wrong formula and its correction: Repair(B8, Edit(Kind.REFERENCE, B6*C4, 0, B4, C4), (B8 by B3,))."""

    cell: Place
    """The cell of the formula, B8."""
    edit: Edit
    """The edit, from B6*B4 to B6*C4."""
    explains: tuple[Claim, ...]
    """The claims that it makes right, B8 by B3 and others; never ()."""
    original: Place | None = None
    """The cell of which this formula is a copy, with the same mistake; None if there is none."""
    copies: tuple[Place, ...] = ()
    """Further cells with copies of the formula, which must be changed too: (B9, B10); () if there are none."""

    @property
    def formula(self) -> Node:
        """The corrected formula, B6*C4."""
        return self.edit.formula
