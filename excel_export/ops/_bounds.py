"""What part of a gradient a number at a bound gets: releases of PyTorch differ, so the installed one is asked.

It is asked when this file is imported, before anything is recorded.
"""

from __future__ import annotations

from collections.abc import Callable

import torch


def _share(function: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> float:
    """Return the slope of a function of two numbers at 0 and 0, as the first changes."""
    with torch.inference_mode(False), torch.enable_grad(), torch.device("cpu"):
        x, bound = torch.zeros((), requires_grad=True), torch.zeros(())
        return float(torch.autograd.grad(function(x, bound), x)[0])


AT_A_NUMBER = _share(lambda x, bound: x.clamp(min=0.0))
"""What `clamp` passes on at a bound that is a number: 1 in PyTorch 2.13, and 0 in 2.15."""
AT_A_TENSOR = _share(lambda x, bound: x.clamp(min=bound))
"""What `clamp` passes on at a bound that is a tensor: 1, and 0.5, where the bound gets the other half."""
