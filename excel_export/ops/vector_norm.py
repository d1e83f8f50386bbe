"""vector_norm: the length of a vector. Where it is 0 its gradient is 0, as in PyTorch."""

from collections.abc import Callable
from dataclasses import field
from typing import Any, Self

import torch

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Tensor, equal, operator, sum_of_products
from excel_export.formulas.functions import ABS, IF, MAX, SIGN, SQRT
from excel_export.formulas.idioms import along, reduced
from excel_export.formulas.operator import Phrases
from excel_export.formulas.powers import power
from excel_export.ops.reductions import Reduction

# What a length of 0 is taken for where it divides; no engine mistakes it for 0, and 0 divided by it is 0.
_ABOVE_ZERO = 1e-150


@operator(torch.linalg.vector_norm)
class vector_norm(Reduction):
    """The length of the vectors along `dim`: 5 of [3, 4], the root of the sum of squares, or of other powers, `ord`."""

    ord: float = field(default=2, kw_only=True)
    dtype: torch.dtype | None = field(default=None, kw_only=True)

    called = "length of {input}"
    forward_words = "The numbers without their signs, to the power of {ord}, are added up; then the root."
    forward_math = "y = (Σ |x|^{ord})^(1/{ord})"
    backward_words = (
        "A number makes the vector longer by its share of the length, so each gradient is g times that share. "
        "Where the length is 0, it is 0."
    )
    backward_math = "∂L/∂x = g · sign(x) · (|x| / y)^{one_less}, but 0 where y = 0"
    phrases = (
        Phrases(
            lambda self, y: self.ord == 2,
            forward_words="The length of a vector: the root of the sum of its squares.",
            forward_math="y = √(Σ x²)",
            backward_math="∂L/∂x = g · x / y, but 0 where y = 0",
        ),
    )

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return {"one_less": self.ord - 1}

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        if len(args) > 1:
            args, kwargs["ord"] = (args[0], *args[2:]), args[1]
        return super().bind(function, *args, **kwargs)

    def check(self) -> str | None:
        return None if self.ord > 0 else "an ord below 0 is not supported: write (x.abs() ** ord).sum(dim) ** (1 / ord)"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        if self.ord == 2:
            return {}
        return {"powers": Helper(self.input.shape, "|x|ᵖ", lambda: power(ABS(self.input), self.ord))}

    def forward(self, y: Tensor) -> OperandLike:
        if self.ord != 2:
            return (reduced("SUM", y.helpers["powers"], self.dims) ** (1 / self.ord)).reshape(*y.shape)
        x, dims = self.input.value, self.dims
        return SQRT(sum_of_products(self.kept, lambda *index: (along(x, dims, index),) * 2)).reshape(*y.shape)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, self._gain(self.spread(y.cells), self.spread(y.grad.cells))

    def _gain(self, length: Expression, grad: Expression) -> Expression:
        x, rest = self.input, self.ord - 1
        if self.ord == 2:
            return grad * x / MAX(length, _ABOVE_ZERO)
        if rest > 0:
            return grad * SIGN(x) * power(ABS(x) / MAX(length, _ABOVE_ZERO), rest)
        return IF(equal(x, 0), 0, grad * SIGN(x) * (ABS(x) / length) ** rest)
