"""Distances between the rows of matrices."""

import math
from typing import Any

import torch

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import randn


@composite(torch.cdist)
def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str = "") -> Any:
    """The distance of each row of one matrix from each row of another."""
    apart = x1.unsqueeze(-2) - x2.unsqueeze(-3)
    if p != math.inf:
        return torch.linalg.vector_norm(apart, p, -1)
    # Where several coordinates are the largest, PyTorch gives each of them the whole gradient here, and no share of it.
    sizes = apart.abs()
    largest = sizes.detach().amax(-1)
    counts = sizes == largest.unsqueeze(-1)
    return largest + ((sizes - sizes.detach()) * counts).sum(-1)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield cdist.example("", torch.cdist, randn(2, 3), randn(4, 3))
    yield cdist.example("city blocks", lambda x, y: torch.cdist(x, y, 1), randn(2, 2, 3), randn(2, 3, 3))
    tied = torch.tensor([[1.0, 0], [3, 2], [0, 5]])
    yield cdist.example("of a row from itself", lambda x: torch.cdist(x, x), tied)
    yield cdist.example("the largest coordinate", lambda x: torch.cdist(x, x, math.inf), tied)
