"""What PyTorch asks of arguments, and computes nothing of: its own run of the module has asked it of the same ones.

`torch.distributions` asks whether a matrix is a covariance; where others are none, their cells say so. A recurrent
layer asks for one type, and in the copy in float64 a constant may be a float32.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.distributions import constraints

from excel_export.compiler.trace.patches import Patch


def _holds(constraint: Any, value: torch.Tensor) -> torch.Tensor:
    return torch.ones(value.shape[:-2], dtype=torch.bool)


def _fits(layer: nn.RNNBase, input: torch.Tensor, batch_sizes: torch.Tensor | None) -> None:
    return None


ARGUMENTS_UNCHECKED: list[Patch] = [
    (nn.RNNBase, "check_input", _fits),
    *(
        (type(constraint), "check", _holds)
        for constraint in (constraints.symmetric, constraints.positive_semidefinite, constraints.positive_definite)
    ),
]
