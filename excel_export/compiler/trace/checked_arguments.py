"""What torch.distributions asks of matrices: it reads numbers, of which nothing is computed.

PyTorch's own run of the module has asked it of the same numbers. Where others are no covariance, their cells say so.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.distributions import constraints

from excel_export.compiler.trace.patches import Patch


def _holds(constraint: Any, value: torch.Tensor) -> torch.Tensor:
    return torch.ones(value.shape[:-2], dtype=torch.bool)


ARGUMENTS_UNCHECKED: list[Patch] = [
    (type(constraint), "check", _holds)
    for constraint in (constraints.symmetric, constraints.positive_semidefinite, constraints.positive_definite)
]
