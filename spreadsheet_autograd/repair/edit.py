"""A change of a formula, and what it makes right."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.claims import Claim
from spreadsheet_autograd.language.syntax import Node, shifted


class Kind(StrEnum):
    """What an edit changes."""

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
    """How large the change is."""
    old: Node | None = None
    """What was replaced, where it was a reference or a number; of two ways, the cell over which the second leads."""
    new: Node | None = None
    """By what, or what was added; of a way, the cell over which it leads."""

    def shifted(self, rows: int, cols: int) -> Edit:
        """Return the edit as a copy of the formula has it."""
        old, new = (None if node is None else shifted(node, rows, cols) for node in (self.old, self.new))
        return Edit(self.kind, shifted(self.formula, rows, cols), self.rank, old, new)


@dataclass(frozen=True)
class Repair:
    """What is wrong in one formula, and the edit that mends it."""

    cell: Place
    edit: Edit
    explains: tuple[Claim, ...]
    """The claims that it makes right."""
    like: Place | None = None
    """The cell of which this formula is a copy, with the same slip."""
    copies: tuple[Place, ...] = ()
    """Further cells with copies of the formula, which must be changed, too."""

    @property
    def formula(self) -> Node:
        """The formula as it must be."""
        return self.edit.formula
