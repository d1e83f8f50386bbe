"""Tensors of one shape below one another, of which formulas pick one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from excel_export.formulas import INDEX, Expression, Grid, OperandLike, as_expression, table


@dataclass(frozen=True)
class Stack:
    """Places for some tensors, on one sheet."""

    first: Grid
    apart: int
    """Rows from each to the next."""
    count: int
    """Two or more; one engine cannot take the first of a single cell."""

    def place(self, number: int) -> Grid:
        """Where one of them lies, counted from 0."""
        return self.first.below(number * self.apart)

    def pick(self, number: OperandLike) -> Expression:
        """Formulas for the elements of one of them, in its shape; its number is counted from 1."""
        return INDEX(self._lines, self.apart * (as_expression(number) - 1) + 1)

    @cached_property
    def _lines(self) -> Expression:
        """For each element the cells from the first tensor's to the last one's."""
        height = self.apart * (self.count - 1) + 1
        return table(self.first.shape, lambda *index: replace(self.first.at(*index), height=height))
