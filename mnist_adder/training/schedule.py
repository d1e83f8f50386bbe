"""The learning rate schedule."""

import math

SCHEDULES = ("one-cycle", "constant")
WARM_UP = 0.2
START = 0.02


def learning_rate_factor(schedule: str, progress: float, final_fraction: float) -> float:
    """Give the learning rate at some moment of the training, as a fraction of its peak.

    `one-cycle` is a straight line up over the first fifth, and then half a cosine down (L. N. Smith,
    "Super-convergence", 2018, with the cosine of I. Loshchilov and F. Hutter, "SGDR", 2017).

    Args:
        schedule: one of `SCHEDULES`.
        progress: how much of the whole training is over, 0 to 1.
        final_fraction: what `one-cycle` comes down to.

    Returns:
        The fraction, 0 to 1.
    """
    if schedule == "constant":
        return 1.0
    if progress < WARM_UP:
        return max(START, progress / WARM_UP)
    cosine = math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP))
    return final_fraction + (1 - final_fraction) * (1 + cosine) / 2
