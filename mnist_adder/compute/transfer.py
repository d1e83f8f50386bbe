"""Tensors from a device to the CPU, in one transfer for each type of number."""

from collections.abc import Mapping

import torch
from torch import Tensor


def on_cpu(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return copies of tensors by the same names, on the CPU, contiguous and each with memory of its own.

    A GPU takes as long to start a transfer as to send a small tensor, so those of one device and type go together.

    Example:
        >>> on_cpu({"weight": torch.ones(2, 1), "steps": torch.tensor(3)})
        {'weight': tensor([[1.],
                [1.]]), 'steps': tensor(3)}
    """
    groups: dict[tuple[torch.device, torch.dtype], list[str]] = {}
    for name, tensor in tensors.items():
        groups.setdefault((tensor.device, tensor.dtype), []).append(name)
    copies: dict[str, Tensor] = {}
    for names in groups.values():
        together = torch.cat([tensors[name].detach().reshape(-1) for name in names]).cpu()
        parts = together.split([tensors[name].numel() for name in names])
        copies |= {name: part.reshape(tensors[name].shape).clone() for name, part in zip(names, parts, strict=True)}
    return {name: copies[name] for name in tensors}
