"""Distances between the rows of matrices."""

from typing import Any

import torch
import torch.nn.functional as F

from excel_export.composites._composite import composite
from excel_export.formulas.example import Example, Examples
from excel_export.ops._numbers import randn


@composite(torch.pdist)
def pdist(input: Any, p: float = 2) -> Any:
    """The distance of each row from each that comes after it."""
    one, other = torch.triu_indices(len(input), len(input), 1).tolist()
    return torch.linalg.vector_norm(input[one] - input[other], p, -1)


@pdist.examples
def _() -> Examples:
    yield Example("", F.pdist, randn(4, 3))
    yield Example("city blocks", lambda x: F.pdist(x, 1), randn(3, 3))


@composite(torch.cdist)
def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str = "") -> Any:
    """The distance of each row of one matrix from each row of another."""
    return torch.linalg.vector_norm(x1.unsqueeze(-2) - x2.unsqueeze(-3), p, -1)


@cdist.examples
def _() -> Examples:
    yield Example("", torch.cdist, randn(2, 3), randn(4, 3))
    yield Example("city blocks", lambda x, y: torch.cdist(x, y, 1), randn(2, 2, 3), randn(2, 3, 3))
