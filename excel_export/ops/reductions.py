"""Reductions of some dimensions, or of all, to one element: sum, mean, prod, var and std."""

import math
from collections.abc import Callable
from dataclasses import field
from typing import Any, ClassVar, Self

import numpy as np
import torch

from excel_export.formulas import (
    IF,
    SQRT,
    Expression,
    Gradients,
    Helper,
    OperandLike,
    Operator,
    Tensor,
    equal,
    operator,
)
from excel_export.formulas.arrays import MOST_ARGUMENTS, table
from excel_export.formulas.idioms import Dims, along, as_dims, kept, reduced
from excel_export.formulas.words import counted
from excel_export.formulas.writing import Index, unravelled


class OverDims:
    """A mixin for operators over the dimensions `dim`: a number, several, or None for all of them."""

    input: Tensor
    dim: Dims

    @property
    def dims(self) -> tuple[int, ...]:
        """The dimensions that are reduced, from 0 on: (1,) for dim −1 of two dimensions."""
        return as_dims(self.dim, len(self.input.shape))

    @property
    def kept(self) -> tuple[int, ...]:
        """The shape of the result with the reduced dimensions kept: (2, 1) for (2, 3) over dimension 1."""
        return kept(self.input.shape, self.dims)

    @property
    def count(self) -> int:
        """The number of elements that are reduced to one: 3 for (2, 3) over dimension 1."""
        return math.prod(self.input.shape[axis] for axis in self.dims)


class Reduction(OverDims, Operator):
    """A reduction over `dim`, such as the sum of each row."""

    input: Tensor
    dim: Dims = None
    keepdim: bool = False

    def pieces(self, y: Tensor) -> dict[str, Any]:
        times = f", for each of {y.data.size} results" if y.data.size > 1 else ""
        return {"of_how_many": f"of {counted(self.count, 'number')}{times}"}

    def spread(self, result: Expression) -> Expression:
        """Return the formulas of the result, or of its gradient, in the shape `kept`, which broadcasts to the input."""
        return result.reshape(*self.kept)


@operator(torch.sum, torch.Tensor.sum)
class sum(Reduction):
    """The sum over `dim`, one or several, or None for all: [3, 7] of [[1, 2], [3, 4]] over 1."""

    dtype: torch.dtype | None = field(default=None, kw_only=True)

    forward_words = "The sum {of_how_many}."
    forward_math = "y = Σ x"
    backward_words = "When a term grows by a little, the sum grows by as much: the slope is 1, so each term gets the gradient unchanged."
    backward_math = "∂L/∂x = g, the same for every summand"

    def forward(self, y: Tensor) -> OperandLike:
        return reduced("SUM", self.input.value, self.dims).reshape(*y.shape)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, self.spread(y.grad.cells).broadcast_to(self.input.shape)


@operator(torch.mean, torch.Tensor.mean)
class mean(Reduction):
    """The mean over `dim`, one or several, or None for all: [1.5, 3.5] of [[1, 2], [3, 4]] over 1."""

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
    """The product over `dim`, or None for all: [2, 12] of [[1, 2], [3, 4]] over 1."""

    dtype: Any = field(default=None, kw_only=True)
    grows: ClassVar[bool] = True
    """True: products of integers can be too large for a cell to hold exactly, so integer inputs get limits."""

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


class _Spread(Reduction):
    correction: float | None = field(default=1, kw_only=True)

    backward_words: ClassVar[str] = (
        "A number that moves away from the mean spreads the numbers further: the slope grows with its distance from the mean."
    )

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        args_after, unbiased = list(args[1:]), kwargs.pop("unbiased", None)
        if args_after and isinstance(args_after[0], bool):  # x.var(True)
            unbiased = args_after.pop(0)
        elif len(args_after) > 1:  # x.var(dim, unbiased, keepdim)
            unbiased = args_after.pop(1)
        if unbiased is not None:
            kwargs["correction"] = int(unbiased)
        return super().bind(function, args[0], *args_after, **kwargs)

    @property
    def divisor(self) -> float:
        """The number by which the sum of squares is divided."""
        return self.count - (1 if self.correction is None else self.correction)

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        def mean() -> OperandLike:
            return reduced("AVERAGE", self.input.value, self.dims)

        return {"mean": Helper(self.kept, "m, the mean of x", mean, "backward")}

    def _variance(self) -> Expression:
        return reduced("DEVSQ", self.input.value, self.dims) / self.divisor

    def _apart(self, y: Tensor) -> Expression:
        return self.input - y.helpers["mean"]


@operator(torch.var, torch.Tensor.var)
class var(_Spread):
    """The variance over `dim`: the sum of the squared distances from the mean, divided by n − `correction`."""

    called = "variance of {input}"
    forward_words = "How far the numbers are spread: the squares of their distances from the mean, averaged."
    forward_math = "y = Σ (x − m)² / (n − correction), m the mean of x"
    backward_math = "∂L/∂x = g · 2 (x − m) / (n − correction)"

    def forward(self, y: Tensor) -> OperandLike:
        return self._variance().reshape(*y.shape)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, self.spread(y.grad.cells) * 2 * self._apart(y) / self.divisor


@operator(torch.std, torch.Tensor.std)
class std(_Spread):
    """The standard deviation over `dim`: the root of the variance, 1 for [1, 2, 3] and correction 1."""

    called = "standard deviation of {input}"
    forward_words = "How far the numbers are spread: the root of the mean square of their distances from the mean."
    forward_math = "y = √(Σ (x − m)² / (n − correction)), m the mean of x"
    backward_math = "∂L/∂x = g · (x − m) / (y (n − correction)), but 0 where y = 0"

    def forward(self, y: Tensor) -> OperandLike:
        return SQRT(self._variance()).reshape(*y.shape)

    def backward(self, y: Tensor) -> Gradients:
        value, grad = self.spread(y.cells), self.spread(y.grad.cells)
        yield self.input, IF(equal(value, 0), 0, grad * self._apart(y) / (value * self.divisor))
