"""Covariances, also of weighted examples."""

from typing import Any

import torch

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import randn


@composite(torch.cov, torch.Tensor.cov)
def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """The covariances of variables, one in each row."""
    x = input.reshape(1, -1) if input.dim() < 2 else input
    weights = fweights if aweights is None else aweights if fweights is None else fweights * aweights
    if weights is None:
        apart, divisor = x - x.mean(1, keepdim=True), x.shape[1] - correction
        found = apart @ apart.T / divisor
    else:
        total = weights.sum()
        apart = x - (x * weights).sum(1, keepdim=True) / total
        if aweights is None or correction == 0:
            divisor = total - correction
        else:
            divisor = total - correction * (weights * aweights).sum() / total
        found = (apart * weights) @ apart.T / divisor
    return found.reshape(()) if input.dim() < 2 else found


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield cov.example("", lambda x: torch.cov(x), randn(2, 4))
    yield cov.example("of one variable", lambda x: x.cov(correction=0), randn(4))
    counts, weights = torch.tensor([1, 2, 1, 3]), torch.tensor([0.5, 1, 2, 0.25]).double()
    yield cov.example("weights", lambda x: torch.cov(x, fweights=counts, aweights=weights), randn(2, 4))
