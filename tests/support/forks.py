"""Run command lines in forks of a process that has imported everything, to end them at any moment of their work."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

FORKS = multiprocessing.get_context("forkserver" if os.name == "posix" else None)
if os.name == "posix":
    FORKS.set_forkserver_preload(["pytest", "tests.support.forks_preloaded"])


@dataclass(frozen=True)
class Ended:
    """A command that has ended.

    `code` is its exit code, or the negative number of the signal that ended it; `seconds` are those of the processor,
    none where it was ended.
    """

    code: int
    said: str
    seconds: float


class Command:
    """A command line at work.

    `folder` takes its output, and its temporary files in `temporary`. It is ended `after` so many seconds of the
    processor, not of the clock, which would tell little on a busy machine: by a signal that it handles, or by none,
    which is to say on the spot.
    """

    def __init__(self, arguments: list[str], folder: Path, after: float = 0, by: int = 0) -> None:
        self._folder = folder
        (folder / "temporary").mkdir(parents=True, exist_ok=True)
        (folder / "seconds").write_text("0")
        self._process = FORKS.Process(target=_run, args=(arguments, folder, after, by))
        self._process.start()

    def wait(self) -> Ended:
        """Wait for the end."""
        self._process.join()
        said, seconds = ((self._folder / name).read_text() for name in ("output", "seconds"))
        return Ended(self._process.exitcode, said, float(seconds))


def _run(arguments: list[str], folder: Path, after: float, by: int) -> None:
    from mnist_adder.cli import main

    os.environ["TMPDIR"] = str(folder / "temporary")
    tempfile.tempdir = None
    output = os.open(folder / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    # Without a handler, the system ends a process on SIGPROF as it does on kill -9.
    if by:
        signal.signal(signal.SIGPROF, lambda *_: os.kill(os.getpid(), by))
    started = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, after)
    code = main(arguments)
    signal.setitimer(signal.ITIMER_PROF, 0)
    (folder / "seconds").write_text(str(time.process_time() - started))
    os._exit(code)
