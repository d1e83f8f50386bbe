"""Where the computing happens."""

import torch

from mnist_adder.errors import UserError


def pick_device(name: str) -> torch.device:
    """Turn auto, cuda, mps or cpu into a device; auto takes the first of these that is there.

    Raises UserError when the device asked for isn't there.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(device for device, is_there in available.items() if is_there)
    if not available[name]:
        raise UserError(f"this machine or this PyTorch has no {name}; use --device auto or --device cpu")
    return torch.device(name)
