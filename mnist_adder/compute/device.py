"""The device on which everything is computed."""

import torch
from torch import nn

from excel_export.shared.errors import UserError
from mnist_adder.compute.workers import local_rank


def pick_device(name: str) -> torch.device:
    """Choose the device.

    Each process that `torchrun` starts on a machine gets its own GPU.

    Args:
        name: `cuda`, `mps`, `cpu`, or `auto` for the first of these that is there.

    Returns:
        The device.

    Raises:
        UserError: the device isn't there, or there are more processes than GPUs.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(device for device, is_there in available.items() if is_there)
    if not available[name]:
        raise UserError(f"this machine or this PyTorch has no {name}; use --device auto or --device cpu")
    if name != "cuda":
        return torch.device(name)
    if local_rank() >= torch.cuda.device_count():
        raise UserError(f"this machine has {torch.cuda.device_count()} GPU(s); start no more processes than that")
    device = torch.device("cuda", local_rank())
    torch.cuda.set_device(device)
    torch.backends.cudnn.benchmark = True  # all batches but the last have the same shape
    return device


def move(network: nn.Module, device: torch.device) -> None:
    """Move a network to a device, in the memory layout in which convolutions are fastest."""
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
