"""Schedules: how the learning rate changes in a training.

Each gives the learning rate as a fraction of its peak, from how much of the training is over, 0 to 1, and from what is
left of the peak at the end.
"""

import math
from collections.abc import Callable

WARM_UP = 0.2
START = 0.02


def _half_cosine(angle: float, end: float) -> float:
    return end + (1 - end) * (1 + math.cos(angle)) / 2


def one_cycle(progress: float, end: float) -> float:
    """Go up in a straight line over the first fifth, and down in half a cosine.

    L. N. Smith, "Super-convergence", 2018, with the cosine of I. Loshchilov and F. Hutter, "SGDR", 2017.
    """
    if progress < WARM_UP:
        return max(START, progress / WARM_UP)
    return _half_cosine(math.pi * (progress - WARM_UP) / (1 - WARM_UP), end)


def cosine(progress: float, end: float) -> float:
    """Go down from the peak in half a cosine."""
    return _half_cosine(math.pi * progress, end)


def linear(progress: float, end: float) -> float:
    """Go down from the peak in a straight line."""
    return end + (1 - end) * (1 - progress)


def constant(progress: float, end: float) -> float:
    """Stay at the peak."""
    return 1.0


SCHEDULES: dict[str, Callable[[float, float], float]] = {
    "one-cycle": one_cycle,
    "cosine": cosine,
    "linear": linear,
    "constant": constant,
}
"""All schedules, by the name that a recipe gives."""
