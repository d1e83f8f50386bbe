"""A tensor without cells: its formulas stand inside those of the one tensor that reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Self

from excel_export.formulas.expression import Expression
from excel_export.formulas.grid import Grid, Region
from excel_export.formulas.reference import Reference

NOWHERE = ""
"""The name of the sheet that they would lie on."""
_numbers = count(1)


@dataclass(frozen=True)
class Unplaced(Grid):
    """Stands for a grid: where a formula reads it element by element, its own formulas are written."""

    formulas: list[Expression] = field(default_factory=list, compare=False)
    """One, once it is known."""

    @classmethod
    def of(cls, shape: Sequence[int]) -> Self:
        """One that equals no other."""
        still = (0,) * len(shape)
        return cls(NOWHERE, next(_numbers), 1, tuple(shape), still, still)

    @property
    def cells(self) -> Expression:
        """Its formulas."""
        (formulas,) = self.formulas
        return formulas

    def below(self, rows: int) -> Self:
        """Itself: it lies nowhere."""
        return self

    def at(self, *index: int) -> Reference:
        """Refuse: it has no cells."""
        raise TypeError("a tensor without cells is read as a whole only")

    def __getitem__(self, index: tuple[int | slice, ...] | int | slice) -> Region:
        """Refuse: it has no cells."""
        raise TypeError("a tensor without cells is read as a whole only")
