"""Layers that are made of others: random slopes, products of several, normalisation of one picture."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from excel_export.composites._composite import StepLabel, composite, named
from excel_export.shared.errors import UnsupportedOperator


@composite(F.rrelu, torch.rrelu)
def rrelu(input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False) -> Any:
    """In eval mode, x above 0 and (lower + upper) / 2 · x below.

    Raises:
        UnsupportedOperator: `training` is True: the slopes would be random.
    """
    if training:
        raise UnsupportedOperator(
            "rrelu in training is not supported: it draws a slope for each negative number, so which ones it draws would change with every number that changes its sign; call .eval() on the module"
        )
    return F.leaky_relu(input, (lower + upper) / 2, inplace=inplace)


@composite(F.bilinear)
def bilinear(
    input1: torch.Tensor, input2: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None
) -> torch.Tensor:
    """yₒ = Σ x₁(i) · W(o, i, j) · x₂(j) + bₒ, for a weight of shape (O, I, J)."""
    one = input1.reshape(-1, 1, input1.shape[-1])
    other = input2.reshape(-1, 1, input2.shape[-1])
    words = "Each output has a table of weights. The first input adds up its rows, each row times a number of it."
    tables = named(torch.matmul(one.unsqueeze(1), weight), StepLabel("rows", "rows of weights added up", words))
    # (N, O, 1, J) · (N, 1, 1, J)
    words = "What is left of each table meets the second input, number by number."
    met = named(tables * other.unsqueeze(1), StepLabel("products", "products", words))
    result = met.sum((2, 3)).reshape(*input1.shape[:-1], len(weight))
    return result if bias is None else result + bias


@composite(F.instance_norm)
def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Each channel of each sample normalised by its own mean and variance, or else the running ones.

    These are used if `use_input_stats` is False.
    """
    if use_input_stats:
        return F.group_norm(input, input.shape[1], weight, bias, eps)
    return F.batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)


@composite(torch.addmm, torch.Tensor.addmm, torch.baddbmm, torch.Tensor.baddbmm, torch.addmv, torch.Tensor.addmv)
def addmm(input: Any, *factors: Any, beta: float = 1, alpha: float = 1, **named: Any) -> Any:
    """Return beta · input + alpha · (one @ other), the two `factors`, or else `named`; with beta 0, without input."""
    one, other = (*factors, *named.values())  # PyTorch has a name of its own for them in each of these functions
    product = one @ other if alpha == 1 else alpha * (one @ other)
    if beta == 0:  # what is in `input` does not count then, not even NaN
        return product
    return (input if beta == 1 else beta * input) + product


@composite(F.linear, when=lambda input, weight, bias=None: weight.dim() == 1)
def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """Return input @ weight + bias for a weight of one dimension: (…, F) and (F,) give (…)."""
    return input @ weight if bias is None else input @ weight + bias
