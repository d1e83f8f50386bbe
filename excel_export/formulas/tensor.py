"""What a tensor is to an operator: its shape and its kind, and once it is placed, its cells."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from excel_export.formulas.expression import Expression, Operand
from excel_export.formulas.grid import Grid, Region
from excel_export.formulas.reference import Reference


class Tensor(Operand):
    """One tensor of the computation. In a formula it stands for its cells, element by element.

    Before it is placed only its shape, its kind and PyTorch's numbers are known: enough for what an operator
    refuses, and for the helper tensors that it wants.
    """

    def __init__(
        self, name: str, data: np.ndarray, *, has_grad: bool, value: Grid | None = None, grad: Grid | None = None
    ) -> None:
        self.name = name
        self.data = data
        """What PyTorch computed: float64, or whole numbers."""
        self.has_grad = has_grad
        """Whether a gradient of the loss arrives at it."""
        self.seed: Grid | None = None
        """The gradient that arrives from outside of a part of a network."""
        self.helpers: dict[str, Grid] = {}
        """The helper tensors of the call whose first result this is, by name."""
        self._value, self._grad = value, grad

    @property
    def shape(self) -> tuple[int, ...]:
        """The PyTorch shape."""
        return self.data.shape

    @property
    def is_float(self) -> bool:
        """Whether PyTorch holds it as a floating-point tensor."""
        return self.data.dtype.kind == "f"

    @property
    def value(self) -> Grid:
        """Where its numbers lie."""
        return _placed(self._value, self.name)

    @property
    def grad(self) -> Grid:
        """Where its gradient lies; it must have one."""
        return _placed(self._grad, f"the gradient of {self.name}")

    @grad.setter
    def grad(self, grid: Grid) -> None:
        self._grad = grid

    @property
    def is_learned(self) -> bool:
        """Whether its gradient has a place."""
        return self._grad is not None

    @property
    def cells(self) -> Expression:
        """The references to its elements."""
        return self.value.cells

    def at(self, *index: int) -> Reference:
        """The cell of one element."""
        return self.value.at(*index)

    def __getitem__(self, index: tuple[int | slice, ...] | int | slice) -> Region:
        """The cells of a part of it, with a whole number or a slice for each dimension."""
        return self.value[index]


Helpers = Mapping[str, Grid]


def _placed(grid: Grid | None, what: str) -> Grid:
    if grid is None:
        raise ValueError(f"{what} has no place on a sheet")
    return grid
