"""gelu: x times the probability that a standard normal number is smaller than x."""

import math
from collections.abc import Iterator
from typing import Any

import torch.nn.functional as F

from excel_export.formulas.formula import each, number
from excel_export.formulas.operator import Expressions, Operator, Workspace, operator

_SCALE, _CUBIC = number(math.sqrt(2 / math.pi)), "0.044715"
# Beyond 99, tanh is ±1 and the density 0 to the last digit; the powers of a large x would overflow.
_NEAR, _SIZE = "MAX(-99,MIN(99,{0}))", "MIN(99,ABS({0}))"


@operator(F.gelu)
class gelu(Operator):
    """Gaussian error linear unit, exact or (approximate='tanh') by a tanh that runs close to it."""

    forward_math = "y = x · Φ(x);  by tanh: y = x/2 · (1 + tanh u),  u = √(2/π) · (x + 0.044715 x³)"
    backward_math = "∂L/∂x = g · (Φ(x) + x · φ(x));  by tanh: g/2 · (1 + tanh u + x · (1 − tanh² u) · u′)"

    def workspace(self, y: Any, input: Any, approximate: str = "none") -> dict[str, Workspace]:
        return {"phi": Workspace(y.shape, "Φ(x)")} if approximate == "none" else {"tanh": Workspace(y.shape, "tanh u")}

    def fill(self, y: Any, input: Any, approximate: str = "none") -> dict[str, Expressions]:
        if approximate == "none":
            return {"phi": each("NORMSDIST({})", input)}
        return {"tanh": each(f"TANH({_SCALE}*{_NEAR}*(1+{_CUBIC}*{_SIZE}*{_SIZE}))", input)}

    def forward(self, y: Any, input: Any, approximate: str = "none") -> Expressions:
        if approximate == "none":
            return each("{}*{}", input, y.work["phi"])
        return each("{}/2*(1+{})", input, y.work["tanh"])

    def backward(self, y: Any, input: Any, approximate: str = "none") -> Iterator[tuple[Any, Expressions]]:
        if approximate == "none":
            size = _SIZE.replace("{0}", "{2}")
            density = f"EXP(-{size}*{size}/2)*{number(1 / math.sqrt(2 * math.pi))}"
            yield input, each(f"{{0}}*({{1}}+{{2}}*{density})", y.grad, y.work["phi"], input)
        else:
            inner = f"{_SCALE}*(1+3*{_CUBIC}*{{2}}*{{2}})"
            yield input, each(f"{{0}}/2*(1+{{1}}+{{2}}*(1-{{1}}*{{1}})*{inner})", y.grad, y.work["tanh"], input)
