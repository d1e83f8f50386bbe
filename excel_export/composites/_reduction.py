"""What is made of the losses of several elements, and numbers that are kept from becoming too small."""

from typing import Any

import torch


def reduced(losses: Any, reduction: str | int) -> Any:
    """The mean or the sum of the losses, or each by itself; PyTorch's own code says so by a number."""
    if reduction in ("mean", 1):
        return losses.mean()
    return losses.sum() if reduction in ("sum", 2) else losses


def at_least(x: torch.Tensor, least: float) -> torch.Tensor:
    """The larger of a number and a bound, with a slope of 1 below the bound, too: PyTorch sets it without autograd."""
    return x + (x.clamp_min(least) - x).detach()
