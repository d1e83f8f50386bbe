"""median: over all elements, equal ones in the middle share the gradient."""

from typing import Any

import torch

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import TIES, randn


@composite(torch.median, torch.Tensor.median)
def median(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The number in the middle, of all or along a dimension."""
    if dim is not None:
        return torch.nanmedian(input, dim, keepdim)
    line = input.reshape(-1)
    middle = line.detach().sort(stable=True).values[(line.numel() - 1) // 2]
    found = (line == middle).double()
    return (line * (found / found.sum())).sum()


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield median.example("", lambda x: x.median(), randn(3, 3))
    yield median.example("ties", torch.median, TIES)
    yield median.example("along a dimension", lambda x: torch.median(x, 1).values, randn(3, 4))
