"""What a tensor is to an operator: its shape and its kind, and once it is placed, its cells."""

from __future__ import annotations

import numpy as np

from excel_export.formulas.expression import Expression, Operand
from excel_export.formulas.grid import Grid, Region
from excel_export.formulas.reference import Name, Reference


class Tensor(Operand):
    """One tensor of the computation. In a formula it stands for its cells, element by element.

    Before it is placed only its shape, its kind and PyTorch's numbers are known: enough for what an operator
    refuses, and for the helper tensors that it wants.
    """

    value: Grid
    """Where its numbers lie, as formulas read them."""
    grad: Grid
    """Where its gradient lies, where it has one."""
    helpers: dict[str, Grid]
    """Where the helper tensors of the call lie whose first result this is, by name."""

    def __init__(self, name: str, data: np.ndarray) -> None:
        self.name = name
        self.data = data
        """What PyTorch computed: float64, or whole numbers."""
        self.is_truth = False
        """Whether PyTorch holds it as truth values; here they are 1 and 0."""
        self.is_given = False
        """Whether its numbers are typed, not computed."""
        self.is_masked = False
        """Whether a learner can make its numbers stand for infinity, by typing into a mask."""

    def know(self, other: Tensor) -> None:
        """Take over what is known of another one, whose numbers it has."""
        self.is_truth, self.is_given, self.is_masked = other.is_truth, other.is_given, other.is_masked

    @property
    def shape(self) -> tuple[int, ...]:
        """The PyTorch shape."""
        return self.data.shape

    @property
    def is_float(self) -> bool:
        """Whether PyTorch holds it as a floating-point tensor."""
        return self.data.dtype.kind == "f"

    @property
    def has_grad(self) -> bool:
        """True for a tensor with a gradient, which has a place once the tensor is placed."""
        raise NotImplementedError

    @property
    def cells(self) -> Expression:
        return self.value.cells

    def at(self, *index: int) -> Reference:
        """The cell of one element."""
        return self.value.at(*index)

    def element(self, *index: int) -> Operand:
        """One element as a formula reads it: its cell, or the cell's defined name."""
        return Name(self.value.defined_name) if self.value.defined_name else self.value.at(*index)

    def __getitem__(self, index: tuple[int | slice, ...] | int | slice) -> Region:
        """The cells of a part of it, with a whole number or a slice for each dimension."""
        return self.value[index]


class PlacedTensor(Tensor):
    """A tensor that knows its cells."""

    def __init__(self, name: str, data: np.ndarray, value: Grid, grad: Grid | None = None) -> None:
        super().__init__(name, data)
        self.value, self.helpers = value, {}
        if grad is not None:
            self.grad = grad
        self.typed = value
        """Where a learner types its numbers; formulas may read other cells, which hold what is used of them."""
        self.seed: Grid | None = None
        """Where the gradient lies that arrives from outside of a part of a network."""

    @property
    def has_grad(self) -> bool:
        return hasattr(self, "grad")

    def below(self, rows: int) -> PlacedTensor:
        """Return the tensor as placed `rows` rows further down."""
        grad = self.grad.below(rows) if self.has_grad else None
        moved = PlacedTensor(self.name, self.data, self.value.below(rows), grad)
        moved.know(self)
        moved.seed = self.seed.below(rows) if self.seed else None
        moved.helpers = {name: grid.below(rows) for name, grid in self.helpers.items()}
        return moved
