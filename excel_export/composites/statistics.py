"""Statistics that come down to means, variances and products."""

from typing import Any

import torch

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import randn


@composite(torch.var_mean)
def var_mean(input: Any, *args: Any, **kwargs: Any) -> Any:
    """The variance, and the mean."""
    return torch.var(input, *args, **kwargs), _mean(input, *args, **kwargs)


@composite(torch.std_mean)
def std_mean(input: Any, *args: Any, **kwargs: Any) -> Any:
    """The standard deviation, and the mean."""
    return torch.std(input, *args, **kwargs), _mean(input, *args, **kwargs)


def _mean(input: Any, *args: Any, **kwargs: Any) -> Any:
    place = [item for item in args[:1] if not isinstance(item, bool)]
    dim = kwargs.get("dim", *place) if place or "dim" in kwargs else None
    if dim is None or dim in ((), []):
        dim = tuple(range(input.dim()))
    return input.mean(dim, keepdim=kwargs.get("keepdim", args[2] if len(args) > 2 else False))


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


@composite(torch.corrcoef, torch.Tensor.corrcoef)
def corrcoef(input: Any) -> Any:
    """The correlations of variables, one in each row."""
    found = torch.cov(input)
    if input.dim() < 2:
        return found / found
    spread = found.diagonal().sqrt()
    return found / spread[:, None] / spread[None, :]


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield var_mean.example("", lambda x: torch.var_mean(x, 1)[0] * torch.var_mean(x, 1)[1], randn(3, 4))
    yield var_mean.example("over all", lambda x: torch.stack(torch.var_mean(x, unbiased=False)), randn(3, 4))
    yield var_mean.example(
        "kept", lambda x: torch.cat(torch.var_mean(x, (0, 1), correction=0, keepdim=True)), randn(3, 4)
    )
    yield std_mean.example("", lambda x: torch.stack(torch.std_mean(x, 1, False)), randn(3, 4))
    yield cov.example("", lambda x: torch.cov(x), randn(2, 4))
    yield cov.example("of one variable", lambda x: x.cov(correction=0), randn(4))
    counts, weights = torch.tensor([1, 2, 1, 3]), torch.tensor([0.5, 1, 2, 0.25]).double()
    yield cov.example("weights", lambda x: torch.cov(x, fweights=counts, aweights=weights), randn(2, 4))
    yield corrcoef.example("", lambda x: torch.corrcoef(x), randn(3, 4))
