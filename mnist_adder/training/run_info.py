"""What a training ran with: versions, the device, threads, the command."""

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from shlex import join
from typing import Any

import torch

PACKAGES = ("mnist-adder", "torch", "torchvision", "numpy", "safetensors")


def run_info(arguments: Sequence[str], device: torch.device, processes: int, first_epoch: int) -> dict[str, Any]:
    """Tell what a training runs with.

    Args:
        arguments: what the program was started with.
        device: where it trains.
        processes: how many processes train together.
        first_epoch: the first epoch that comes.
    """
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "first_epoch": first_epoch,
        "command": join(["mnist-adder", *arguments]),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "cuda": torch.version.cuda,
        "threads": torch.get_num_threads(),
        "processes": processes,
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # it runs from its folder, without being installed
        return ""
