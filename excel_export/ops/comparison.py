"""Comparisons gt, ge, lt, le, eq, ne: 1 where they hold, else 0; and, or and not, which join them; and where.

Comparisons and connectives are step functions: no gradient passes. To a connective, what is not 0 counts as true.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import torch

from excel_export.formulas import Expression, Gradients, OperandLike, Tensor, equal, is_true, operator, unequal
from excel_export.formulas.functions import AND, IF, OR, SIGN
from excel_export.ops._elementwise import Broadcasting, Jump, StepFunction, elementwise, row


class Comparison(Jump):
    """One of >, ≥, <, ≤, = and ≠, with broadcasting: 1 where it holds, 0 elsewhere.

    A spreadsheet takes numbers that agree in 15 digits as equal, some engines all that differ by less than 2e-16. So
    with 0 the sign is compared.
    """

    input: Tensor

    holds: ClassVar[Callable[[Any, Any], Expression]]
    """Returns the condition for two operands: lambda a, b: a > b."""

    def forward(self, y: Tensor) -> OperandLike:
        one = self.input if isinstance(self.other, Tensor) or self.other else SIGN(self.input)
        return IF(type(self).holds(one, self.other), 1, 0)


def _comparison(
    name: str, what: str, sign: str, words: str, holds: Callable[[Any, Any], Expression], functions: Sequence[Any],
) -> None:  # fmt: skip
    """Register one of the six, by PyTorch's functions, its methods, and last Python's own sign."""
    texts = {"__doc__": what, "called": f"{{input}} {sign} {{other}}", "forward_math": f"y = 1 if a {sign} b, else 0"}
    row(name, functions, Comparison, **texts, forward_words=words, holds=holds)


T = torch.Tensor
_comparison(
    "gt", "Greater than: `a > b`.", ">", "1 where a is greater than b, 0 elsewhere.",
    lambda a, b: a > b, (torch.gt, torch.greater, T.gt, T.greater, T.__gt__),
)  # fmt: skip
_comparison(
    "ge", "Greater or equal: `a >= b`.", "≥", "1 where a is at least b, 0 elsewhere.",
    lambda a, b: a >= b, (torch.ge, torch.greater_equal, T.ge, T.greater_equal, T.__ge__),
)  # fmt: skip
_comparison(
    "lt", "Less than: `a < b`.", "<", "1 where a is less than b, 0 elsewhere.",
    lambda a, b: a < b, (torch.lt, torch.less, T.lt, T.less, T.__lt__),
)  # fmt: skip
_comparison(
    "le", "Less or equal: `a <= b`.", "≤", "1 where a is at most b, 0 elsewhere.",
    lambda a, b: a <= b, (torch.le, torch.less_equal, T.le, T.less_equal, T.__le__),
)  # fmt: skip
_comparison(
    "eq", "Equal: `a == b`.", "=", "1 where the two are equal, 0 elsewhere.",
    equal, (torch.eq, T.eq, T.__eq__),
)  # fmt: skip
_comparison(
    "ne", "Not equal: `a != b`.", "≠", "1 where the two differ, 0 elsewhere.",
    unequal, (torch.ne, torch.not_equal, T.ne, T.not_equal, T.__ne__),
)  # fmt: skip


class Connective(Jump):
    """And, or or, of two tensors with broadcasting; numbers other than 0 are true. The result is 1 or 0."""

    joined: ClassVar[Callable[[Expression, Expression], Expression]]
    """Returns the result for two conditions: IF(AND(a,b),1,0)."""

    def forward(self, y: Tensor) -> OperandLike:
        return type(self).joined(is_true(self.input), is_true(self.other))


row(
    "logical_and",
    (torch.logical_and, torch.Tensor.logical_and),
    Connective,
    __doc__="1 where both are not 0.",
    called="{input} and {other}",
    forward_math="y = 1 if a and b, else 0",
    forward_words="1 where both hold, 0 elsewhere.",
    joined=lambda a, b: IF(AND(a, b), 1, 0),
)
row(
    "logical_or",
    (torch.logical_or, torch.Tensor.logical_or),
    Connective,
    __doc__="1 where one of two is not 0, or both.",
    called="{input} or {other}",
    forward_math="y = 1 if a or b, else 0",
    forward_words="1 where one of the two holds, or both; 0 elsewhere.",
    joined=lambda a, b: IF(OR(a, b), 1, 0),
)
elementwise(
    "logical_not",
    (torch.logical_not, torch.Tensor.logical_not),
    "1 where the element is 0.",
    StepFunction,
    called="not {input}",
    forward=("y = 0 if x, else 1", lambda x: IF(is_true(x), 0, 1)),
    forward_words="1 where it does not hold, 0 where it does.",
)


@operator(torch.where, torch.Tensor.where)
class where(Broadcasting):
    """`input` where `condition` is true, else `other`, with broadcasting. The gradient goes to what was chosen."""

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
