"""What is wrong in one formula."""

from __future__ import annotations

from dataclasses import dataclass

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.claims import Claim
from spreadsheet_autograd.language.syntax import Node
from spreadsheet_autograd.repair.range_edits import Edit


@dataclass(frozen=True)
class Repair:
    """What is wrong in one formula."""

    cell: Place
    candidate: Edit
    formula: Node
    explains: tuple[Claim, ...]
    """The claims that it makes right."""
    like: Place | None = None
    """The cell of which this formula is a copy, with the same slip."""
    copies: tuple[Place, ...] = ()
    """Further cells with copies of the formula, which must be changed, too."""
