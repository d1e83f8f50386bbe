"""The difference of two tensors, and the largest one that counts as agreement."""

import numpy as np

from excel_export.shared.infinity import is_infinite

TOLERANCE = 1e-9
"""The largest difference, as `difference` gives it, of two float64 computations that agree."""


def difference(actual: np.ndarray | None, expected: np.ndarray) -> float:
    """Return the largest difference between the elements of two tensors.

    It is relative to the largest absolute value in `expected`, or absolute if that is below 1. It is infinite if
    `actual` is None, has another shape, or holds NaN. Numbers from ±9e299 on stand for infinity: where `expected` has
    one, `actual` must have one of the same sign, else the difference is infinite.

    Example:
        >>> difference(np.array([1.0, 10.5]), np.array([1.0, 10.0])), difference(np.array([1e300]), np.array([np.inf]))
        (0.05, 0.0)
    """
    if actual is None or actual.shape != expected.shape:
        return float("inf")
    if not expected.size:
        return 0.0
    infinite = is_infinite(expected)
    if infinite.any():
        if (
            not (np.sign(actual[infinite]) == np.sign(expected[infinite])).all()
            or not is_infinite(actual[infinite]).all()
        ):
            return float("inf")
        return difference(actual[~infinite], expected[~infinite])
    with np.errstate(invalid="ignore"):  # infinity less infinity is no number, and that is the answer
        error = np.abs(actual - expected).max() / max(1.0, np.abs(expected).max())
    return float("inf") if np.isnan(error) else float(error)
