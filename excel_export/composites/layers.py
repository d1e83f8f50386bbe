"""Layers that are made of others: gates, random slopes, products of several, normalisation of one picture, and max pools
undone: each number goes back to the place that it was taken from, and 0 stands elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.composites._composite import ExampleTable, StepLabel, composite, named
from excel_export.ops._numbers import BORDERS, IMAGE, TIES, randn
from excel_export.ops._windows import Setting, per_axis
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


_WORDS = (
    "Each number goes back to the place that it was taken from: its number in reading order says where. "
    "0 stands elsewhere."
)


def _unpooled(
    rank: int, input: torch.Tensor, indices: torch.Tensor, kernel_size: Setting, stride: Setting | None = None,
    padding: Setting = 0, output_size: Sequence[int] | None = None,
) -> torch.Tensor:  # fmt: skip
    kernel, steps, pads = (per_axis(setting, rank) for setting in (kernel_size, stride or kernel_size, padding))
    sizes = tuple(
        (n - 1) * step - 2 * pad + size
        for n, size, step, pad in zip(input.shape[-rank:], kernel, steps, pads, strict=True)
    )
    sizes = sizes if output_size is None else tuple(output_size)[-rank:]
    lead = input.shape[:-rank]
    flat, places = input.reshape(*lead, -1), indices.reshape(*lead, -1)
    empty = torch.zeros(*lead, torch.Size(sizes).numel(), dtype=torch.float64)
    return named(empty.scatter(-1, places, flat), StepLabel("sent_back", "sent back", _WORDS)).reshape(*lead, *sizes)


max_unpool1d = composite(F.max_unpool1d)(lambda *args, **settings: _unpooled(1, *args, **settings))
max_unpool2d = composite(F.max_unpool2d)(lambda *args, **settings: _unpooled(2, *args, **settings))
max_unpool3d = composite(F.max_unpool3d)(lambda *args, **settings: _unpooled(3, *args, **settings))


def _there_and_back(
    pool: Callable[..., Any], unpool: Callable[..., Any], *settings: Any, **size: Any
) -> Callable[[torch.Tensor], torch.Tensor]:
    def function(x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = unpool(*pool(x, *settings, return_indices=True), *settings, **size)
        return result

    return function


_OF_IMAGES = partial(_there_and_back, F.max_pool2d, F.max_unpool2d)


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
    yield addmm.example("", lambda x, y: torch.addmm(x[0], x, y), randn(3, 3), randn(3, 3))
    yield addmm.example("scaled", lambda x, y: x.addmm(x, y, beta=0.5, alpha=-2), randn(3, 3), randn(3, 3))
    yield addmm.example("of batches", lambda x, y: torch.baddbmm(x, x, y), randn(2, 3, 3), randn(2, 3, 3))
    yield addmm.example("by name", lambda x, y: x.baddbmm(batch1=x, batch2=y), randn(2, 3, 3), randn(2, 3, 3))
    yield addmm.example("of a vector", lambda x, y: torch.addmv(y, x, y, beta=0), randn(3, 3), randn(3))
    yield linear.example("", F.linear, randn(2, 3), randn(3))
    yield linear.example("a bias", lambda x, w: F.linear(x, w, w.sum()), randn(2, 2, 3), randn(3))
    yield max_unpool1d.example("", _there_and_back(F.max_pool1d, F.max_unpool1d, 2), randn(2, 2, 4))
    yield max_unpool2d.example("", _OF_IMAGES(2), randn(1, 2, 4, 4))
    yield max_unpool2d.example("ties, overlapping", _OF_IMAGES(2, 1), TIES)
    yield max_unpool2d.example("a size, unbatched", _OF_IMAGES(2, output_size=(5, 5)), randn(2, 5, 5))
    yield max_unpool3d.example("", _there_and_back(F.max_pool3d, F.max_unpool3d, 2), randn(1, 1, 2, 4, 2))
