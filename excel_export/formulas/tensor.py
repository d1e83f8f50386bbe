"""A tensor as an operator sees it: its shape, its data type, and its cells once it has a place."""

from __future__ import annotations

import numpy as np

from excel_export.formulas.expression import Expression, Operand
from excel_export.formulas.grid import Grid, Region
from excel_export.formulas.reference import Name, Reference


class Tensor(Operand):
    """A tensor of the computation; in a formula it stands for its cells, element by element: 2 * x is 2*B3, 2*B4.

    Before cells are assigned, it has only a name, `data` (PyTorch's numbers, float64 or integers) and a shape. These
    are enough to decide whether a call can be exported, and which helper tensors it needs.
    """

    value: Grid
    """The cells of its numbers, as formulas read them."""
    grad: Grid
    """The cells of its gradient; the attribute is missing if the tensor has none (`has_grad`)."""
    helpers: dict[str, Grid]
    """The cells of the helper tensors, by their names, if the tensor is the first result of a call that has some."""

    def __init__(self, name: str, data: np.ndarray) -> None:
        self.name = name
        self.data = data
        """The numbers that PyTorch computed: float64, or integers."""
        self.is_truth = False
        """True if PyTorch's dtype is bool; the cells hold 1 and 0."""
        self.is_given = False
        """True for an input, a parameter or a constant, whose cells hold numbers, not formulas."""
        self.is_masked = False
        """True if a learner can make some of its numbers count as infinite, by typing into a mask."""

    def know(self, other: Tensor) -> None:
        """Set three flags to those of `other`, True or False; `other` is a tensor with the same numbers.

        They are `is_truth` (dtype bool), `is_given` (no formulas in its cells) and `is_masked` (may become infinite).
        """
        self.is_truth, self.is_given, self.is_masked = other.is_truth, other.is_given, other.is_masked

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, as in PyTorch: (1, 5, 12, 12); () for a scalar."""
        return self.data.shape

    @property
    def is_float(self) -> bool:
        """True if the numbers are floats, False for integers and truth values."""
        return self.data.dtype.kind == "f"

    @property
    def has_grad(self) -> bool:
        """True if the tensor has a gradient, False for labels. Known even before cells are assigned."""
        raise NotImplementedError

    @property
    def cells(self) -> Expression:
        return self.value.cells

    def at(self, *index: int) -> Reference:
        """Return the cell of one element, B5 for x.at(2) of B3:B5; indices count from 0."""
        return self.value.at(*index)

    def element(self, *index: int) -> Operand:
        """Return an element as formulas read it: Name('rate') if its grid has this name, else B3. Counts from 0."""
        return Name(self.value.defined_name) if self.value.defined_name else self.value.at(*index)

    def __getitem__(self, index: tuple[int | slice, ...] | int | slice) -> Region:
        """Return the cells of a slice, x[0, :], with an integer or a slice for each dimension."""
        return self.value[index]


class PlacedTensor(Tensor):
    """A tensor whose cells are known: PlacedTensor('x', data, value, grad).

    `data` are its numbers, `value` the grid of its cells, and `grad` that of its gradient, or None.
    """

    def __init__(self, name: str, data: np.ndarray, value: Grid, grad: Grid | None = None) -> None:
        super().__init__(name, data)
        self.value, self.helpers = value, {}
        if grad is not None:
            self.grad = grad
        self.typed = value
        """The cells into which a learner types its numbers. `value` may be other cells, which formulas derive from
        them."""
        self.seed: Grid | None = None
        """The cells of the gradient that arrives from the rest of the network, if only a part of it is exported; else
        None."""

    @property
    def has_grad(self) -> bool:
        return hasattr(self, "grad")

    def below(self, rows: int) -> PlacedTensor:
        """Return the same tensor with all its cells `rows` rows further down: B3:B5 becomes B13:B15 for 10."""
        grad = self.grad.below(rows) if self.has_grad else None
        moved = PlacedTensor(self.name, self.data, self.value.below(rows), grad)
        moved.know(self)
        moved.seed = self.seed.below(rows) if self.seed else None
        moved.helpers = {name: grid.below(rows) for name, grid in self.helpers.items()}
        return moved
