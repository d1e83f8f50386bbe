"""softplus: a smooth relu."""

from collections.abc import Iterator
from typing import Any

import torch.nn.functional as F

from excel_export.formulas.formula import each, log1p, operand
from excel_export.formulas.operator import Expressions, Operator, Workspace, operator


@operator(F.softplus)
class softplus(Operator):
    """ln(1 + exp(βx)) / β; from β·x > threshold on, x itself."""

    forward_math = "y = ln(1 + exp(βx)) / β = (max(0, βx) + ln(1 + exp(−|βx|))) / β"
    backward_math = "∂L/∂x = g · σ(βx);  g where βx > threshold"

    def check(self, **arguments: Any) -> str | None:
        return "beta 0 is not supported" if arguments["beta"] == 0 else None

    def workspace(self, y: Any, input: Any, beta: float = 1, threshold: float = 20) -> dict[str, Workspace]:
        return {"exp": Workspace(y.shape, "exp(−|βx|)")}

    def fill(self, y: Any, input: Any, beta: float = 1, threshold: float = 20) -> dict[str, Expressions]:
        return {"exp": each(f"EXP(-ABS({_scaled(beta)}))", input)}

    def forward(self, y: Any, input: Any, beta: float = 1, threshold: float = 20) -> Expressions:
        scaled = _scaled(beta)
        log = f"(MAX(0,{scaled})+{log1p('{1}')})"
        smooth = log if beta == 1 else f"{log}/{operand(beta)}"
        return each(f"IF({scaled}>{operand(threshold)},{{0}},{smooth})", input, y.work["exp"])

    def backward(self, y: Any, input: Any, beta: float = 1, threshold: float = 20) -> Iterator[tuple[Any, Expressions]]:
        scaled = _scaled(beta)
        sigmoid = f"IF({scaled}>0,1,{{1}})/(1+{{1}})"
        template = f"IF({scaled}>{operand(threshold)},{{2}},{{2}}*{sigmoid})"
        yield input, each(template, input, y.work["exp"], y.grad)


def _scaled(beta: float) -> str:
    return "{0}" if beta == 1 else f"{operand(beta)}*{{0}}"
