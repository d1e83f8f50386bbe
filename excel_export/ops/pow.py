"""pow: each element to the power of a constant, as in x ** 2."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each, number
from excel_export.formulas.operator import Expressions, Operator, operator

_SMALLEST = -307
"""The power of ten near the smallest number that a double holds with all its digits."""


@operator(torch.pow, torch.Tensor.pow, torch.Tensor.__pow__)
class pow(Operator):
    """A power with a constant exponent, which may be negative or a fraction."""

    forward_math = "y = xⁿ"
    backward_math = "∂L/∂x = g · n · xⁿ⁻¹"

    def check(self, **arguments: Any) -> str | None:
        return None if isinstance(arguments["exponent"], (int, float)) else "only a constant exponent is supported"

    def forward(self, y: Any, input: Any, exponent: float) -> Expressions:
        return each(_power(exponent), input, exponent)

    def backward(self, y: Any, input: Any, exponent: float) -> Iterator[tuple[Any, Expressions]]:
        slope = _power(exponent - 1)
        yield input, each("0*{0}" if exponent == 0 else f"{{2}}*{{3}}*{slope}", input, exponent - 1, y.grad, exponent)


def _power(exponent: float) -> str:
    """A template of {0} to the power of {1}.

    Small powers are products and quotients: a spreadsheet does not know what 0^0 is, and LibreOffice takes a power
    that is too small for a double, such as 1E-200^2, as an error. Others are 0 from there on.
    """
    if exponent in (1, 2, 3, 4):
        return "*".join(["{0}"] * int(exponent))
    if exponent in (-1, -2, -3):
        return "1" + "/{0}" * int(-exponent)
    if -1 <= exponent <= 1:
        return "1" if exponent == 0 else "{0}^{1}"
    last = number(10 ** (_SMALLEST / exponent))
    return f"IF(ABS({{0}}){'<' if exponent > 0 else '>'}{last},0,{{0}}^{{1}})"
