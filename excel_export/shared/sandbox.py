"""Let a process of its own read and compute a stranger's file, and wait for it no longer than it may take.

The process that asks calls `ask`; the one that is locked in limits what it may take by `serve`.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any, cast

from excel_export.shared.errors import ExportError

SECONDS = 60


class NotGraded(Exception):
    """A file gets no grade; the message is one line that says why."""


class TooHeavy(NotGraded):
    """It takes too much time, or more than the engine bears."""


def ask(module: str, do: str, path: Path, seconds: int = SECONDS, **job: Any) -> dict[str, Any]:
    """Let a process that runs a module do one job on a file, within so many seconds; `job` is what else it is told.

    Raises:
        NotGraded: the file can't be read, or takes more time or memory than it may.
    """
    # Without -P, Python would look for modules in the folder where the user happens to be.
    command = [sys.executable, "-P", "-m", module]
    # A name of any bytes, as the system has it.
    text = json.dumps({"do": do, "path": str(path), "seconds": seconds, **job}).encode("utf-8", "surrogateescape")
    # In a group of its own it hears no Ctrl-C: that is for this process, which ends it.
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, process_group=0) as process:
        _running.add(process)
        try:
            output, _ = process.communicate(text, 2 * seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            raise TooHeavy(f"takes more than {seconds} seconds to compute") from None
        except BaseException:
            process.kill()
            raise
        finally:
            _running.discard(process)
    try:
        answer = cast("dict[str, Any]", json.loads(output))
    except ValueError:
        raise TooHeavy(_reason(process.returncode, seconds)) from None
    if "error" in answer:
        line = "".join(character if character.isprintable() else "�" for character in str(answer["error"])[:300])
        raise NotGraded(line.strip() or "can't be read")
    return answer


_running: set[subprocess.Popen[bytes]] = set()


def end_all() -> None:
    """End the processes that other threads wait for."""
    for process in [*_running]:
        process.kill()


def _reason(returncode: int, seconds: int) -> str:
    if returncode in (-signal.SIGKILL, -getattr(signal, "SIGXCPU", 24)):
        return f"takes more than {seconds} seconds to compute"
    if returncode < 0:
        return f"the spreadsheet engine broke off when it computed this file ({signal.Signals(-returncode).name})"
    return "the spreadsheet engine can't compute this file"


FILES = 64


def serve(jobs: Mapping[str, Callable[..., dict[str, Any]]], memory: int, most: str) -> None:
    """Do the job that stands in the input, and write the answer. What goes wrong with the file is the answer, too.

    Each job takes the file's path, and what else is known by keywords. It may take so much memory, in bytes; `most`
    says in words what needs no more.
    """
    job = json.loads(sys.stdin.buffer.read())
    # The engine prints where it breaks off: only the answer goes to the standard output.
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _limit(job["seconds"], memory)
    do, path = job.pop("do"), job.pop("path")
    try:
        answer = jobs[do](Path(path), **job)
    except ExportError as error:
        answer = {"error": str(error).removeprefix(f"{path}: ")}
    except MemoryError:
        answer = {"error": f"needs more memory than {most}"}
    except RecursionError:
        answer = {"error": "is nested too deeply"}
    with output:
        json.dump(answer, output)


def _limit(seconds: int, memory: int) -> None:
    """Let this process have so many seconds and so many bytes, write no files and start no processes."""
    with suppress(ImportError):  # Windows has no such limits; there, the time is limited from outside
        import resource

        for kind, limit in (
            (resource.RLIMIT_AS, memory),
            (resource.RLIMIT_CPU, seconds),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_NOFILE, FILES),
        ):
            with suppress(ValueError, OSError):
                resource.setrlimit(kind, (limit, limit))
