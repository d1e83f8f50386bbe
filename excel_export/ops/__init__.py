"""The operators, each with its forward and backward formulas, and its explanation.

A file whose name begins with an underscore holds what several operators have in common.
"""

from collections.abc import Callable
from typing import Any

from excel_export.formulas import Operator, registered
from excel_export.shared.errors import UnsupportedOperator
from excel_export.shared.modules import modules_in


def find_operator(function: Callable[..., Any], where: str) -> type[Operator]:
    """Return the operator class of a PyTorch function: relu for torch.relu and F.relu.

    Raises:
        UnsupportedOperator: there is none; the message names `where`, such as "node 'relu' in module 'body'".
    """
    modules_in(__name__)
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
    """Return whether there is an operator for a PyTorch function: there is one for torch.relu, none for torch.svd."""
    modules_in(__name__)
    return function in registered()


def all_operators() -> list[type[Operator]]:
    """Return every operator class, sorted by name: [abs, acos, acosh, …]."""
    modules_in(__name__)
    return sorted(set(registered().values()), key=lambda item: item.name)
