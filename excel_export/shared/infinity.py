"""What stands for infinity on a sheet, which has none: a number so far out that exp of its negative is 0."""

import numpy as np

INFINITY = 1e300
"""The mask of an attention is −∞ where nobody may look, in PyTorch; on the sheets it is minus this."""
LARGEST = 9.5e299
"""What stands for finite numbers that are too large for a sheet, such as torch.finfo(torch.float64).max."""
NEVER = -9e299
"""What is not above it stands for −∞: that number, and others added to it or taken from it."""
HIDDEN = -(INFINITY + LARGEST) / 2
"""What is not above it is −∞ itself, in a mask that may hold the least finite number, too."""


def is_infinite(numbers: np.ndarray) -> np.ndarray:
    """Which numbers are infinite, or stand for it: also twice INFINITY, and INFINITY plus any number of use."""
    return np.asarray(np.abs(numbers) >= -NEVER)
