"""The number format in which the classifier is computed."""

from collections.abc import Callable

import torch

PRECISIONS = {"bf16": torch.bfloat16, "float32": torch.float32}


def pick_precision(name: str, device: torch.device, log: Callable[[str], None]) -> str:
    """Choose the precision.

    Args:
        name: `bf16`, `float32`, or `auto` for bf16 where the hardware computes in it.
        device: where the network is computed.
        log: gets one line where `auto` has to take float32.

    Returns:
        One of the names in `PRECISIONS`.
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
