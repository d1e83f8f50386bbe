"""smooth_l1_loss: squared for small errors, absolute for large ones."""

from collections.abc import Iterator
from typing import Any

import torch.nn.functional as F

from excel_export.formulas.formula import each, operand
from excel_export.formulas.operator import Expressions, operator
from excel_export.ops._elementwise_loss import ElementwiseLoss


@operator(F.smooth_l1_loss)
class smooth_l1_loss(ElementwiseLoss):
    """The mean (or sum) of a loss that is a parabola of width `beta` at the bottom and straight outside."""

    forward_math = "y = (1/n) · Σ (d²/2β if |d| < β, else |d| − β/2),  d = x − t"
    backward_math = "∂L/∂x = g/n · d/β if |d| < β, else g/n · sign d,  ∂L/∂t = −∂L/∂x"

    def losses(self, y: Any, input: Any, target: Any, size_average: Any = None, reduce: Any = None,
               reduction: str = "mean", beta: float = 1.0) -> Expressions:  # fmt: skip
        if beta == 0:
            return each("ABS({}-{})", input, target)
        b = operand(beta)
        return each(
            f"IF(ABS({{0}}-{{1}})<{b},({{0}}-{{1}})*({{0}}-{{1}})/(2*{b}),ABS({{0}}-{{1}})-{b}/2)", input, target
        )

    def slopes(self, y: Any, input: Any, target: Any, **settings: Any) -> Iterator[tuple[Any, Expressions]]:
        beta = settings["beta"]
        slope = "SIGN({0}-{1})" if beta == 0 else f"MAX(-1,MIN(1,({{0}}-{{1}})/{operand(beta)}))"
        yield input, each(slope, input, target)
        yield target, each(slope, target, input)
