"""sum, mean and prod: elements added up or multiplied over some dimensions, or over all."""

from dataclasses import field
from typing import Any, ClassVar

import numpy as np
import torch

from excel_export.formulas import MOST_ARGUMENTS, Expression, Gradients, Helper, OperandLike, Tensor, operator, table
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.idioms import along, reduced
from excel_export.formulas.writing import Index, unravelled
from excel_export.ops._numbers import EXTREME, IMAGE, ROW, randn
from excel_export.ops._reduction import Reduction


@operator(torch.sum, torch.Tensor.sum)
class sum(Reduction):
    """The sum over `dim`, one or several, or over everything."""

    dtype: torch.dtype | None = field(default=None, kw_only=True)

    forward_words = "The sum {of_how_many}."
    forward_math = "y = Σ x"
    backward_words = "When a term grows by a little, the sum grows by just that: the slope is 1, so each term gets the gradient as it is."
    backward_math = "∂L/∂x = g, the same for every summand"

    def forward(self, y: Tensor) -> OperandLike:
        return reduced("SUM", self.input.value, self.dims).reshape(*y.shape)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, self.spread(y.grad.cells).broadcast_to(self.input.shape)

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("of everything", lambda x: x.sum(), IMAGE)
        yield Example("of comparisons", lambda x: (x > 0).sum(1).float() * x.sum(axis=1), randn(3, 4))


@operator(torch.mean, torch.Tensor.mean)
class mean(Reduction):
    """The mean over `dim`, one or several, or over everything."""

    dtype: torch.dtype | None = field(default=None, kw_only=True)

    forward_words = "The mean {of_how_many}."
    forward_math = "y = (1/{count}) · Σ x"
    backward_words = (
        "When one of the {count} numbers grows by 1, their mean grows by 1/{count}. So each gets g / {count}."
    )
    backward_math = "∂L/∂x = g / {count}"

    def forward(self, y: Tensor) -> OperandLike:
        x = self.input.value
        # AVERAGE cannot be nested where Excel would allow too few arguments.
        if len(along(x, self.dims, [0] * len(x.shape)).ranges) <= MOST_ARGUMENTS:
            return reduced("AVERAGE", x, self.dims).reshape(*y.shape)
        return reduced("SUM", x, self.dims).reshape(*y.shape) / self.count

    def backward(self, y: Tensor) -> Gradients:
        arriving = self.spread(y.grad.cells).broadcast_to(self.input.shape)
        yield self.input, arriving if self.count == 1 else arriving / self.count


@operator(torch.prod, torch.Tensor.prod)
class prod(Reduction):
    """The product along `dim`, or of everything."""

    dtype: Any = field(default=None, kw_only=True)
    grows: ClassVar[bool] = True

    called = "product of {input}"
    forward_words = "The product {of_how_many}."
    forward_math = "y = Π x"
    backward_words = (
        "When a factor grows by a little, the product grows by that times all other factors. "
        "Those before it and those after it are multiplied step by step, so a factor may be 0."
    )
    backward_math = "∂L/∂xᵢ = g · Πⱼ﹤ᵢ xⱼ · Πⱼ﹥ᵢ xⱼ"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        shape = self.input.shape
        return {
            "before": Helper(shape, "the product of all before", lambda: self._others(y, "before", -1), "backward"),
            "after": Helper(shape, "the product of all after", lambda: self._others(y, "after", 1), "backward"),
        }

    def _others(self, y: Tensor, name: str, by: int) -> Expression:
        grid = y.helpers[name]

        def product(*index: int) -> OperandLike:
            next_to = self._moved(index, by)
            if next_to is None:
                return 1
            return grid.at(*next_to) * self.input.at(*next_to) if self._moved(next_to, by) else self.input.at(*next_to)

        return table(self.input.shape, product)

    def _moved(self, index: Index, by: int) -> Index | None:
        """The neighbour along the dimension, or in reading order where everything is multiplied."""
        shape = self.input.shape
        if len(self.dims) == 1 and index:
            (axis,) = self.dims
            moved = index[axis] + by
            return (*index[:axis], moved, *index[axis + 1 :]) if 0 <= moved < shape[axis] else None
        number = (int(np.ravel_multi_index(index, shape)) if index else 0) + by
        if not 0 <= number < self.input.data.size:
            return None
        return unravelled(number, shape)

    def forward(self, y: Tensor) -> OperandLike:
        return reduced("PRODUCT", self.input.value, self.dims).reshape(*y.shape)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, self.spread(y.grad.cells) * y.helpers["before"] * y.helpers["after"]

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.prod(1), ROW + 2)
        yield Example("over all", lambda x: x.prod(), randn(3, 4))
        yield Example("zeros", lambda x: x.prod(1, keepdim=True), torch.tensor([[2.0, 0, 3], [0, 1, 0], [1, 2, 3]]))
        yield Example("of images", lambda x: x.prod(1), IMAGE)
        yield Example("of one number", torch.prod, randn(1)[0])
        yield Extreme("", lambda x: x.clamp(-1e6, 1e6).prod(1), EXTREME)
