"""where: one tensor where a condition holds, another where it does not."""

from collections.abc import Callable
from typing import Any, Self

import torch

from excel_export.formulas import Cases, Example, Expression, Extreme, Gradients, OperandLike, Tensor, operator, unequal
from excel_export.formulas.functions import IF
from excel_export.ops._numbers import BORDERS, PAIRS, ROW, randn
from excel_export.ops._pairwise import Broadcasting


@operator(torch.where, torch.Tensor.where)
class where(Broadcasting):
    """Choose element by element, with broadcasting. The gradient goes to what was chosen."""

    condition: Tensor
    input: Tensor | float
    other: Tensor | float

    called = "{input} or {other}"
    forward_words = "Where the condition holds, the first number is taken, elsewhere the second."
    backward_words = (
        "The gradient goes to the number that was taken; the other one gets 0. The condition itself has no slope."
    )
    forward_math = "y = a if c, else b"
    backward_math = "∂L/∂a = g if c, else 0,  ∂L/∂b = 0 if c, else g"

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        if function is torch.Tensor.where:  # x.where(c, b) is where(c, x, b)
            first, condition, *rest = (*args, *(kwargs.pop(name) for name in ("condition", "other") if name in kwargs))
            args = (condition, first, *rest)
        return super().bind(function, *args, **kwargs)

    @property
    def operands(self) -> dict[str, tuple[Tensor | float | None, str]]:
        return {"chosen": (self.input, "g where c holds"), "other": (self.other, "g where c does not hold")}

    def gain(self, name: str, y: Tensor) -> Expression:
        holds = unequal(self.condition, 0)
        return IF(holds, y.grad, 0) if name == "chosen" else IF(holds, 0, y.grad)

    def forward(self, y: Tensor) -> OperandLike:
        return IF(unequal(self.condition, 0), self.input, self.other)

    def backward(self, y: Tensor) -> Gradients:
        yield from super().backward(y)
        yield self.condition, 0 * self.condition

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x, y: torch.where(x > 0, x, y), ROW, ROW)
        yield Example("random", lambda x, y: torch.where(x > 0, x, y), randn(3, 4), randn(3, 4))
        yield Example("number", lambda x: torch.where(x > 0, x, -0.5), BORDERS)
        yield Example("broadcast", lambda x, y: torch.where(x > 0, y, x), randn(3, 4), randn(1))
        yield Example("method", lambda x, y: x.where(y < 0.3, y * 2), randn(4), randn(3, 4))
        yield Example("constant mask", lambda x: torch.where(torch.eye(3, dtype=torch.bool), 0.0, x), randn(3, 3))
        yield Extreme("", lambda x, y: torch.where(x > y, x, y), *PAIRS, by_element=True, decides=True)
