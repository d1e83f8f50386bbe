"""Run a module with convolutions that round alike wherever the image is alike.

PyTorch adds up the products of a convolution in an order that varies over the image. On a plain background its
results then differ in the last digit, and a max pool after it picks its winner by chance. A spreadsheet, and so the
graph, takes the first of equal numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.overrides import TorchFunctionMode

from excel_export.ops.convolution import conv1d, conv2d, conv3d
from excel_export.shared.errors import ExportError

_CONVOLUTIONS = {function: kind for kind in (conv1d, conv2d, conv3d) for function in kind.functions}
ROUNDING = 1e-12
"""What the order of a sum may change, relative to the largest result."""


class EvenRounding(TorchFunctionMode):
    """What is active while a module runs; it changes no number by more than rounding, and no gradient formula."""

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
