"""How the learning rate moves through a training."""

import math

SCHEDULES = ("one-cycle", "constant")
WARM_UP = 0.2
START = 0.02


def learning_rate_share(schedule: str, done: float, end: float) -> float:
    """Give the share of the peak learning rate, 0 to 1, when the share `done` of all steps is over.

    One cycle: a straight line up over the first fifth, then half a cosine down to `end`
    (L. N. Smith, "Super-convergence", 2018, with the cosine of I. Loshchilov and F. Hutter, "SGDR", 2017).
    It depends on nothing else, so a resumed training needs no memory of it.
    """
    if schedule == "constant":
        return 1.0
    if done < WARM_UP:
        return max(START, done / WARM_UP)
    return end + (1 - end) * (1 + math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP))) / 2
