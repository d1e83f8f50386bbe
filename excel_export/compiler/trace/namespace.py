"""Names for what is recorded: those of modules and functions, with a number where one comes up again."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable
from functools import cache
from types import FrameType
from typing import Any

from excel_export.compiler.refuse.users_code import takes_a_sign

_SERIAL = re.compile(r"([a-zA-Z_]\w*?)(?:_(\d+))?", re.ASCII)
_NEVER = {*keyword.kwlist, *dir(builtins), "inf", "nan", "NoneType", "torch", "device"}
"""Names that mean something else in Python."""
_OPERATORS = {"rsub": "sub", "rpow": "pow", "rdiv": "truediv", "get": "getattr", "and": "and_", "or": "or_"}
"""What Python's `operator` module calls the methods with two underscores."""


class Namespace:
    """Gives each name once: `relu`, `relu_1`, `relu_2`, in the order of calls."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}

    def take(self, name: str) -> None:
        """Keep a name as it is: that of an input."""
        self._taken.add(name)

    def new(self, wanted: str) -> str:
        """Return the name, or one with a number: 'layers.0' is `layers_0`, and 'sum', a word of Python, `sum_1`."""
        name, base, serial = _parts(wanted)
        number = serial or 0
        if serial is None or name in self._taken:
            number = self._last.get(base, 0)
            if name in _NEVER:
                number += 1
                name = f"{base}_{number}"
        while name in self._taken:
            number += 1
            name = f"{base}_{number}"
        self._taken.add(name)
        self._last[base] = number
        return name


@cache
def _parts(wanted: str) -> tuple[str, str, int | None]:
    """Return a name as Python writes it, and in parts: what stands before its number, and the number."""
    snake_case = re.sub("(?<=[a-z])([A-Z])", r"_\1", wanted).lower()
    name = re.sub("[^0-9a-zA-Z_]+", "_", snake_case) or "_unnamed"
    name = f"_{name}" if name[0].isdigit() else name
    found = _SERIAL.fullmatch(name)
    assert found
    return name, found[1], None if found[2] is None else int(found[2])


def label(function: Callable[..., Any], caller: FrameType | None = None) -> str:
    """Return what a function is called: an operator as Python calls it, a method without its underscores.

    For `x / y`, PyTorch hands `Tensor.div` to a mode; where it was called tells.
    """
    name: str = getattr(function, "__name__", str(function))
    if name.rstrip("_") == "div" and caller and takes_a_sign(caller):
        return "truediv"
    if name.startswith("__"):
        return _OPERATORS.get(name.strip("_"), name.strip("_"))
    return name.rstrip("_") or name
