"""Where the user's code is now: its lines, its frames, its steps, and the numbers that it has at hand there.

With these it may compare what it reads, even in a text. Nothing else reads Python's frames and bytecode.
"""

import dis
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import torch
from torch import nn

_NOT_THE_USERS = tuple(f"{Path(file).parents[depth]}/" for file, depth in ((torch.__file__, 0), (__file__, 2)))
_PYTHONS = f"{Path(traceback.__file__).parent}/"
_INSTALLED = ("site-packages", "dist-packages")
"""Folders in Python's own where others' code lies."""
Place = tuple[str, int]
"""A file, and which of a function's steps."""


def frames() -> Iterator[FrameType]:
    """Yield the functions that are running, from the one that asks outwards."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def users_place() -> tuple[FrameType | None, Place]:
    """Return the innermost function of the user's that is running, and the step that it takes."""
    frame = next((frame for frame in frames() if is_the_users(frame.f_code.co_filename)), None)
    code = frame and frame.f_code
    return frame, (code.co_filename, code.co_firstlineno * 100_000 + frame.f_lasti) if frame and code else ("", 0)


def takes_a_sign(frame: FrameType) -> bool:
    """Whether a function is at a sign such as `/`, and not at a call."""
    return dis.opname[frame.f_code.co_code[frame.f_lasti]] == "BINARY_OP"


def calling_line() -> str:
    """Return where the user's code is now: 'net.py, line 12: if x.sum() > 0:'."""
    return _last(traceback.extract_stack())


def failing_line(error: BaseException) -> str:
    """Return where in the user's code an error was raised."""
    return _last(traceback.extract_tb(error.__traceback__))


def is_raised(error: BaseException | None) -> bool:
    """Whether `raise` or `assert` did it."""
    last = error.__traceback__ if error else None
    while last and last.tb_next:
        last = last.tb_next
    steps = dis.get_instructions(last.tb_frame.f_code) if last else ()
    return any(step.opname == "RAISE_VARARGS" and step.offset == last.tb_lasti for step in steps if last)


def line_of(function: Any) -> str:
    """Return where a function begins: 'net.py, line 12'; the kind of what is no function of Python's."""
    code = getattr(function, "__code__", None)
    return f"{Path(code.co_filename).name}, line {code.co_firstlineno}" if code else type(function).__name__


def is_the_users(file: str) -> bool:
    """Whether code is neither Python's own, PyTorch's nor ours."""
    is_pythons = file.startswith(_PYTHONS) and not any(folder in file for folder in _INSTALLED)
    return not is_pythons and not file.startswith(_NOT_THE_USERS)


def _last(frames: Iterable[traceback.FrameSummary]) -> str:
    frame = next((each for each in reversed([*frames]) if is_the_users(each.filename)), None)
    if frame is None:
        return "an unknown place"
    return f"{Path(frame.filename).name}, line {frame.lineno}" + (f": {frame.line}" if frame.line else "")


_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_DEEPEST, _LARGEST, _MOST, _MOST_TRIED = 5, 1e6, 1000, 24
_CALLS_FORWARD = "excel_export.compiler.trace.tracer"
_OF_EVERY_MODULE = frozenset(vars(nn.Module()))
"""Among them the numbers of hooks, which grow with each that is registered."""


def numbers_near() -> dict[float, None]:
    """Return those of the functions that are running: in their code, their variables, their objects' attributes, and in
    the functions that they name.

    Those that stand nearest come first. What calls the exporter is not looked at.
    """
    found: list[float] = []
    for frame in frames():
        if frame.f_globals.get("__name__") == _CALLS_FORWARD:
            break
        if is_the_users(frame.f_code.co_filename):
            objects = [item for item in frame.f_locals.values() if hasattr(item, "__dict__")
                       and not isinstance(item, type) and callable(getattr(item, "forward", None))]  # fmt: skip
            attributes = [{name: each for name, each in vars(item).items() if name not in _OF_EVERY_MODULE}
                          for item in objects]  # fmt: skip
            named = [home.get(name) for name in frame.f_code.co_names
                     for home in (frame.f_globals, *(vars(type(item)) for item in objects))]  # fmt: skip
            near = [frame.f_code, [*frame.f_locals.values()], attributes, named]
            found.extend(islice(_numbers(near, 0), _MOST))
    return dict.fromkeys(number for number in found if abs(number) <= _LARGEST)


def numbers_of(*functions: Any) -> list[float]:
    """Return the numbers in the code of functions, and those between them."""
    return with_between([*islice(_numbers(functions, 0), _MOST)])


def with_between(numbers: Iterable[float]) -> list[float]:
    """Return numbers, those that lie between two of them, and one at either end."""
    near = [*dict.fromkeys(numbers)][:_MOST_TRIED]
    between = [(one + other) / 2 for one, other in pairwise(sorted(near))]
    return [*near, *between, 2 * max(near) + 1, 2 * min(near) - 1] if near else []


def _numbers(item: Any, depth: int) -> Iterator[float]:
    if isinstance(item, (int, float)):
        if not isinstance(item, bool) and item == item:
            yield float(item)
    elif isinstance(item, str):
        yield from map(float, _NUMBER.findall(item[:1000]))
    elif depth <= _DEEPEST:
        parts: Iterable[Any] = ()
        if isinstance(item, CodeType):
            parts = item.co_consts
        elif isinstance(item, FunctionType):
            parts = [item.__code__, item.__defaults__, *(cell.cell_contents for cell in item.__closure__ or ())]
        elif isinstance(item, property):
            parts = [item.fget]
        elif isinstance(item, dict):
            parts = [*item.keys(), *item.values()]
        elif isinstance(item, (list, tuple, set, frozenset)):
            parts = item
        for part in [*parts][:64]:
            yield from _numbers(part, depth + 1)
