"""A copy of a module to compute with, so that the caller's own stays as it is."""

from __future__ import annotations

import copy

import torch
from torch import nn

from excel_export.shared.errors import ExportError, first_line


def float64_copy(module: nn.Module) -> nn.Module:
    """Copy a module to the CPU, with all that it holds in float64. The gradients of earlier runs are left behind.

    Raises:
        ExportError: the module cannot be copied.
    """
    try:
        copied = copy.deepcopy(module)
    except Exception as error:
        raise ExportError(f"{type(module).__name__} cannot be copied: {first_line(error)}") from error
    copied = copied.cpu().double()
    for part in copied.modules():
        for name, item in vars(part).items():
            if isinstance(item, torch.Tensor):  # PyTorch's double() changes parameters and buffers, but not these
                item = item.detach().cpu()
                setattr(part, name, item.double() if item.is_floating_point() else item)
    return copied
