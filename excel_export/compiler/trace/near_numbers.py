"""Numbers that the user's code has at hand where it reads others: with these it may compare them, even in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from types import CodeType
from typing import Any

from excel_export.compiler.refuse.users_code import frames, is_the_users

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_DEEPEST, _LARGEST = 3, 1e6
_CALLS_FORWARD = "excel_export.compiler.trace.tracer"


def numbers_near() -> dict[float, None]:
    """Return those of the functions that are running: in their code, their variables, and their objects' attributes.

    Those that stand nearest come first. What calls the exporter is not looked at.
    """
    found: list[float] = []
    for frame in frames():
        if frame.f_globals.get("__name__") == _CALLS_FORWARD:
            break
        if is_the_users(frame.f_code.co_filename):
            own = [vars(item) for item in frame.f_locals.values() if _is_the_users_object(item)]
            named = [frame.f_globals[name] for name in frame.f_code.co_names if name in frame.f_globals]
            found.extend(_numbers([frame.f_code, [*frame.f_locals.values()], own, named], 0))
    return dict.fromkeys(number for number in found if abs(number) <= _LARGEST)


def _is_the_users_object(item: Any) -> bool:
    return hasattr(item, "__dict__") and not isinstance(item, type) and callable(getattr(item, "forward", None))


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
        elif isinstance(item, dict):
            parts = [*item.keys(), *item.values()]
        elif isinstance(item, (list, tuple, set, frozenset)):
            parts = item
        for part in [*parts][:64]:
            yield from _numbers(part, depth + 1)
