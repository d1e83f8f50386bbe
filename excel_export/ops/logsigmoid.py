"""logsigmoid: the logarithm of the sigmoid, safe for numbers of any size."""

import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Helper, OperandLike, Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.formulas.functions import ABS, EXP, IF, MIN
from excel_export.formulas.idioms import log1p
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import FAR, NUMBERS, ROW, randn


@operator(F.logsigmoid)
class logsigmoid(Elementwise):
    """ln σ(x). EXP only ever sees numbers up to 0, so it cannot overflow."""

    forward_words = "The logarithm of the sigmoid: almost 0 for large x, almost x itself for very negative x."
    backward_words = "The slope is 1 − σ(x), which is σ(−x): almost 0 for large x, almost 1 for very negative x."
    forward_math = "y = ln(1 / (1 + e⁻ˣ)) = min(0, x) − ln(1 + exp(−|x|))"
    backward_math = "∂L/∂x = g · σ(−x)"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        return {"exp": Helper(y.shape, "exp(−|x|)", lambda: EXP(-ABS(self.input)))}

    def forward(self, y: Tensor) -> OperandLike:
        return MIN(0, self.input) - log1p(y.helpers["exp"])

    def gradient(self, y: Tensor) -> OperandLike:
        exp = y.helpers["exp"]
        return y.grad * IF(self.input > 0, exp, 1) / (1 + exp)

    @staticmethod
    def examples() -> Examples:
        yield Example("", F.logsigmoid, ROW)
        yield Example("random", nn.LogSigmoid(), randn(3, 4))
        yield Example("saturated", F.logsigmoid, FAR)

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", F.logsigmoid, NUMBERS, by_element=True)
