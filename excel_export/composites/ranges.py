"""linspace between tensors, which get no gradient."""

from typing import Any

import torch

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import randn


@composite(torch.linspace)
def linspace(start: Any, end: Any, steps: int, **_: Any) -> Any:
    """Numbers at equal distances, from the first to the last. PyTorch has no gradient for either."""
    start, end = (x.detach() if isinstance(x, torch.Tensor) else x for x in (start, end))
    return start + (end - start) * torch.linspace(0, 1, steps, dtype=torch.float64)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield linspace.example("", lambda x: x * torch.linspace(0, x[0], 4, dtype=x.dtype), randn(4))
    yield linspace.example("between two", lambda x: x * torch.linspace(x[1], x[2], 4, dtype=x.dtype), randn(4))
    yield linspace.example("of one", lambda x: x * torch.linspace(x[1], 3, 1, dtype=x.dtype), randn(4))
