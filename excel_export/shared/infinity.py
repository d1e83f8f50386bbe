"""The numbers that stand for infinity on a sheet, which has none: so large that exp of their negative is 0."""

import numpy as np

INFINITY = 1e300
"""The number for ∞. A mask of an attention that is −∞ in PyTorch is -INFINITY in its cells."""
LARGEST = 9.5e299
"""The number for finite ones that are too large for a sheet, such as torch.finfo(torch.float64).max."""
NEVER = -9e299
"""The border of −∞: numbers up to it count as −∞, as -INFINITY plus or minus any usual number does."""
HIDDEN = -(INFINITY + LARGEST) / 2
"""The border of −∞ in a mask, which may also hold -LARGEST: that is above this number, -INFINITY below."""


def is_infinite(numbers: np.ndarray) -> np.ndarray:
    """Return for each number whether it is infinite or stands for infinity, as an array of bool.

    Example:
        >>> is_infinite(np.array([1.0, -INFINITY, 2 * INFINITY, np.inf])).tolist()
        [False, True, True, True]
    """
    return np.asarray(np.abs(numbers) >= -NEVER)
