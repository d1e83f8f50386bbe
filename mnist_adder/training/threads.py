"""How many threads of the processor a training takes: beside other work, one is many times as fast as all."""

import os
import time
from collections.abc import Callable
from statistics import median

import torch

from mnist_adder.compute.workers import ComputeConfig
from mnist_adder.data.batches import epoch_batches
from mnist_adder.data.dataset import DigitDataset
from mnist_adder.training.learner import make_learner
from mnist_adder.training.recipe import Recipe

ROUNDS = 3


def set_threads(asked: int | None, recipe: Recipe, images: DigitDataset, log: Callable[[str], None]) -> None:
    """Set how many threads compute: as asked for, as OMP_NUM_THREADS says, or else one or all, whichever is faster.

    For that, a few steps are timed with each, and the log gets a line.
    """
    most = torch.get_num_threads()
    if asked is not None:
        torch.set_num_threads(asked)
    elif most > 1 and images.device.type == "cpu" and "OMP_NUM_THREADS" not in os.environ:
        learner = make_learner(recipe, images.device, ComputeConfig(), lambda _: None)
        batch = next(epoch_batches(images, recipe.batch_size, learner.generator))
        log(f"{take_faster(lambda: learner.step(batch, len(batch.digit), 0.0))}; --threads says how many")


def take_faster(step: Callable[[], object]) -> str:
    """Compute with one thread or with as many as now, two or more, whichever makes the step sooner; say which."""
    seconds = time_steps(step, (1, torch.get_num_threads()))
    best, other = sorted(seconds, key=lambda threads: seconds[threads])
    torch.set_num_threads(best)
    return f"{best} thread{'s' * (best > 1)}, {seconds[other] / seconds[best]:.1f} times as fast as {other} here"


def time_steps(
    step: Callable[[], object], choices: tuple[int, ...], clock: Callable[[], float] = time.perf_counter
) -> dict[int, float]:
    """Give the seconds of a usual step by the number of threads, tried by turns."""
    found: dict[int, list[float]] = {threads: [] for threads in choices}
    for _ in range(1 + ROUNDS):
        for threads, seconds in found.items():
            torch.set_num_threads(threads)
            started = clock()
            step()
            seconds.append(clock() - started)
    return {threads: median(seconds[1:]) for threads, seconds in found.items()}  # the first one warms up
