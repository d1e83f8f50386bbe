"""Functions of PyTorch's that are made of others, a few lines of Python each.

A function that a teacher wants to see by itself is an operator, under `ops/`. The rest is written here in
terms of operators: the sheet shows those.
"""

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any

from excel_export.composites._composite import Composite, registered


@cache
def _load() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def find_composite(function: Callable[..., Any]) -> Composite | None:
    """Return the composite of a function of PyTorch's; None where it has none."""
    _load()
    return registered().get(function)


def all_composites() -> list[Composite]:
    """Every composite, by name."""
    _load()
    return sorted(set(registered().values()), key=lambda item: item.name)
