"""pow: each element to the power of a constant, as in x ** 2."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formula import each
from excel_export.operator import Expressions, Operator, operator


@operator(torch.pow, torch.Tensor.pow, torch.Tensor.__pow__)
class pow(Operator):
    """A power with a constant exponent, which may be negative or a fraction."""

    forward_math = "y = xⁿ"
    backward_math = "∂L/∂x = g · n · xⁿ⁻¹"

    def check(self, **arguments: Any) -> str | None:
        return None if isinstance(arguments["exponent"], (int, float)) else "only a constant exponent is supported"

    def forward(self, y: Any, input: Any, exponent: float) -> Expressions:
        # A spreadsheet does not know what 0^0 is, PyTorch says 1.
        return each("1+0*{}" if exponent == 0 else "{}^{}", input, exponent)

    def backward(self, y: Any, input: Any, exponent: float) -> Iterator[tuple[Any, Expressions]]:
        templates: dict[float, str] = {0: "0*{0}", 1: "{0}", 2: "{0}*2*{1}"}
        yield input, each(templates.get(exponent, "{0}*{2}*{1}^{3}"), y.grad, input, exponent, exponent - 1)
