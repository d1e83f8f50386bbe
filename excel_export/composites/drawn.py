"""Functions that draw random numbers by what was computed: a workbook cannot draw anew when that changes."""

from typing import Any

import torch

from excel_export.composites._composite import composite
from excel_export.formulas.example import Example, Examples
from excel_export.ops._numbers import randn
from excel_export.shared.errors import UnsupportedOperator


@composite(torch.bernoulli, torch.Tensor.bernoulli, torch.poisson, torch.multinomial, torch.Tensor.multinomial)
def bernoulli(input: Any, *args: Any, **kwargs: Any) -> Any:
    """What is drawn by chances that are constants stands on the sheet; by those that are computed, it is refused."""
    raise UnsupportedOperator(
        "numbers that are drawn by chances, rates or weights which are computed are not supported: a workbook cannot draw anew when these change; draw from constants, or compare torch.rand_like(p) with the chances p"
    )


@bernoulli.examples
def _() -> Examples:
    yield Example("of constants", lambda x: torch.bernoulli(torch.full((2, 3), 0.4)) * x, randn(2, 3))


@composite(torch.normal)
def normal(*args: Any, **kwargs: Any) -> Any:
    """Normal random numbers by constants stand on the sheet; by numbers that are computed, they are refused."""
    raise UnsupportedOperator(
        "torch.normal of numbers that are computed is not supported, as PyTorch has no gradient for it: write mean + std * torch.randn_like(std)"
    )


@normal.examples
def _() -> Examples:
    yield Example("of constants", lambda x: torch.normal(torch.zeros(2, 3), torch.ones(2, 3)) * x, randn(2, 3))
