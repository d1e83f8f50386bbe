"""What a module is called with."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from excel_export.shared.errors import ExportError, first_line

Inputs = Sequence[Any] | Mapping[str, Any]
"""The arguments of a module, in order or by name."""


def bind(module: nn.Module, inputs: Inputs) -> dict[str, Any]:
    """Return every forward argument by name, in order, tensors as float64 leaves.

    Raises:
        ExportError: the inputs do not fit the signature of forward().
    """
    signature = inspect.signature(module.forward)
    try:
        bound = signature.bind(**inputs) if isinstance(inputs, Mapping) else signature.bind(*inputs)
    except TypeError as error:
        expected = ", ".join(signature.parameters)
        raise ExportError(f"{type(module).__name__}.forward takes ({expected}): {first_line(error)}") from error
    bound.apply_defaults()
    return {
        name: float64_leaf(item) if isinstance(item, torch.Tensor) else item for name, item in bound.arguments.items()
    }


def float64_leaf(tensor: torch.Tensor) -> torch.Tensor:
    """Copy a tensor to the CPU, as float64 that gets a gradient; whole numbers stay as they are."""
    tensor = tensor.detach().cpu().clone()
    return tensor.double().requires_grad_() if tensor.is_floating_point() else tensor


def holds_tensor(item: Any) -> bool:
    """Whether an argument is a tensor, or a list with one in it."""
    if isinstance(item, (list, tuple)):
        return any(holds_tensor(part) for part in item)
    return isinstance(item, torch.Tensor)
