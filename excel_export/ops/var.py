"""var and std: how far numbers are spread around their mean."""

from collections.abc import Callable
from dataclasses import field
from typing import Any, ClassVar, Self

import torch

from excel_export.formulas import IF, SQRT, Expression, Gradients, Helper, OperandLike, Tensor, equal, operator, reduced
from excel_export.formulas.example import Cases, Example
from excel_export.ops._numbers import IMAGE, doubles, randn
from excel_export.ops._reduction import Reduction


class _Spread(Reduction):
    correction: float | None = field(default=1, kw_only=True)

    numbers = doubles([1e30, -1e30, 0], [1e-8, 2e-8, 4e-8], [700, -700, 1e3])
    cancels = True
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
        """What the sum of squares is divided by."""
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
    """The variance over `dim`: the mean square of the distances from the mean, over n − `correction`."""

    called = "variance of {input}"
    forward_words = "How far the numbers are spread: the squares of their distances from the mean, averaged."
    forward_math = "y = Σ (x − m)² / (n − correction), m the mean of x"
    backward_math = "∂L/∂x = g · 2 (x − m) / (n − correction)"

    def forward(self, y: Tensor) -> OperandLike:
        return self._variance().reshape(*y.shape)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, self.spread(y.grad.cells) * 2 * self._apart(y) / self.divisor

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("biased", lambda x: torch.var(x, 0, unbiased=False), randn(3, 4))
        yield Example("of batches", lambda x: x.var((0, 2, 3), correction=0, keepdim=True) * x, IMAGE)
        yield Example("by place", lambda x: x.var(1, False, True) + x.var(True), randn(3, 4))
        yield Example("of one number", lambda x: x.var(1, correction=0), randn(3, 1))


@operator(torch.std, torch.Tensor.std)
class std(_Spread):
    """The standard deviation over `dim`: the root of the variance."""

    called = "standard deviation of {input}"
    forward_words = "How far the numbers are spread: the root of the mean square of their distances from the mean."
    forward_math = "y = √(Σ (x − m)² / (n − correction)), m the mean of x"
    backward_math = "∂L/∂x = g · (x − m) / (y (n − correction)), but 0 where y = 0"

    def forward(self, y: Tensor) -> OperandLike:
        return SQRT(self._variance()).reshape(*y.shape)

    def backward(self, y: Tensor) -> Gradients:
        value, grad = self.spread(y.cells), self.spread(y.grad.cells)
        yield self.input, IF(equal(value, 0), 0, grad * self._apart(y) / (value * self.divisor))

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("equal numbers", lambda x: torch.std(x, 1, keepdim=True), torch.tensor([[2.0, 2, 2], [1, 2, 4]]))
        yield Example("biased", lambda x: x.std((0, 1), unbiased=False), randn(3, 4))
