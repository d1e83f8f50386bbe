"""One function for each of many files, in as many processes as there are cores."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from excel_export.shared.errors import ExportError

Job = TypeVar("Job")
Result = TypeVar("Result")


def each_in_processes(do: Callable[[Job], Result], jobs: Sequence[Job], *, alone: bool = False) -> Iterator[Result]:
    """Yield the result of a function for each job, in any order.

    Args:
        do: a function of a module, which can be pickled.
        jobs: its arguments.
        alone: True to compute all in this process, in order; False to use as many processes as there are cores.

    Raises:
        ExportError: a process crashed.

    Example:
        >>> list(each_in_processes(abs, [-1, -2], alone=True))
        [1, 2]
    """
    if alone or cores() == 1:
        yield from map(do, jobs)
        return
    # A process that was forked from one in which PyTorch has run can't compute gradients.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(cores(), len(jobs)), context, _start) as pool:
        try:
            for done in as_completed([pool.submit(do, job) for job in jobs]):
                yield done.result()
        except BrokenProcessPool:
            raise ExportError("a process that makes files broke off, perhaps for want of memory") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def cores() -> int:
    """Return the number of cores that this process may use: 8, and 1 at least."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _start() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = "1"
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)  # what a user's file prints was printed before
