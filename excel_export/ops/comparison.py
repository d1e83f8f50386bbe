"""Comparisons gt, ge, lt, le, eq, ne: 1 where they hold, else 0. Step functions: no gradient passes."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch

from excel_export.formulas import IF, SIGN, Cases, Example, Expression, Extreme, OperandLike, Tensor, equal, unequal
from excel_export.ops._numbers import BORDERS, NEAR_ZERO, NUMBERS, ROW, randn
from excel_export.ops._pairwise import Jump
from excel_export.ops._rows import row


class Comparison(Jump):
    """One of the six, with broadcasting.

    A spreadsheet takes numbers that agree in 15 digits as equal, some engines all that differ by less than 2e-16. So
    with 0 the sign is compared.
    """

    input: Tensor

    holds: ClassVar[Callable[[Any, Any], Expression]]
    """The condition, for two operands."""
    bound: ClassVar[float] = 0.5
    """What numbers of all sizes are compared with, beside 0 and a large number."""

    def forward(self, y: Tensor) -> OperandLike:
        one = self.input if isinstance(self.other, Tensor) or self.other else SIGN(self.input)
        return IF(type(self).holds(one, self.other), 1, 0)

    @classmethod
    def cases(cls) -> Cases:
        function, method, sign = cls.functions[0], cls.functions[-2], cls.functions[-1]
        yield Example("", lambda x: sign(x, 0.5), ROW)
        yield Example("broadcast", lambda x, y: method(x, y).float() * x, randn(3, 4), randn(4))
        yield Example("at zero", lambda x: function(x, 0) * x.exp(), BORDERS)
        yield Example("near zero", lambda x: function(x, 0) * x.exp(), NEAR_ZERO)
        yield Extreme("", lambda x: function(x, 0) + x * (2 + function(x, cls.bound)) * (2 + function(x, 1e300)),
                      NUMBERS, by_element=True, decides=True)  # fmt: skip


def _comparison(
    name: str, what: str, sign: str, words: str, holds: Callable[[Any, Any], Expression], functions: Sequence[Any],
    bound: float = 0.5,
) -> None:  # fmt: skip
    """Register one of the six, by PyTorch's functions, its methods, and last Python's own sign."""
    texts = {"__doc__": what, "called": f"{{input}} {sign} {{other}}", "forward_math": f"y = 1 if a {sign} b, else 0"}
    row(name, functions, Comparison, **texts, forward_words=words, holds=holds, bound=bound)


T = torch.Tensor
_comparison(
    "gt", "Greater than: `a > b`.", ">", "1 where a is greater than b, 0 elsewhere.",
    lambda a, b: a > b, (torch.gt, torch.greater, T.gt, T.greater, T.__gt__), bound=1e-300,
)  # fmt: skip
_comparison(
    "ge", "Greater or equal: `a >= b`.", "≥", "1 where a is at least b, 0 elsewhere.",
    lambda a, b: a >= b, (torch.ge, torch.greater_equal, T.ge, T.greater_equal, T.__ge__),
)  # fmt: skip
_comparison(
    "lt", "Less than: `a < b`.", "<", "1 where a is less than b, 0 elsewhere.",
    lambda a, b: a < b, (torch.lt, torch.less, T.lt, T.less, T.__lt__), bound=-1e-300,
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
