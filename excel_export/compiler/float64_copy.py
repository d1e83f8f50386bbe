"""A copy of a module to compute with, so that the caller's own stays as it is."""

from __future__ import annotations

import copy

import torch
from torch import nn

from excel_export.shared.errors import ExportError, first_line


def float64_copy(module: nn.Module) -> nn.Module:
    """Copy a module to the CPU, with all that it holds in float64 and without gradients of earlier runs.

    Raises:
        ExportError: the module cannot be copied.
    """
    try:
        copied = copy.deepcopy(module)
    except Exception as error:
        raise ExportError(f"{type(module).__name__} cannot be copied: {first_line(error)}") from error
    copied = copied.cpu().double()
    copied.zero_grad()
    for part in copied.modules():
        for name, item in vars(part).items():
            if isinstance(item, torch.Tensor):  # PyTorch's double() changes parameters and buffers, but not these
                setattr(part, name, _widened(item))
    return copied


def _widened(tensor: torch.Tensor) -> torch.Tensor:
    tensor = tensor.cpu()
    return tensor.detach().double().requires_grad_(tensor.requires_grad) if tensor.is_floating_point() else tensor
