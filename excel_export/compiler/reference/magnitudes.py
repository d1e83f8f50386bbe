"""Numbers of all sizes, tried where the user's code may choose by the size of a number."""

from collections.abc import Iterator

import torch

MAGNITUDES = tuple(
    sorted(
        {
            *(sign * k / 16 for k in range(129) for sign in (1, -1)),
            *(float(sign * k) for k in range(101) for sign in (1, -1)),
            *(sign * m * 10.0**k for k in range(-3, 7) for m in (1, 1.5, 2, 3, 4, 5.5, 7.5) for sign in (1, -1)),
        },
        key=lambda number: (number % 1 != 0, abs(number), number),
    )
)
"""Sixteenths up to 8, integers up to 100, and seven numbers a decade from 0.001 to ten millions, with both signs.
Integers come first, small ones before large ones."""


def spread(tensor: torch.Tensor) -> Iterator[torch.Tensor]:
    """Yield tensors of a float tensor's shape and type that hold all MAGNITUDES in order; the last repeats some.

    [0, -1], [1, -2], [2, -3], … for one of shape (2,).
    """
    count = max(1, tensor.numel())
    for first in range(0, len(MAGNITUDES), count):
        numbers = torch.tensor(MAGNITUDES[first : first + count], dtype=tensor.dtype)
        yield numbers.repeat(-(-count // len(numbers)))[:count].reshape(tensor.shape)
