"""floor, ceil, trunc and round: whole numbers near each number."""

from typing import Any

import torch

from excel_export.formulas import Cases, Example, Expression, OperandLike, Tensor, as_expression, counted, operator
from excel_export.formulas.functions import IF, INT, TRUNC
from excel_export.formulas.operator import Phrases
from excel_export.ops._elementwise import Step, elementwise
from excel_export.ops._numbers import NOT_NEAR_1, randn

_HALVES = torch.tensor([[-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], [-2.0, -0.2, 0.0, 0.7, 1.2, 3.0]])


class _Rounding(Step):
    """A function that jumps to another whole number, and stays as it is between its jumps."""

    numbers = NOT_NEAR_1
    decides = True
    backward_words = "Between its jumps the result stays as it is, whatever the nudge: the slope is 0, so is the gain."

    @classmethod
    def cases(cls) -> Cases:
        function = cls.functions[0]
        yield from super().cases()
        yield Example("halves", lambda x: function(x) * x, _HALVES)
        yield Example("of whole numbers", lambda x: function(x) * 1.5, torch.tensor([-3, 0, 5]))


elementwise(
    "floor",
    (torch.floor, torch.Tensor.floor),
    "The largest whole number that is not above the element.",
    _Rounding,
    forward=("y = ⌊x⌋", lambda x: INT(x)),
    forward_words="Rounded down to a whole number: 1.7 becomes 1, −1.2 becomes −2.",
)
elementwise(
    "ceil",
    (torch.ceil, torch.Tensor.ceil),
    "The smallest whole number that is not below the element.",
    _Rounding,
    forward=("y = ⌈x⌉", lambda x: -INT(-x)),
    forward_words="Rounded up to a whole number: 1.2 becomes 2, −1.7 becomes −1.",
)
elementwise(
    "trunc",
    (torch.trunc, torch.fix, torch.Tensor.trunc, torch.Tensor.fix),
    "What stands before the point.",
    _Rounding,
    forward=("y = x, cut off at the point", lambda x: TRUNC(x)),
    forward_words="What stands behind the point is cut off: 1.7 becomes 1, −1.7 becomes −1.",
)


@operator(torch.round, torch.Tensor.round, torch.special.round)
class round(_Rounding):
    """The nearest whole number, or the nearest with `decimals`; halfway the even one, unlike Excel's ROUND."""

    decimals: int = 0

    forward_words = "Rounded to {place}; halfway between two, to the even one."
    forward_math = "y = the rounded number next to x, halfway the even one"
    phrases = (
        Phrases(
            lambda self, y: not self.decimals,
            forward_words="Rounded to the nearest whole number; halfway between two, to the even one: 2.5 becomes 2.",
            forward_math="y = the whole number next to x, halfway the even one",
        ),
    )

    def pieces(self, y: Tensor) -> dict[str, Any]:
        digits = counted(self.decimals, "digit")
        return {"place": f"{digits} behind the point" if self.decimals > 0 else f"10^{-self.decimals}"}

    def forward(self, y: Tensor) -> OperandLike:
        if self.decimals > 0:
            return _nearest(self.input * float(10**self.decimals)) / float(10**self.decimals)
        if self.decimals < 0:
            return _nearest(self.input / float(10**-self.decimals)) * float(10**-self.decimals)
        return _nearest(self.input.cells)

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("decimals", lambda x: torch.round(x, decimals=2) * x, randn(3, 4))
        yield Example("halves of decimals", lambda x: x.round(decimals=1), torch.tensor([0.25, 0.75, -0.25, 0.35]))
        yield Example("tens", lambda x: torch.round(x, decimals=-1), torch.tensor([[15.0, 25.0, -4.0, 7.0, -35.0]]))


def _nearest(x: Expression) -> Expression:
    """The nearest whole number, halfway the even one."""
    below = INT(x)
    over = x - below
    is_odd = below - 2 * INT(below / 2)
    return as_expression(below + IF(over < 0.5, 0, IF(over > 0.5, 1, is_odd)))
