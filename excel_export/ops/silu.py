"""silu: x times its own sigmoid, also called swish."""

from collections.abc import Iterator
from typing import Any

import torch.nn.functional as F

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, Workspace, operator


@operator(F.silu)
class silu(Operator):
    """Sigmoid linear unit."""

    forward_math = "y = x · σ(x),  σ(x) = 1 / (1 + e⁻ˣ)"
    backward_math = "∂L/∂x = g · σ(x) · (1 + x · (1 − σ(x)))"

    def workspace(self, y: Any, input: Any, inplace: bool = False) -> dict[str, Workspace]:
        return {"sigmoid": Workspace(y.shape, "σ(x)")}

    def fill(self, y: Any, input: Any, inplace: bool = False) -> dict[str, Expressions]:
        return {"sigmoid": each("EXP(MIN(0,{0}))/(1+EXP(-ABS({0})))", input)}

    def forward(self, y: Any, input: Any, inplace: bool = False) -> Expressions:
        return each("{}*{}", input, y.work["sigmoid"])

    def backward(self, y: Any, input: Any, inplace: bool = False) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("{0}*{1}*(1+{2}*(1-{1}))", y.grad, y.work["sigmoid"], input)
