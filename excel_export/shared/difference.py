"""How far two tensors are apart, and how far is too far."""

import numpy as np

from excel_export.shared.infinity import is_infinite

TOLERANCE = 1e-9
"""What two computations of one number in float64 may differ by."""


def difference(found: np.ndarray | None, expected: np.ndarray) -> float:
    """Return the largest difference of two tensors' elements.

    It is relative to the largest element that is expected, or absolute where that is below 1. It is infinite where
    the tensor is missing, has another shape, or holds something that is no number. What stands for infinity agrees with
    infinity.
    """
    if found is None or found.shape != expected.shape:
        return float("inf")
    if not expected.size:
        return 0.0
    infinite = is_infinite(expected)
    if infinite.any():
        if (
            not (np.sign(found[infinite]) == np.sign(expected[infinite])).all()
            or not is_infinite(found[infinite]).all()
        ):
            return float("inf")
        return difference(found[~infinite], expected[~infinite])
    with np.errstate(invalid="ignore"):  # infinity less infinity is no number, and that is the answer
        error = np.abs(found - expected).max() / max(1.0, np.abs(expected).max())
    return float("inf") if np.isnan(error) else float(error)
