"""Schedules: the course of the learning rate in a training.

Each function returns the learning rate as a fraction of its peak. `progress` is the part of the training that is over,
0 to 1, and `end` the fraction of the peak at the end.
"""

import math
from collections.abc import Callable

WARM_UP = 0.2
"""The part of a training in which the rate of `one_cycle` goes up."""
START = 0.02
"""The least rate of that part, as a fraction of the peak."""


def _half_cosine(angle: float, end: float) -> float:
    return end + (1 - end) * (1 + math.cos(angle)) / 2


def one_cycle(progress: float, end: float) -> float:
    """Return a rate that rises to 1 over the first fifth of the training, and falls to `end` in half a cosine.

    It rises in a straight line from 0, but is 0.02 at least.

    L. N. Smith, "Super-convergence", 2018, with the cosine of I. Loshchilov and F. Hutter, "SGDR", 2017.

    Example:
        >>> [round(one_cycle(progress, 0.0), 2) for progress in (0, 0.01, 0.1, 0.2, 0.6, 1)]
        [0.02, 0.05, 0.5, 1.0, 0.5, 0.0]
    """
    if progress < WARM_UP:
        return max(START, progress / WARM_UP)
    return _half_cosine(math.pi * (progress - WARM_UP) / (1 - WARM_UP), end)


def cosine(progress: float, end: float) -> float:
    """Return a rate that falls from 1 to `end` in half a cosine: 1.0, 0.5, 0.0 at `progress` 0, 0.5, 1 and `end` 0."""
    return _half_cosine(math.pi * progress, end)


def linear(progress: float, end: float) -> float:
    """Return a rate that falls from 1 to `end` in a line: 1.0, 0.75, 0.0 at `progress` 0, 0.25, 1 if `end` is 0."""
    return end + (1 - end) * (1 - progress)


def constant(progress: float, end: float) -> float:
    """Return 1.0, the peak, whatever the arguments are."""
    return 1.0


SCHEDULES: dict[str, Callable[[float, float], float]] = {
    "one-cycle": one_cycle,
    "cosine": cosine,
    "linear": linear,
    "constant": constant,
}
"""All schedules, by their names in a recipe."""
