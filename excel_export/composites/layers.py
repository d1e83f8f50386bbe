"""Layers that are made of others: gates, random slopes, products of two inputs, normalisation of one picture."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.composites._composite import ExampleTable, composite
from excel_export.composites._step_labels import StepLabel, named
from excel_export.ops._numbers import BORDERS, IMAGE, randn
from excel_export.shared.errors import UnsupportedOperator


@composite(F.glu)
def glu(input: Any, dim: int = -1) -> Any:
    """The gated linear unit: one half of the numbers, each times the sigmoid of its partner in the other half."""
    passing, gate = input.chunk(2, dim)
    return passing * gate.sigmoid()


@composite(F.rrelu, torch.rrelu)
def rrelu(input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False) -> Any:
    """Leaky relu with a random slope; in eval mode, with the mean of all that it could be."""
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
    """A group normalisation with one channel a group; with running statistics a batch normalisation in eval mode."""
    if use_input_stats:
        return F.group_norm(input, input.shape[1], weight, bias, eps)
    return F.batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield glu.example("", F.glu, randn(2, 6))
    yield rrelu.example("", nn.RReLU().eval(), randn(2, 3))
    yield rrelu.example("at zero", lambda x: F.rrelu(x, 0.1, 0.3), BORDERS)
    yield bilinear.example("", nn.Bilinear(2, 3, 2), randn(2, 2), randn(2, 3))
    yield bilinear.example("vectors", nn.Bilinear(2, 1, 2), randn(2), randn(1))
    yield instance_norm.example("", nn.InstanceNorm1d(2), randn(1, 2, 3))
    norm = nn.InstanceNorm2d(3, affine=True, track_running_stats=True)
    yield instance_norm.example("in training", norm, IMAGE)
    yield instance_norm.example("with running statistics", nn.InstanceNorm2d(3, track_running_stats=True).eval(), IMAGE)
