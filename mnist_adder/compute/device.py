"""Where the computing happens, and how finely."""

from collections.abc import Callable

import torch
from torch import nn

from excel_export.shared.errors import UserError
from mnist_adder.compute.workers import local_rank

PRECISIONS = {"bf16": torch.bfloat16, "float32": torch.float32}


def pick_device(name: str) -> torch.device:
    """Turn auto, cuda, mps or cpu into a device; auto takes the first of these that is there.

    Each process that `torchrun` starts on a machine gets a GPU of its own.

    Raises UserError when the device asked for isn't there, or there are more processes than GPUs.
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
    return device


def move(network: nn.Module, device: torch.device) -> None:
    """Bring a network to where it computes, laid out in memory as convolutions are fastest."""
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]


def pick_precision(name: str, device: torch.device, say: Callable[[str], None]) -> str:
    """Turn auto, bf16 or float32 into one of `PRECISIONS`; auto takes bf16 where the hardware computes in it.

    Where it doesn't, `say` gets a line about it.
    """
    if name != "auto":
        return name
    if _computes_in_bf16(device):
        return "bf16"
    say(f"this {device.type} doesn't compute in bf16: training in float32, which takes longer")
    return "float32"


def _computes_in_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        # Every CPU can imitate it, at a loss; PyTorch has no public word for those that have it.
        return getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    return False
