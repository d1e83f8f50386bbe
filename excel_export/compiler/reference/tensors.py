"""The tensors in the arguments of a call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from excel_export.shared.trees import leaves, mapped


def tensors_in(item: Any) -> list[torch.Tensor]:
    """The tensors in an argument, which may be nested in lists, tuples, dicts and slices."""
    return leaves(item, torch.Tensor)


def changed(item: Any, change: Callable[[torch.Tensor], Any]) -> Any:
    """Return an argument in which every tensor is changed."""
    return mapped(item, torch.Tensor, change)


def one_width(item: Any) -> Any:
    """Return an argument in which all floats are float64, where some are: PyTorch multiplies no others with them."""
    if not any(tensor.dtype == torch.float64 for tensor in tensors_in(item)):
        return item
    return changed(item, lambda x: x.double() if x.is_floating_point() else x)
