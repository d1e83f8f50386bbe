"""Signs: abs, neg and sign; whole numbers near each number: floor, ceil and round.

And detach, which leaves a number as it is, but stops its gradient.
"""

import torch

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.functions import ABS, IF, INT, SIGN
from excel_export.ops._elementwise import StepFunction, elementwise

elementwise(
    "abs",
    (torch.abs, torch.absolute, torch.Tensor.abs, torch.Tensor.absolute),
    "The size of each element without its sign. At exactly 0 its gradient is 0, as in PyTorch.",
    called="|{input}|",
    forward=("y = |x|", lambda x: ABS(x)),
    backward=("∂L/∂x = g · sign(x), 0 at 0", lambda g, x: g * SIGN(x)),
    forward_words="Every number without its sign.",
    backward_words="The slope is 1 for positive numbers and −1 for negative ones: the gradient passes as it is, or with the opposite sign. "
    "At 0 it is 0.",
)
elementwise(
    "neg",
    (torch.neg, torch.negative, torch.Tensor.neg, torch.Tensor.negative),
    "Each element with the other sign.",
    called="−{input}",
    forward=("y = −x", lambda x: -x),
    backward=("∂L/∂x = −g", lambda g: -g),
    forward_words="Each number with the opposite sign.",
    backward_words="When the number grows, the result falls by just that: the slope is −1, and the gradient changes its sign.",
)
elementwise(
    "sign",
    (torch.sign, torch.sgn, torch.Tensor.sign, torch.Tensor.sgn),
    "−1 for negative elements, 1 for positive ones, 0 for 0.",
    StepFunction,
    forward=("y = sign(x)", lambda x: SIGN(x)),
    forward_words="−1 for negative numbers, 1 for positive ones, 0 for 0.",
)
elementwise(
    "detach",
    (torch.detach, torch.Tensor.detach),
    "A copy that the gradient does not pass.",
    called="{input}, detached",
    forward=("y = x", lambda x: x),
    backward=("∂L/∂x = 0: the gradient is stopped on purpose", lambda g: 0 * g),
    forward_words="The same numbers. No gradient will come back through here.",
    backward_words="The gradient is stopped here on purpose: this path adds 0.",
)


class _Rounding(StepFunction):
    """A function that jumps to another whole number, and stays as it is between its jumps."""

    backward_words = "Between its jumps the result stays as it is, whatever the nudge: the slope is 0, so is the gain."


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


@operator(torch.round, torch.Tensor.round, torch.special.round)
class round(_Rounding):
    """The nearest whole number; halfway the even one, 2 for 2.5, unlike Excel's ROUND. `decimals` must be 0."""

    decimals: int = 0

    forward_words = "Rounded to the nearest whole number; halfway between two, to the even one: 2.5 becomes 2."
    forward_math = "y = the whole number next to x, halfway the even one"

    def check(self) -> str | None:
        return "decimals are not supported: write (x * 100).round() / 100" if self.decimals else None

    def forward(self, y: Tensor) -> OperandLike:
        below = INT(self.input)
        over = self.input - below
        is_odd = below - 2 * INT(below / 2)
        return below + IF(over < 0.5, 0, IF(over > 0.5, 1, is_odd))
