"""pow: powers, as in x ** 2, 2 ** x and x ** y; and those with names: square, sqrt, rsqrt and reciprocal."""

import math
from collections.abc import Callable
from typing import Any, ClassVar, Self

import torch

from excel_export.formulas import Expression, OperandLike, Tensor, equal, operator
from excel_export.formulas.functions import AND, IF, LN, SQRT
from excel_export.formulas.operator import Phrases
from excel_export.formulas.powers import power, power_of_number, power_of_two
from excel_export.ops._elementwise import Broadcasting, elementwise


@operator(torch.pow, torch.Tensor.pow, torch.Tensor.__pow__, torch.Tensor.__rpow__)
class pow(Broadcasting):
    """The power `input ** exponent`, broadcast. Either may be a number; of a negative base only whole powers exist."""

    input: Tensor | float
    exponent: Tensor | float
    grows: ClassVar[bool] = True
    """True: powers of integers can be too large for a cell to hold exactly, so integer inputs get limits."""

    called = "{input}^{exponent}"
    forward_words = "Numbers raised to the powers of others."
    forward_math = "y = xᵖ"
    backward_words = "The slope of xᵖ by x is p · xᵖ⁻¹, and by p it is xᵖ · ln x: each gradient is g times that."
    backward_math = "∂L/∂x = g · p · xᵖ⁻¹,  ∂L/∂p = g · y · ln x"
    phrases = (
        Phrases(
            lambda self, y: not isinstance(self.exponent, Tensor),
            forward_words="Each number raised to the power {exponent}.",
            forward_math="y = x^{exponent:factor}",
            backward_words="The slope of xⁿ is n · xⁿ⁻¹, so each gradient is g times that.",
            backward_math="∂L/∂x = g · {exponent:factor} · x^{one_less:factor}",
        ),
        Phrases(
            lambda self, y: not isinstance(self.input, Tensor),
            forward_words="{input} raised to the power of each number.",
            forward_math="y = {input:factor}^x",
            backward_words="The slope of cˣ is cˣ · ln c, so each gradient is g times that.",
            backward_math="∂L/∂x = g · y · ln {input:factor}",
        ),
    )

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return {"one_less": None if isinstance(self.exponent, Tensor) else self.exponent - 1}

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        if "self" in kwargs:  # torch.pow calls a base that is a number so
            kwargs["input"] = kwargs.pop("self")
        bound = super().bind(function, *args, **kwargs)
        return cls(bound.exponent, bound.input) if function is torch.Tensor.__rpow__ else bound

    @classmethod
    def evaluate(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        bound = cls.bind(function, *args, **kwargs)
        if isinstance(bound.input, float | int) and bound.input < 0:
            # Between the whole powers of a negative number are none: PyTorch says NaN, also where it is stopped later.
            return torch.pow(bound.input, bound.exponent.detach())  # type: ignore[union-attr]
        return function(*args, **kwargs)

    def forward(self, y: Tensor) -> OperandLike:
        if not isinstance(self.exponent, Tensor):
            assert isinstance(self.input, Tensor)
            return power(self.input, self.exponent)
        if not isinstance(self.input, Tensor):
            return power_of_number(self.input, self.exponent)
        return power_of_two(self.input, self.exponent.cells)

    @property
    def operands(self) -> dict[str, tuple[Tensor | float | None, str]]:
        return {"base": (self.input, "g · p · xᵖ⁻¹"), "exponent": (self.exponent, "g · y · ln x")}

    def gain(self, name: str, y: Tensor) -> Expression:
        x, p = self.input, self.exponent
        if name == "exponent":
            if not isinstance(x, Tensor):
                return y.grad * y * math.log(x) if x > 0 else 0 * y.grad
            assert isinstance(p, Tensor)
            return IF(AND(equal(x, 0), p >= 0), 0, y.grad * y * LN(x))
        assert isinstance(x, Tensor)
        if isinstance(p, Tensor):
            return IF(equal(p, 0), 0, y.grad * p * power_of_two(x, p - 1))
        return 0 * x if p == 0 else y.grad * p * power(x, p - 1)


elementwise(
    "square",
    (torch.square, torch.Tensor.square),
    "The square of each element.",
    called="{input}²",
    forward=("y = x²", lambda x: x * x),
    backward=("∂L/∂x = g · 2x", lambda g, x: g * 2 * x),
    forward_words="Each number times itself.",
    backward_words="The slope of x² is 2x, so each gradient is g times twice the number.",
)
elementwise(
    "sqrt",
    (torch.sqrt, torch.Tensor.sqrt),
    "The square root of each element.",
    forward=("y = √x", lambda x: SQRT(x)),
    backward=("∂L/∂x = g / (2y)", lambda g, y: g / (2 * y)),
    forward_words="The square root of each number.",
    backward_words="The slope of √x is 1 / (2√x): steep near 0, flat far from it. Each gradient is g times that.",
)
elementwise(
    "rsqrt",
    (torch.rsqrt, torch.Tensor.rsqrt),
    "1 / √x of each element.",
    called="1 / √{input}",
    forward=("y = 1 / √x", lambda x: 1 / SQRT(x)),
    backward=("∂L/∂x = −g · y / (2x)", lambda g, x, y: -g * y / x / 2),
    forward_words="1, divided by the square root of each number.",
    backward_words="The slope is −1/2 · y / x: very steep near 0, flat far from it. Each gradient is g times that.",
)
elementwise(
    "reciprocal",
    (torch.reciprocal, torch.Tensor.reciprocal),
    "The reciprocal of each element.",
    called="1 / {input}",
    forward=("y = 1 / x", lambda x: 1 / x),
    backward=("∂L/∂x = −g · y²", lambda g, y: -g * y * y),
    forward_words="1 divided by each number.",
    backward_words="The slope of 1 / x is −1 / x²: when the number grows, the result falls. Each gradient is g times that.",
)
