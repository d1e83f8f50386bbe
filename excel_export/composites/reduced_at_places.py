"""Numbers sent to places, and reduced there: to their sum, mean, largest, smallest or product."""

from typing import Any

import torch

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import randn
from excel_export.shared.errors import UnsupportedOperator


@composite(torch.scatter_reduce, torch.Tensor.scatter_reduce)
def scatter_reduce(input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Any:
    """Numbers sent along a dimension to their places, and reduced there with what arrives and what was there."""
    if src.shape != index.shape:
        src = src[tuple(slice(n) for n in index.shape)]
    if reduce in ("sum", "mean"):
        return _summed(input, dim, index, src, reduce == "mean", include_self)
    return _compared(input, dim, index, src, reduce, include_self)


def _summed(input: Any, dim: int, index: Any, src: Any, is_mean: bool, include_self: bool) -> Any:
    count = torch.zeros(input.shape, dtype=torch.long).scatter_add(dim, index, torch.ones_like(index))
    start = input if include_self else torch.where(count > 0, 0.0, input)
    total = start.scatter_add(dim, index, src)
    return total / (count + 1 if include_self else count.clamp(min=1)).double() if is_mean else total


def _compared(input: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool) -> Any:
    """Each place looks at all numbers that are sent, and takes those that are sent to it."""
    dim = dim % max(input.dim(), 1)
    if any(n != m for axis, (n, m) in enumerate(zip(input.shape, index.shape, strict=True)) if axis != dim):
        raise UnsupportedOperator(
            f"scatter_reduce with reduce='{reduce}' is supported where all dimensions but dim are as long as those of the input: cut the input first"
        )
    nothing = {"amax": float("-inf"), "amin": float("inf"), "prod": 1.0}[reduce]
    here = index.movedim(dim, -1).unsqueeze(-2) == torch.arange(input.shape[dim]).unsqueeze(-1)
    numbers = torch.where(here, src.movedim(dim, -1).unsqueeze(-2), nothing)
    own = input.movedim(dim, -1)
    if include_self:
        numbers = torch.cat([own.unsqueeze(-1), numbers], -1)
    found = numbers.prod(-1) if reduce == "prod" else getattr(numbers, reduce)(-1)
    if not include_self:
        found = torch.where(here.any(-1), found, own)
    return found.movedim(-1, dim)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    places = torch.tensor([[2, 2, 0, 1], [2, 0, 0, 1]])
    rows = torch.tensor([[2, 0, 2, 2, 1], [0, 0, 1, 1, 1]])
    yield scatter_reduce.example("", lambda x, y: x.scatter_reduce(0, places, y, "sum"), randn(3, 4), randn(2, 4))
    yield scatter_reduce.example("mean", lambda x, y: x.scatter_reduce(0, places, y, "mean"), randn(3, 4), randn(2, 4))
    yield scatter_reduce.example("sum without self",
          lambda x, y: x.scatter_reduce(0, places, y, "sum", include_self=False), randn(3, 4), randn(2, 4))  # fmt: skip
    yield scatter_reduce.example("mean without self",
          lambda x, y: x.scatter_reduce(0, places, y, "mean", include_self=False), randn(3, 4),
          randn(2, 4))  # fmt: skip
    for reduce in ("amax", "amin", "prod"):
        yield scatter_reduce.example(
            reduce, lambda x, y, way=reduce: x.scatter_reduce(0, places, y, way), randn(3, 4), randn(2, 4)
        )
        yield scatter_reduce.example(f"{reduce} without self",
              lambda x, y, i, way=reduce: x.scatter_reduce(1, i, y, way, include_self=False), randn(2, 4), randn(2, 5),
              rows)  # fmt: skip
