"""Let a process of its own read and compute a stranger's file, with a limit on time, memory and access.

On Linux the process may read Python's own files and the files of its job, write no file, start no program, and reach
no network. Where the system cannot ensure that, `warning` says so, and after `require` the file is refused.

This process calls `run_job`; the one that it starts calls `serve`.
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
from excel_export.shared.locked_in import lock_in, of_python

SECONDS = 60
"""The processor time of a job, in seconds."""


class NotGraded(Exception):
    """Raised for a file that gets no grade; str(error) is one line with the reason: "can't be read"."""


class TooHeavy(NotGraded):
    """Raised for a file that takes too much time or memory, or crashes the engine; str(error) says so in one line."""


def run_job(module: str, do: str, path: Path, seconds: int = SECONDS, **job: Any) -> dict[str, Any]:
    """Run one job on a file in a process of its own; return the dict that its function gives: {'fingerprint': '3fa9…'}.

    Args:
        module: the module that the process runs, which calls `serve`: 'excel_classroom.grading.grading_process'.
        do: the name of the job, a key of the jobs in `serve`, such as 'look'.
        path: the stranger's file.
        seconds: the processor time that the job may take; the process is ended after twice that time.
        job: further arguments of the job, as JSON can hold them.

    Raises:
        NotGraded: the file can't be read, or `end_all` was called; str(error) is the reason, without the file's name.
        TooHeavy: the job takes more time or memory than it may, or crashes.
    """
    # Without -P, Python would look for modules in the folder where the user happens to be.
    command = [sys.executable, "-P", "-m", module]
    # A name of any bytes, as the system has it.
    request = {"do": do, "path": str(path), "seconds": seconds, "is_required": _is_required, **job}
    text = json.dumps(request).encode("utf-8", "surrogateescape")
    # In a group of its own it hears no Ctrl-C: that is for this process, which ends it.
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, process_group=0) as process:
        _running.add(process)
        try:
            output, _ = process.communicate(text, 2 * seconds)
            is_ended = process not in _running  # by `end_all`
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
        if is_ended:
            raise NotGraded("was stopped") from None
        raise TooHeavy(_reason(process.returncode, seconds)) from None
    open_access.update(answer.pop("open", ()))
    if "error" in answer:
        line = "".join(character if character.isprintable() else "�" for character in str(answer["error"])[:300])
        raise NotGraded(line.strip() or "can't be read")
    return answer


_running: set[subprocess.Popen[bytes]] = set()
_is_required = False
open_access: set[str] = set()
"""The kinds of access that could not be taken from the processes so far: some of 'files', 'programs', 'the network'."""


def require() -> None:
    """From now on, let `run_job` refuse files if their process cannot be locked in, as with the option --sandbox.

    It then raises `NotGraded` for each.
    """
    global _is_required
    _is_required = True


def is_required() -> bool:
    """Return whether `require` was called: a file is then refused if the process that reads it cannot be locked in."""
    return _is_required


def warning() -> str:
    """Return 'note: this system could not keep the processes that read these files from programs'; '' if it could."""
    if not open_access:
        return ""
    return f"note: this system could not keep the processes that read these files from {', '.join(sorted(open_access))}"


def end_all() -> None:
    """End the processes of `run_job` in all threads, as after Ctrl-C; the waiting calls of it raise `NotGraded`."""
    for process in [*_running]:
        _running.discard(process)
        process.kill()


def _reason(returncode: int, seconds: int) -> str:
    if returncode in (-signal.SIGKILL, -getattr(signal, "SIGXCPU", 24)):
        return f"takes more than {seconds} seconds to compute"
    if returncode < 0:
        return f"the spreadsheet engine broke off when it computed this file ({signal.Signals(-returncode).name})"
    return "the spreadsheet engine can't compute this file"


MOST_FILES = 64
"""The most files that a locked-in process may hold open at once."""
FURTHER_FILES = ("workbook",)
"""The arguments of a job that are paths of further files to read, beside the stranger's."""


def serve(jobs: Mapping[str, Callable[..., dict[str, Any]]], memory: int, most: str) -> None:
    """Read a job from standard input, do it, and write its answer to standard output, both as JSON.

    {"do": "look", "path": …} gives {"fingerprint": …, "open": []}, an error {"error": "can't be read", "open": []}.
    "open" has the kinds of access that could not be taken from this process, as `open_access` does.

    Args:
        jobs: functions by the name of the job. Each takes the path of the stranger's file, and the other arguments of
            `run_job` by keyword; it returns what JSON can hold.
        memory: the memory that a job may take, in bytes.
        most: words for the error, about the largest file that needs no more: 'a workbook of ours ever does'.
    """
    job = json.loads(sys.stdin.buffer.read())
    # The engine prints where it breaks off: only the answer goes to the standard output.
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _limit(job["seconds"], memory)
    do, path, is_required = job.pop("do"), job.pop("path"), job.pop("is_required")
    open_access = lock_in([*of_python(), Path(path), *(Path(job[key]) for key in FURTHER_FILES if key in job)])
    try:
        if is_required and open_access:
            raise ExportError(f"this system cannot keep a process from {' and '.join(open_access)}: --sandbox required")
        answer = jobs[do](Path(path), **job)
    except ExportError as error:
        answer = {"error": str(error).removeprefix(f"{path}: ")}
    except (ImportError, PermissionError) as error:  # what Python needs may lie where a locked-in process reads nothing
        answer = {"error": f"can't be read: its locked-in process cannot import or read what it needs ({error})"}
    except MemoryError:
        answer = {"error": f"needs more memory than {most}"}
    except RecursionError:
        answer = {"error": "is nested too deeply"}
    with output:
        json.dump(answer | {"open": open_access}, output)


def _limit(seconds: int, memory: int) -> None:
    with suppress(ImportError):  # Windows has no such limits; there, the time is limited from outside
        import resource

        for kind, limit in (
            (resource.RLIMIT_AS, memory),
            (resource.RLIMIT_CPU, seconds),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_NOFILE, MOST_FILES),
        ):
            with suppress(ValueError, OSError):
                resource.setrlimit(kind, (limit, limit))
