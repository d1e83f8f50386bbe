"""The device, the precision, and the memory of a computation."""

import ctypes
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import torch
from torch import nn

from excel_export.shared.errors import UserError
from mnist_adder.compute.recorded import CudaGraph


def available_devices() -> dict[str, bool]:
    """Return the devices, the fastest first, and whether they are there: {'cuda': False, 'mps': True, 'cpu': True}."""
    return {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}


def pick_device(name: str, available: Mapping[str, bool] | None = None) -> torch.device:
    """Return a device by its name, 'cpu', 'cuda' or 'mps'; for 'auto' the first of CUDA, MPS and CPU that is there.

    `available` says which are there, {'cuda': False, 'mps': False, 'cpu': True}; None to call `available_devices`.

    Raises:
        UserError: the machine or PyTorch doesn't have the device.
    """
    available = available or available_devices()
    if name == "auto":
        name = next(device for device, is_there in available.items() if is_there)
    if not available[name]:
        raise UserError(f"this machine or this PyTorch has no {name}; use --device auto or --device cpu")
    if name != "cuda":
        return torch.device(name)
    torch.backends.cudnn.benchmark = True  # all batches but the last have the same shape
    return torch.device("cuda", 0)


@dataclass(frozen=True)
class ComputeConfig:
    """The way to compute a training, ComputeConfig() on a CPU; it changes results by rounding only.

    Attributes:
        compile: makes a compiled module of one; None leaves it as it is.
        new_graph: makes an empty recording of the GPU's work for the steps; None for no recording.
    """

    compile: Callable[[nn.Module], nn.Module] | None = None
    new_graph: Callable[[], CudaGraph] | None = None


def compute_config(device: torch.device, compile: bool = False) -> ComputeConfig:
    """Return the way to compute on a device: with recorded steps on CUDA, which starts many small steps slowly.

    `compile` is True to compile the network, too, which takes a minute.
    """
    return ComputeConfig(compiled if compile else None, CudaGraph if device.type == "cuda" else None)


def compiled(module: nn.Module) -> nn.Module:
    """Return a compiled module with the same parameters, called in the same way; it is compiled anew for each shape."""
    return cast(nn.Module, torch.compile(module, dynamic=False))


def move(network: nn.Module, device: torch.device) -> None:
    """Move a network to a device, in place, in the memory layout channels_last, in which convolutions are fastest."""
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]


PRECISIONS = {"bf16": torch.bfloat16, "float32": torch.float32}
"""The number formats of the classifier, by their names."""


def pick_precision(name: str, device: torch.device, log: Callable[[str], None]) -> str:
    """Return 'bf16' or 'float32' as it is, whatever the hardware; for 'auto', 'bf16' if the hardware computes in it.

    If it doesn't, 'auto' gives 'float32', and log(line) is called with a sentence that says so.
    """
    if name != "auto":
        return name
    if _has_bf16(device):
        return "bf16"
    log(f"this {device.type} doesn't compute in bf16: training in float32, which takes longer")
    return "float32"


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        # Every CPU can emulate it, slowly; PyTorch has no public function that tells which CPUs have it.
        return getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    return False


M_TRIM_THRESHOLD = -1
"""The number of an option in malloc.h of the GNU C library, as is the next one."""
M_MMAP_THRESHOLD = -3
LARGEST_BLOCK = 32 * 1024**2
"""In bytes: larger blocks are given back at once. Some versions of the library refuse more."""
KEPT = 1024**3
"""In bytes: the freed memory that is kept."""


def keep_freed_memory() -> None:
    """Let the GNU C library keep up to a gigabyte of freed memory; other C libraries are left as they are.

    By default it returns large tensors to the system at once. To get them again as pages of zeros takes three tenths of
    a training step.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGEST_BLOCK)
        mallopt(M_TRIM_THRESHOLD, KEPT)
