"""huber_loss: squared for small errors, growing like a straight line for large ones."""

from collections.abc import Iterator
from typing import Any

import torch.nn.functional as F

from excel_export.formulas.formula import each, operand
from excel_export.formulas.operator import Expressions, operator
from excel_export.ops._elementwise_loss import ElementwiseLoss


@operator(F.huber_loss)
class huber_loss(ElementwiseLoss):
    """The mean (or sum) of a loss that is d²/2 up to `delta` and a straight line of slope `delta` beyond."""

    forward_math = "y = (1/n) · Σ (d²/2 if |d| ≤ δ, else δ · (|d| − δ/2)),  d = x − t"
    backward_math = "∂L/∂x = g/n · d, cut off at ±δ,  ∂L/∂t = −∂L/∂x"

    def check(self, **arguments: Any) -> str | None:
        return "weight is not supported" if arguments["weight"] is not None else super().check(**arguments)

    def losses(self, y: Any, input: Any, target: Any, reduction: str = "mean", delta: float = 1.0,
               weight: Any = None, size_average: Any = None, reduce: Any = None) -> Expressions:  # fmt: skip
        d = operand(delta)
        return each(
            f"IF(ABS({{0}}-{{1}})<={d},({{0}}-{{1}})*({{0}}-{{1}})/2,{d}*(ABS({{0}}-{{1}})-{d}/2))", input, target
        )

    def slopes(self, y: Any, input: Any, target: Any, **settings: Any) -> Iterator[tuple[Any, Expressions]]:
        d = operand(settings["delta"])
        yield input, each(f"MAX(-{d},MIN({d},{{}}-{{}}))", input, target)
        yield target, each(f"MAX(-{d},MIN({d},{{}}-{{}}))", target, input)
