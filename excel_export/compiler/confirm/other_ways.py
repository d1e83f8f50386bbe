"""Two ways of PyTorch's own that change a number: what it gives without them is held against the graph, too.

It adds up the products of a convolution in an order that varies over the image: on a plain background the results
differ in the last digit, and a max pool after it picks its winner by chance. A spreadsheet takes the first of equal
numbers. And in evaluation, for a batch of one, its backward pass of batch normalization is wrong where the gradient is
a transposed one, as behind a patch embedding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

from excel_export.ops import find_operator
from excel_export.shared.errors import ExportError

_CONVOLUTIONS = {function: find_operator(function, "") for function in (F.conv1d, F.conv2d, F.conv3d)}
ROUNDING = 1e-12
"""What the order of a sum may change, relative to the largest result."""


class EvenRounding(TorchFunctionMode):
    """Convolutions round alike wherever the image is alike; no gradient formula is another one."""

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call the function; of a convolution, change the last digits."""
        result = function(*args, **(kwargs or {}))
        convolution = _CONVOLUTIONS.get(function)
        if convolution is None or not result.is_floating_point():
            return result
        even = convolution.evaluate(function, *args, **(kwargs or {}))
        moved = (even - result).detach().abs().max() if result.numel() else result.new_zeros(())
        if moved > ROUNDING * result.detach().abs().max().clamp(min=1):
            raise ExportError(f"a convolution added up in another order differs by {float(moved):.1e}")
        return even


class ContiguousGradients(TorchFunctionMode):
    """Batch normalization gets its gradient in the usual order in memory, which changes no number."""

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call the function."""
        result = function(*args, **(kwargs or {}))
        if function in (F.batch_norm, torch.batch_norm) and result.requires_grad:
            result.register_hook(torch.Tensor.contiguous)
        return result
