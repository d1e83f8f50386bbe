"""hardshrink and softshrink: numbers near 0 become 0."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import ABS, IF, MAX, MIN
from excel_export.formulas.words import figure
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import NUMBERS, ROW, randn

_AT_THE_BORDERS = torch.tensor([[-2.0, -0.5, -0.1, 0.0, 0.25, 0.5, 3.0]])


class _Shrink(Elementwise):
    """Numbers from −λ to λ become 0."""

    lambd: float = 0.5

    backward_words = "Numbers near 0 became 0 and would with a nudge, too: their gradient is 0. Elsewhere g passes."
    backward_math = "∂L/∂x = g if |x| > λ, else 0"

    def backward_math_here(self, y: Tensor) -> str:
        return self.backward_math.replace("λ", figure(self.lambd))

    def gradient(self, y: Tensor) -> OperandLike:
        return IF(ABS(self.input) > self.lambd, y.grad, 0)


@operator(F.hardshrink, torch.hardshrink, torch.Tensor.hardshrink)
class hardshrink(_Shrink):
    """Numbers at most λ from 0 become 0; the others pass."""

    forward_words = "Numbers near 0 become 0; the others pass unchanged."
    forward_math = "y = x if |x| > λ, else 0"

    def forward_words_here(self, y: Tensor) -> str:
        limit = figure(self.lambd)
        return f"Numbers that are at most {limit} from 0 become 0; the others pass unchanged."

    def forward_math_here(self, y: Tensor) -> str:
        return self.forward_math.replace("λ", figure(self.lambd))

    def forward(self, y: Tensor) -> OperandLike:
        return IF(ABS(self.input) > self.lambd, self.input, 0)

    @staticmethod
    def examples() -> Examples:
        yield Example("", F.hardshrink, ROW * 2)
        yield Example("at the borders", nn.Hardshrink(), _AT_THE_BORDERS)
        yield Example("lambd", lambda x: F.hardshrink(x, 0.1), randn(3, 4))
        yield Example("a negative lambd", lambda x: F.hardshrink(x, -0.1), randn(3, 4))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: F.hardshrink(x, 0.25), NUMBERS, by_element=True, decides=True)


@operator(F.softshrink)
class softshrink(_Shrink):
    """Each number moves by λ towards 0, and stops there."""

    forward_words = "Each number moves towards 0 by a fixed amount; what is nearer becomes 0."
    forward_math = "y = x − λ if x > λ, x + λ if x < −λ, else 0"

    def forward_words_here(self, y: Tensor) -> str:
        return f"Each number moves towards 0 by {figure(self.lambd)}; what is nearer becomes 0."

    def forward_math_here(self, y: Tensor) -> str:
        return self.forward_math.replace("λ", figure(self.lambd))

    def forward(self, y: Tensor) -> OperandLike:
        return MAX(self.input - self.lambd, 0) + MIN(self.input + self.lambd, 0)

    @staticmethod
    def examples() -> Examples:
        yield Example("", F.softshrink, ROW * 2)
        yield Example("at the borders", nn.Softshrink(), _AT_THE_BORDERS)
        yield Example("lambd", lambda x: F.softshrink(x, 0.1), randn(3, 4))
        yield Example("lambd 0", lambda x: F.softshrink(x, 0), randn(3, 4))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: F.softshrink(x, 0.25), NUMBERS, by_element=True, decides=True)
