"""max and min of two tensors, which are maximum and minimum."""

from typing import Any

import torch

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import TIES, randn


def _of_two(input: Any, dim: Any = None, *_: Any, other: Any = None, **__: Any) -> bool:
    return isinstance(dim, torch.Tensor) or other is not None


@composite(torch.max, torch.Tensor.max, when=_of_two)
def larger_of_two(input: Any, other: Any) -> Any:
    """The larger one of each two numbers."""
    return torch.maximum(input, other)


@composite(torch.min, torch.Tensor.min, when=_of_two)
def smaller_of_two(input: Any, other: Any) -> Any:
    """The smaller one of each two numbers."""
    return torch.minimum(input, other)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield larger_of_two.example("", lambda x: torch.max(x, x.T), randn(3, 3))
    yield larger_of_two.example("ties", lambda x: x.max(other=x.flip(-1)), TIES)
    yield smaller_of_two.example("", lambda x: torch.min(x, x.T), randn(3, 3))
    yield smaller_of_two.example("ties", lambda x: x.min(other=x.flip(-1)), TIES)
