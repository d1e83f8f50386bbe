"""Numbers that the user's code has at hand where it reads others: with these it may compare them, even in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from types import CodeType, FunctionType
from typing import Any

from torch import nn

from excel_export.compiler.refuse.users_code import frames, is_the_users

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
            objects = [item for item in frame.f_locals.values() if _is_the_users_object(item)]
            named = [home.get(name) for name in frame.f_code.co_names
                     for home in (frame.f_globals, *(vars(type(item)) for item in objects))]  # fmt: skip
            near = [frame.f_code, [*frame.f_locals.values()], [_own_attributes(item) for item in objects], named]
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


def _is_the_users_object(item: Any) -> bool:
    return hasattr(item, "__dict__") and not isinstance(item, type) and callable(getattr(item, "forward", None))


def _own_attributes(item: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(item).items() if name not in _OF_EVERY_MODULE}


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
