"""Let the process that is locked in (`grading_process.py`) read and compute what a student handed in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from excel_export.shared import sandbox
from excel_export.shared.sandbox import SECONDS, TooHeavy


def ask(do: str, path: Path, seconds: int = SECONDS, **job: Any) -> dict[str, Any]:
    """Let a process do one job of `grading_process.py` on a file.

    Raises:
        NotGraded: the file can't be read, or takes more time or memory than it may.
    """
    return sandbox.ask("excel_classroom.grading.grading_process", do, path, seconds, **job)


def ask_for_grades(path: Path, seconds: int, job: dict[str, Any]) -> dict[str, Any]:
    """Let a process compute a file; where that is too much, without the answers that make it so.

    Raises:
        NotGraded: the file can't be read, or takes more time or memory than it may.
    """
    try:
        return ask("grade", path, seconds, **job)
    except TooHeavy:
        return ask("grade", path, seconds, **job, light=True)
