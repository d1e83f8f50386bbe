"""Functions that draw random numbers by what was computed: what chance adds is drawn, and the rest is computed.

PyTorch itself draws so, and uses up the same random numbers.
"""

from typing import Any

import numpy as np
import torch

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import randn
from excel_export.shared.errors import UnsupportedOperator


@composite(torch.bernoulli, torch.Tensor.bernoulli)
def bernoulli(input: Any, p: Any = None, *, generator: Any = None) -> Any:
    """1 where a number that is drawn between 0 and 1 is less than the chance, else 0."""
    drawn = torch.rand(tuple(input.shape), dtype=torch.float64, generator=generator)
    return (drawn < (input if p is None else p)).to(input.dtype)


@composite(torch.multinomial, torch.Tensor.multinomial)
def multinomial(input: Any, num_samples: int, replacement: bool = False, *, generator: Any = None) -> Any:
    """The place of the largest chance, or of the largest ones, each divided by a number that is drawn."""
    if replacement and num_samples > 1:
        raise UnsupportedOperator(
            "torch.multinomial with several samples and replacement, of chances that are computed, is not supported: draw one at a time, or compare torch.rand(…) with the chances' cumsum"
        )
    drawn = torch.empty(tuple(input.shape), dtype=torch.float64).exponential_(generator=generator)
    races = input.detach() / drawn
    return races.argmax(-1, keepdim=True) if num_samples == 1 else races.topk(num_samples).indices


@composite(torch.normal)
def normal(mean: Any, std: Any = 1.0, *, generator: Any = None) -> Any:
    """A normal random number times the deviation, and the mean added; no gradient goes on to either."""
    shapes = [tuple(item.shape) for item in (mean, std) if isinstance(item, torch.Tensor)]
    drawn = torch.randn(np.broadcast_shapes(*shapes), dtype=torch.float64, generator=generator)
    mean, std = (item.detach() if isinstance(item, torch.Tensor) else item for item in (mean, std))
    return drawn * std + mean


@composite(torch.poisson)
def poisson(*args: Any, **kwargs: Any) -> Any:
    """What is drawn by rates that are constants stands on the sheet; by those that are computed, it is refused."""
    raise UnsupportedOperator(
        "torch.poisson of rates that are computed is not supported: a workbook cannot draw anew when these change; draw from constants"
    )


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield bernoulli.example("", lambda x: torch.bernoulli(x.sigmoid()) * x, randn(2, 3))
    yield bernoulli.example("of constants", lambda x: torch.bernoulli(torch.full((2, 3), 0.4)) * x, randn(2, 3))
    yield bernoulli.example("in place", lambda x: torch.zeros(2, 3).bernoulli_(x.sigmoid()) * x, randn(2, 3))
    yield multinomial.example("", lambda x: x.gather(1, torch.multinomial(x.softmax(1), 1)), randn(3, 4))
    yield multinomial.example("several", lambda x: x.gather(1, x.exp().multinomial(2)), randn(3, 4))
    yield multinomial.example("of a line", lambda x: x[x.softmax(0).multinomial(1)], randn(4))
    yield normal.example("", lambda x: torch.normal(x, x.exp()) * x, randn(2, 3))
    yield normal.example("with a number", lambda x: torch.normal(x, 0.5) * x, randn(2, 3))
    yield normal.example("of constants", lambda x: torch.normal(torch.zeros(2, 3), torch.ones(2, 3)) * x, randn(2, 3))
    yield poisson.example("of constants", lambda x: torch.poisson(torch.full((2, 3), 2.0)) * x, randn(2, 3))
