"""Activations that are made of others."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import BORDERS, randn
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


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield glu.example("", F.glu, randn(2, 6))
    yield glu.example("along another dimension", nn.GLU(0), randn(4, 3))
    yield rrelu.example("", nn.RReLU().eval(), randn(2, 3))
    yield rrelu.example("at zero", lambda x: F.rrelu(x, 0.1, 0.3), BORDERS)
