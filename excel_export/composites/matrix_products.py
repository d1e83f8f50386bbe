"""Matrix products with something added."""

from typing import Any

import torch
import torch.nn.functional as F

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import randn


@composite(torch.addmm, torch.Tensor.addmm, torch.baddbmm, torch.Tensor.baddbmm, torch.addmv, torch.Tensor.addmv)
def addmm(input: Any, *factors: Any, beta: float = 1, alpha: float = 1, **named: Any) -> Any:
    """A matrix product with something added: beta · input + alpha · (one @ other)."""
    one, other = (*factors, *named.values())  # PyTorch has a name of its own for them in each of these functions
    product = one @ other if alpha == 1 else alpha * (one @ other)
    if beta == 0:  # what is in `input` does not count then, not even NaN
        return product
    return (input if beta == 1 else beta * input) + product


@composite(F.linear, when=lambda input, weight, bias=None: weight.dim() == 1)
def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """A weighted sum of all inputs, with one line of weights."""
    return input @ weight if bias is None else input @ weight + bias


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield addmm.example("", lambda x, y: torch.addmm(x[0], x, y), randn(3, 3), randn(3, 3))
    yield addmm.example("scaled", lambda x, y: x.addmm(x, y, beta=0.5, alpha=-2), randn(3, 3), randn(3, 3))
    yield addmm.example("of batches", lambda x, y: torch.baddbmm(x, x, y), randn(2, 3, 3), randn(2, 3, 3))
    yield addmm.example("by name", lambda x, y: x.baddbmm(batch1=x, batch2=y), randn(2, 3, 3), randn(2, 3, 3))
    yield addmm.example("of a vector", lambda x, y: torch.addmv(y, x, y, beta=0), randn(3, 3), randn(3))
    yield linear.example("", F.linear, randn(2, 3), randn(3))
    yield linear.example("a bias", lambda x, w: F.linear(x, w, w.sum()), randn(2, 2, 3), randn(3))
