"""How far two tensors are apart, and how far is too far."""

import numpy as np

TOLERANCE = 1e-9
"""What two computations of one number in float64 may differ by."""


def difference(found: np.ndarray | None, expected: np.ndarray) -> float:
    """Return the largest difference of two tensors' elements.

    It is relative to the largest element that is expected, or absolute where that is below 1. It is infinite where
    the tensor is missing, has another shape, or holds something that is no number.
    """
    if found is None or found.shape != expected.shape:
        return float("inf")
    if not expected.size:
        return 0.0
    with np.errstate(invalid="ignore"):  # infinity less infinity is no number, and that is the answer
        error = np.abs(found - expected).max() / max(1.0, np.abs(expected).max())
    return float("inf") if np.isnan(error) else float(error)
