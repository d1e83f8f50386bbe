"""abs, neg and sign. And detach, which leaves a number as it is, but stops its gradient."""

import torch

from excel_export.formulas import ABS, SIGN, Example
from excel_export.ops._elementwise import Step, elementwise
from excel_export.ops._numbers import BORDERS, randn

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
    decides=True,
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
    also=(Example("twice", lambda x: torch.neg(-x) - (-x), randn(3, 4)),),
)
elementwise(
    "sign",
    (torch.sign, torch.sgn, torch.Tensor.sign, torch.Tensor.sgn),
    "−1 for negative elements, 1 for positive ones, 0 for 0.",
    Step,
    forward=("y = sign(x)", lambda x: SIGN(x)),
    forward_words="−1 for negative numbers, 1 for positive ones, 0 for 0.",
    also=(Example("times another", lambda x: x.sgn() * x.exp(), BORDERS),),
    decides=True,
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
    also=(Example("product", lambda x: x * x.detach(), randn(3, 4)),),
    has_gradient=False,
)
