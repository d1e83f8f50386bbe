"""When two numbers are taken for the same."""

from typing import NamedTuple

import numpy as np

FEWEST_DECIMALS = 3


class Closeness(NamedTuple):
    """How far apart they may be: relative to the larger one, and as small ones."""

    relative: float = 1e-9
    absolute: float = 1e-12

    def __call__(self, a: float, b: float, scale: float = 1.0) -> bool:
        """Whether they are the same; `scale` is the size of what they are computed from."""
        return abs(a - b) <= self.relative * max(abs(a), abs(b)) + self.absolute * scale

    def of_arrays(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Compare pairs of numbers."""
        with np.errstate(all="ignore"):
            near = np.abs(a - b) <= self.relative * np.maximum(np.abs(a), np.abs(b)) + self.absolute
        return np.asarray(near)


nearly_equal = Closeness()
loosely_equal = Closeness(1e-8)


def is_rounded(cell: float, number: float) -> bool:
    """Whether a cell holds a number, rounded to some decimals."""
    text = f"{cell:.15g}"
    decimals = len(text.partition(".")[2])
    return "e" not in text and decimals >= FEWEST_DECIMALS and abs(cell - number) <= 0.51 * 10.0**-decimals
