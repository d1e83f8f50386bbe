"""binary_cross_entropy: how surprised a probability is by a yes or no."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch.nn.functional as F

from excel_export.formulas.formula import each, number
from excel_export.formulas.operator import Expressions, operator
from excel_export.ops._elementwise_loss import ElementwiseLoss

# PyTorch never lets a logarithm fall below −100, nor p · (1 − p) below 1e-12, rounded to a float32.
_SMALLEST = number(float(np.float32(1e-12)))
# MAX guards LN: an engine may hold 1E-22 > 0 to be false.
_LOG = "MAX(-100,LN(MAX({0},1E-50)))"


@operator(F.binary_cross_entropy)
class binary_cross_entropy(ElementwiseLoss):
    """The mean (or sum) of −t ln p − (1 − t) ln(1 − p). A logarithm below −100 counts as −100, as in PyTorch."""

    forward_math = "y = −(1/n) · Σ w · (t ln p + (1 − t) ln(1 − p))"
    backward_math = "∂L/∂p = g · w · (p − t) / (p (1 − p)) / n,  ∂L/∂t = g · w · (ln(1 − p) − ln p) / n"

    def losses(self, y: Any, input: Any, target: Any, weight: Any = None, size_average: Any = None,
               reduce: Any = None, reduction: str = "mean") -> Expressions:  # fmt: skip
        log, other = _logs(input)
        loss = each("-({0}*{1}+(1-{0})*{2})", target, log, other)
        return loss if weight is None else each("{}*({})", weight, loss)

    def slopes(self, y: Any, input: Any, target: Any, **settings: Any) -> Iterator[tuple[Any, Expressions]]:
        weighted = "{}" if settings["weight"] is None else "{}*{}"
        factors = () if settings["weight"] is None else (settings["weight"],)
        yield input, each(weighted, *factors, each(f"({{0}}-{{1}})/MAX({_SMALLEST},{{0}}*(1-{{0}}))", input, target))
        yield target, each(weighted, *factors, each("({1}-{0})", *_logs(input)))


def _logs(probability: Any) -> tuple[Expressions, Expressions]:
    """Log of p and of 1 − p; a tiny p would lose its digits in 1 − p."""
    near_one = "MAX(-100,LN(MAX(1-{0},1E-50)))"
    return each(_LOG, probability), each(f"IF({{0}}<0.00001,-{{0}}-{{0}}*{{0}}/2,{near_one})", probability)
