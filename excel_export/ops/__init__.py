"""The operators: of each its forward formula, its backward formula, the words that explain both, and its cases.

A file whose name begins with an underscore holds what several operators have in common.
"""

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any

from excel_export.formulas import Operator, registered
from excel_export.shared.errors import UnsupportedOperator


@cache
def _load() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def find_operator(function: Callable[..., Any], where: str) -> type[Operator]:
    """Return the operator behind a PyTorch function.

    Raises:
        UnsupportedOperator: there is none; `where` (the node and its module path) is named.
    """
    _load()
    found = registered().get(function)
    if found is None:
        name = getattr(function, "__name__", str(function)).strip("_")
        if name == "get":  # a property such as x.data
            name = getattr(getattr(function, "__self__", None), "__name__", name)
        raise UnsupportedOperator(
            f"operator '{name}' ({where}) is not supported, as nobody has written formulas for it yet: compute the same with other functions, or add excel_export/ops/{name}.py to support it (CONTRIBUTING.md says how)"
        )
    return found


def has_operator(function: Callable[..., Any]) -> bool:
    """Whether there is an operator behind a PyTorch function."""
    _load()
    return function in registered()


def all_operators() -> list[type[Operator]]:
    """Every operator, by name."""
    _load()
    return sorted(set(registered().values()), key=lambda item: item.name)
