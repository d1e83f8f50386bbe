"""where: one tensor where a condition holds, another where it does not."""

from collections.abc import Callable
from typing import Any, Self

import torch

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Operator, Tensor, operator, unequal
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import IF
from excel_export.formulas.idioms import unbroadcast
from excel_export.ops._numbers import BORDERS, PAIRS, ROW, randn
from excel_export.ops._pairwise import gain_helpers


@operator(torch.where, torch.Tensor.where)
class where(Operator):
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

    def _gains(self, y: Tensor) -> dict[str, tuple[Tensor | float, Expression]]:
        holds = unequal(self.condition, 0)
        return {"chosen": (self.input, IF(holds, y.grad, 0)), "other": (self.other, IF(holds, 0, y.grad))}

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        words = {"chosen": (self.input, "g where c holds"), "other": (self.other, "g where c does not hold")}
        return gain_helpers(y, words, lambda name: self._gains(y)[name][1])

    def forward(self, y: Tensor) -> OperandLike:
        return IF(unequal(self.condition, 0), self.input, self.other)

    def backward(self, y: Tensor) -> Gradients:
        for name, (x, gain) in self._gains(y).items():
            if isinstance(x, Tensor):
                if name in y.helpers:
                    yield x, unbroadcast(x, y.helpers[name])
                else:
                    yield x, gain if x.is_float else 0 * y.grad
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
