"""max and min of two tensors, which are maximum and minimum."""

from typing import Any

import torch

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import TIES, randn


def _of_two(input: Any, dim: Any = None, *_: Any, other: Any = None, **__: Any) -> bool:
    return isinstance(dim, torch.Tensor) or other is not None


larger = composite(torch.max, torch.Tensor.max, when=_of_two)(lambda input, other: torch.maximum(input, other))
smaller = composite(torch.min, torch.Tensor.min, when=_of_two)(lambda input, other: torch.minimum(input, other))


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield larger.example("", lambda x: torch.max(x, x.T), randn(3, 3))
    yield larger.example("ties", lambda x: x.max(other=x.flip(-1)), TIES)
    yield smaller.example("", lambda x: torch.min(x, x.T), randn(3, 3))
    yield smaller.example("ties", lambda x: x.min(other=x.flip(-1)), TIES)
