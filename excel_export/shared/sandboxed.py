"""Inside the process that is locked in: limit what it may take, then do one job, from standard input to output."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from excel_export.shared.errors import ExportError

FILES = 64


def serve(jobs: Mapping[str, Callable[..., dict[str, Any]]], memory: int, most: str) -> None:
    """Do the job that stands in the input, and write the answer. What goes wrong with the file is the answer, too.

    Args:
        jobs: by their names; each takes the file's path, and what else is known by keywords.
        memory: in bytes, that the job may take.
        most: what needs no more memory than that, in words.
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
