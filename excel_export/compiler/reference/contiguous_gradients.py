"""Run a module so that batch normalization gets its gradient in the usual order in memory.

In evaluation, for a batch of one, PyTorch's own backward pass of it is wrong where the gradient is a transposed one, as
behind a patch embedding. The order in memory changes no number, so what PyTorch gives in the usual one is right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode


class ContiguousGradients(TorchFunctionMode):
    """What is active while a module runs."""

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call the function."""
        result = function(*args, **(kwargs or {}))
        if function in (F.batch_norm, torch.batch_norm) and result.requires_grad:
            result.register_hook(torch.Tensor.contiguous)
        return result
