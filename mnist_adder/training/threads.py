"""The number of threads of a training: beside other work, one is many times as fast as all."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

import torch

from mnist_adder.compute.device import ComputeConfig
from mnist_adder.data.batches import epoch_batches
from mnist_adder.data.dataset import DigitDataset
from mnist_adder.training.learner import make_learner
from mnist_adder.training.recipe import Recipe

ROUNDS = 3
"""The number of timed steps with each number of threads, after one to warm up."""


def set_threads(
    threads: int | None,
    recipe: Recipe,
    images: DigitDataset,
    log: Callable[[str], None],
    clock: Callable[[], float] = time.perf_counter,
) -> None:
    """Set PyTorch's number of threads: `threads`; if None, OMP_NUM_THREADS; without that, 1 or all, the faster one.

    To find out, a few steps are timed with 1 and with all by `clock`, in seconds; log(line) is then called with the
    result.
    """
    most = torch.get_num_threads()
    if threads is not None:
        torch.set_num_threads(threads)
    elif most > 1 and images.device.type == "cpu" and "OMP_NUM_THREADS" not in os.environ:
        learner = make_learner(recipe, images.device, ComputeConfig(), lambda _: None)
        batch = next(epoch_batches(images, recipe.batch_size, learner.generator))
        seconds = time_steps(lambda: learner.step(batch, 0.0), (1, most), clock)
        best, other = sorted(seconds, key=lambda threads: seconds[threads])
        torch.set_num_threads(best)
        faster = f"{seconds[other] / seconds[best]:.1f} times as fast as {other} here"
        log(f"{best} thread{'s' * (best > 1)}, {faster}; --threads says how many")


@contextmanager
def one_thread() -> Iterator[None]:
    """Return a context for a `with` block in which PyTorch has one thread; after it, PyTorch has as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def time_steps(
    step: Callable[[], object], choices: tuple[int, ...], clock: Callable[[], float] = time.perf_counter
) -> dict[int, float]:
    """Return the median seconds of a step, by `clock`, for each number of threads in `choices`: {1: 0.02, 8: 0.011}."""
    found: dict[int, list[float]] = {threads: [] for threads in choices}
    for _ in range(1 + ROUNDS):
        for threads, seconds in found.items():
            torch.set_num_threads(threads)
            started = clock()
            step()
            seconds.append(clock() - started)
    return {threads: median(seconds[1:]) for threads, seconds in found.items()}  # the first one warms up
