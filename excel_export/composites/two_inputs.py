"""Products of two inputs and a parameter."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.composites._composite import ExampleTable, composite
from excel_export.composites._step_labels import StepLabel, named
from excel_export.ops._numbers import randn


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


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield bilinear.example("", nn.Bilinear(2, 3, 2), randn(2, 2), randn(2, 3))
    yield bilinear.example("no bias, sequences", nn.Bilinear(2, 3, 1, bias=False), randn(2, 2, 2), randn(2, 2, 3))
    yield bilinear.example("vectors", nn.Bilinear(2, 1, 2), randn(2), randn(1))
