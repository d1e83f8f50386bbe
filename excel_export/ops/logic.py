"""and, or, xor and not: of truth values, and of numbers, where what is not 0 counts as true."""

from collections.abc import Callable
from typing import ClassVar

import torch

from excel_export.formulas import AND, IF, OR, Cases, Example, Expression, Extreme, OperandLike, Tensor, is_true
from excel_export.ops._elementwise import Step, elementwise
from excel_export.ops._numbers import BORDERS, NEAR_ZERO, NUMBERS, ROW
from excel_export.ops._pairwise import Jump
from excel_export.ops._rows import row


class Connective(Jump):
    """One of and, or, xor, with broadcasting."""

    joined: ClassVar[Callable[[Expression, Expression], Expression]]
    """1 where it is so for two conditions, else 0."""

    def forward(self, y: Tensor) -> OperandLike:
        return type(self).joined(is_true(self.input), is_true(self.other))

    @classmethod
    def cases(cls) -> Cases:
        function, method = cls.functions
        yield Example("", lambda x, y: function(x > 0, y < 0.5), ROW, ROW)
        yield Example("of numbers", lambda x, y: method(x, y) * x, BORDERS, BORDERS.T)
        yield Example("near zero", lambda x: method(x, x.flip(-1)) * x.exp(), NEAR_ZERO)
        yield Extreme("", lambda x: function(x, x < 0.5) * x + function(x, x < -0.5) * x, NUMBERS,
                      by_element=True, decides=True)  # fmt: skip


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
row(
    "logical_xor",
    (torch.logical_xor, torch.Tensor.logical_xor),
    Connective,
    __doc__="1 where just one of two is not 0.",
    called="{input} xor {other}",
    forward_math="y = 1 if a or b, but not both, else 0",
    forward_words="1 where just one of the two holds, 0 elsewhere.",
    joined=lambda a, b: IF(a, IF(b, 0, 1), IF(b, 1, 0)),
)
elementwise(
    "logical_not",
    (torch.logical_not, torch.Tensor.logical_not),
    "1 where the element is 0.",
    Step,
    called="not {input}",
    forward=("y = 0 if x, else 1", lambda x: IF(is_true(x), 0, 1)),
    forward_words="1 where it does not hold, 0 where it does.",
    also=(
        Example("of truth values", lambda x: torch.logical_not(x > 0), ROW),
        Example("times another", lambda x: x.logical_not() * x.exp(), BORDERS),
        Example("near zero", lambda x: x.logical_not() * x.exp(), NEAR_ZERO),
    ),
    has_gradient=False,
    decides=True,
)
