"""Decides whether two numbers count as equal."""

from typing import NamedTuple

import numpy as np

FEWEST_DECIMALS = 3
"""The fewest decimals of a number that may have been rounded."""


class Closeness(NamedTuple):
    """The largest difference of numbers that count as equal: Closeness(1e-9, 1e-12)(1.0, 1.0 + 1e-10) is True."""

    relative: float = 1e-9
    """The limit as a share of the larger number's size."""
    absolute: float = 1e-12
    """The limit that is added to it."""

    def __call__(self, a: float, b: float, scale: float = 1.0) -> bool:
        """Return whether two numbers are equal; `scale` is the size of the numbers from which they were computed.

        Example:
            >>> nearly_equal(0.1 + 0.2, 0.3), nearly_equal(1.0, 1.0001)
            (True, False)
        """
        return abs(a - b) <= self.relative * max(abs(a), abs(b)) + self.absolute * scale

    def of_arrays(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Return, for each pair of numbers at the same index, whether they are equal up to the tolerance, a bool array.

        Example:
            >>> Closeness(1e-6, 0.0).of_arrays(np.array([1.0, 2.0]), np.array([1.0, 3.0])).tolist()
            [True, False]
        """
        with np.errstate(all="ignore"):
            near = np.abs(a - b) <= self.relative * np.maximum(np.abs(a), np.abs(b)) + self.absolute
        return np.asarray(near)


nearly_equal = Closeness()
"""Equality to nine digits, for numbers computed in double precision in two ways."""
loosely_equal = Closeness(1e-8)
"""Equality to eight digits."""


def is_rounded(cell: float, number: float) -> bool:
    """Return whether `cell` is `number`, rounded to three decimals or more.

    Example:
        >>> is_rounded(0.333, 1 / 3), is_rounded(0.33, 1 / 3), is_rounded(0.334, 1 / 3)
        (True, False, False)
    """
    text = f"{cell:.15g}"
    decimals = len(text.partition(".")[2])
    return "e" not in text and decimals >= FEWEST_DECIMALS and abs(cell - number) <= 0.51 * 10.0**-decimals
