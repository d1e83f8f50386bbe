"""Tensors that are made of computed numbers: of lists, between two of them, one-hot."""

import operator
from functools import reduce
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import ROW, randn
from excel_export.shared.errors import ExportError


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


@composite(torch.linspace)
def linspace(start: Any, end: Any, steps: int, **_: Any) -> Any:
    """Numbers at equal distances, from the first to the last. PyTorch has no gradient for either."""
    start, end = (x.detach() if isinstance(x, torch.Tensor) else x for x in (start, end))
    return start + (end - start) * torch.linspace(0, 1, steps, dtype=torch.float64)


def _counts(tensor: torch.Tensor, num_classes: int = -1) -> bool:
    return num_classes == -1


@composite(F.one_hot, when=_counts)
def one_hot(tensor: torch.Tensor, num_classes: int = -1) -> Any:
    """A 1 at the place that each number names, among as many as the largest of them needs."""
    try:
        count = operator.index(tensor.max()) + 1
    except ExportError as error:
        raise ExportError(
            "F.one_hot(y) without num_classes has as many classes as the largest number of y needs, and cells cannot become more or fewer: give num_classes, or freeze it as it is now (freeze_branches=True, --freeze-branches)"
        ) from error
    return F.one_hot(tensor, count)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    numbers = torch.tensor([4, 1, 0])
    yield tensor.example("", lambda x, n: x * torch.tensor([n[0], 1, n[2]]), ROW, numbers)
    yield tensor.example("of a type", lambda x, n: x * torch.tensor([n[0], 1, n[2]], dtype=torch.bool), ROW, numbers)
    yield tensor.example("of lists", lambda x, n: x * torch.tensor([[n[0], 0.5], [True, n[1]]]).sum(), ROW, numbers)
    yield as_tensor.example("", lambda x, n: torch.as_tensor(x) * torch.as_tensor(n, dtype=torch.bool), ROW, ROW > 0)
    yield linspace.example("", lambda x: x * torch.linspace(0, x[0], 4, dtype=x.dtype), randn(4))
    yield linspace.example("between two", lambda x: x * torch.linspace(x[1], x[2], 4, dtype=x.dtype), randn(4))
    yield linspace.example("of one", lambda x: x * torch.linspace(x[1], 3, 1, dtype=x.dtype), randn(4))
    yield one_hot.example("of constants", lambda x: F.one_hot(torch.tensor([2, 0])) * x, randn(2, 3))
