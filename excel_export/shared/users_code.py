"""The line of the user's code that is running. No other file reads Python's frames and bytecode."""

import dis
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from itertools import dropwhile
from pathlib import Path
from types import FrameType
from typing import Any

import torch

_PYTORCHS, _OURS = (f"{Path(file).parents[depth]}/" for file, depth in ((torch.__file__, 0), (__file__, 1)))
_PYTHONS = f"{Path(traceback.__file__).parent}/"
_INSTALLED = ("site-packages", "dist-packages")
"""Folders with installed libraries."""
Place = tuple[str, int]
"""A file, and the number of a line in it, from 1 on: ('/home/a/net.py', 12)."""


def frames() -> Iterator[FrameType]:
    """Yield Python's frames of the running functions: the caller's first, the main program's last."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def users_place() -> Place:
    """Return the innermost running line that `is_the_users`, ('/home/a/net.py', 12); ('', 0) if there is none."""
    frame = next((frame for frame in frames() if is_the_users(frame.f_code.co_filename)), None)
    return (frame.f_code.co_filename, frame.f_lineno) if frame else ("", 0)


def takes_a_sign(frame: FrameType) -> bool:
    """Return whether a frame is at the sign of an operation: True in `x / y`, False in `torch.div(x, y)`."""
    return dis.opname[frame.f_code.co_code[frame.f_lasti]] == "BINARY_OP"


def calling_line() -> str:
    """Return the running line of the user's code, 'net.py, line 12: if x.sum() > 0:', or 'an unknown place'."""
    return _last(traceback.extract_stack())


def failing_line(error: BaseException) -> str:
    """Return the line of the user's code in which an error was raised: 'net.py, line 12: y = x / 0'."""
    return _last(traceback.extract_tb(error.__traceback__))


def is_raised(error: BaseException | None) -> bool:
    """Return whether an error was raised in a line with `raise` or `assert`; False for a failing x.view, and None."""
    line = traceback.extract_tb(error.__traceback__)[-1].line if error and error.__traceback__ else ""
    return bool(re.search(r"\b(raise|assert)\b", line)) if line else isinstance(error, AssertionError)


def line_of(function: Any) -> str:
    """Return the line in which a function begins, 'net.py, line 12'; for other objects their type, 'partial'."""
    code = getattr(function, "__code__", None)
    return f"{Path(code.co_filename).name}, line {code.co_firstlineno}" if code else type(function).__name__


def is_installed(file: str) -> bool:
    """Return whether a file belongs to an installed library: '…/site-packages/timm/layers.py'."""
    return any(folder in file for folder in _INSTALLED)


def is_the_users(file: str) -> bool:
    """Return whether a file is the user's, '/home/a/net.py', or another library's: not Python's, PyTorch's or ours."""
    is_pythons = file.startswith(_PYTHONS) and not is_installed(file)
    return not is_pythons and not file.startswith((_PYTORCHS, _OURS))


def _last(frames: Iterable[traceback.FrameSummary]) -> str:
    """Return the innermost line that is not Python's, PyTorch's or ours; of a library, also the line that calls it."""
    frames = [*frames]
    inside = [*dropwhile(lambda frame: not frame.filename.startswith(_OURS), frames)]
    lines = [[frame for frame in part if is_the_users(frame.filename)] for part in (inside, frames)]
    found = lines[0] or lines[1]
    if not found:
        return "an unknown place"
    own = [frame for frame in lines[0] if not is_installed(frame.filename)]
    called = f" (called in {_described(own[-1])})" if own and own[-1] is not found[-1] else ""
    return _described(found[-1]) + called


def _described(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    folder = next((k for k, part in enumerate(path.parts) if part in _INSTALLED), len(path.parts) - 2)
    return f"{'/'.join(path.parts[folder + 1 :])}, line {frame.lineno}" + (f": {frame.line}" if frame.line else "")
