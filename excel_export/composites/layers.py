"""Layers that are made of others: random slopes, products of several, normalisation of one picture."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.composites._composite import ExampleTable, StepLabel, composite, named
from excel_export.ops._numbers import BORDERS, IMAGE, randn
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


def examples() -> ExampleTable:
    """Yield test cases of the composites of this file: pairs such as (rrelu, Example('', …))."""
    yield rrelu.example("", nn.RReLU().eval(), randn(2, 3))
    yield rrelu.example("at zero", lambda x: F.rrelu(x, 0.1, 0.3), BORDERS)
    yield bilinear.example("", nn.Bilinear(2, 3, 2), randn(2, 2), randn(2, 3))
    yield bilinear.example("vectors", nn.Bilinear(2, 1, 2), randn(2), randn(1))
    yield instance_norm.example("", nn.InstanceNorm1d(2), randn(1, 2, 3))
    norm = nn.InstanceNorm2d(3, affine=True, track_running_stats=True)
    yield instance_norm.example("in training", norm, IMAGE)
    yield instance_norm.example("with running statistics", nn.InstanceNorm2d(3, track_running_stats=True).eval(), IMAGE)
    yield addmm.example("", lambda x, y: torch.addmm(x[0], x, y), randn(3, 3), randn(3, 3))
    yield addmm.example("scaled", lambda x, y: x.addmm(x, y, beta=0.5, alpha=-2), randn(3, 3), randn(3, 3))
    yield addmm.example("of batches", lambda x, y: torch.baddbmm(x, x, y), randn(2, 3, 3), randn(2, 3, 3))
    yield addmm.example("by name", lambda x, y: x.baddbmm(batch1=x, batch2=y), randn(2, 3, 3), randn(2, 3, 3))
    yield addmm.example("of a vector", lambda x, y: torch.addmv(y, x, y, beta=0), randn(3, 3), randn(3))
    yield linear.example("", F.linear, randn(2, 3), randn(3))
    yield linear.example("a bias", lambda x, w: F.linear(x, w, w.sum()), randn(2, 2, 3), randn(3))
