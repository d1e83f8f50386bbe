"""`torch.tensor` and `as_tensor` of tensors, or of lists with tensors in them."""

from functools import reduce
from typing import Any

import torch

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import ROW


@composite(torch.tensor)
def tensor(data: Any, dtype: torch.dtype | None = None, **rest: Any) -> Any:
    """A copy without gradients."""
    return as_tensor(data, dtype).detach().clone()


@composite(torch.as_tensor, torch.asarray)
def as_tensor(data: Any, dtype: torch.dtype | None = None, *rest: Any, **others: Any) -> Any:
    """A tensor as it is, in another type, or a list of numbers as one tensor without gradients."""
    made = data if isinstance(data, torch.Tensor) else _stacked(data)
    return made if dtype is None else _cast(made, dtype)


def _stacked(data: Any) -> Any:
    if isinstance(data, torch.Tensor):
        return data.detach()
    if not isinstance(data, (list, tuple)):
        return torch.tensor(data, dtype=torch.float64 if isinstance(data, float) else None)
    parts = [_stacked(part) for part in data]
    common = reduce(torch.promote_types, (part.dtype for part in parts))
    return torch.stack([_cast(part, common) for part in parts])


def _cast(tensor: Any, dtype: torch.dtype) -> Any:
    return tensor if tensor.dtype == dtype else tensor.to(dtype)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    numbers = torch.tensor([4, 1, 0])
    yield tensor.example("", lambda x, n: x * torch.tensor([n[0], 1, n[2]]), ROW, numbers)
    yield tensor.example("of a type", lambda x, n: x * torch.tensor([n[0], 1, n[2]], dtype=torch.bool), ROW, numbers)
    yield tensor.example("of lists", lambda x, n: x * torch.tensor([[n[0], 0.5], [True, n[1]]]).sum(), ROW, numbers)
    yield as_tensor.example("", lambda x, n: torch.as_tensor(x) * torch.as_tensor(n, dtype=torch.bool), ROW, ROW > 0)
