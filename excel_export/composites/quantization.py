"""Numbers rounded to a grid, whose gradient passes as if they were not: what training for quantization does."""

from typing import Any

import torch

from excel_export.composites._composite import composite
from excel_export.formulas import Example, Examples
from excel_export.ops._numbers import randn
from excel_export.shared.errors import UnsupportedOperator

_BY_HAND = (
    "write y = ((x / scale + zero_point).round().clamp(low, high) - zero_point) * scale, and x + (y - x).detach()"
)


@composite(torch.fake_quantize_per_channel_affine)
def fake_quantize_per_channel_affine(
    input: Any, scale: Any, zero_point: Any, axis: int, quant_min: int, quant_max: int
) -> Any:
    """Each number as the nearest of its channel's grid. The gradient passes between the first and the last of that."""
    shape = [-1 if k == axis else 1 for k in range(input.dim())]
    scale, zero_point = scale.to(torch.float32).reshape(shape), zero_point.reshape(shape)
    with torch.no_grad():
        place = zero_point + (input * (1 / scale)).round()
        inside = (place >= quant_min) & (place <= quant_max)
        grid = (place.clamp(quant_min, quant_max) - zero_point) * scale
    passed = inside * input
    return grid + (passed - passed.detach())


@fake_quantize_per_channel_affine.examples
def _() -> Examples:
    scales, zeros = torch.tensor([0.1, 0.3, 0.05]), torch.tensor([0, 2, 1], dtype=torch.int32)
    yield Example("", lambda x: torch.fake_quantize_per_channel_affine(x, scales, zeros, 0, -4, 5), randn(3, 4))


@composite(torch.fake_quantize_per_tensor_affine)
def fake_quantize_per_tensor_affine(input: Any, scale: Any, zero_point: Any, quant_min: int, quant_max: int) -> Any:
    """The same with one grid for all; PyTorch rounds its results to float32, also where all else is float64.

    Raises:
        UnsupportedOperator: always; it names the way round.
    """
    raise UnsupportedOperator(
        f"operator 'fake_quantize_per_tensor_affine' rounds its results to float32, which no cell does: {_BY_HAND}"
    )


@fake_quantize_per_tensor_affine.examples
def _() -> Examples:
    yield from ()
