"""PyTorch functions written in terms of operators, a few lines of Python each.

A function that a teacher wants to see by itself is an operator, under `ops/`. The rest is written here in
terms of operators: the sheet shows those.
"""

from collections.abc import Callable
from typing import Any

from excel_export.composites._composite import Composite, registered
from excel_export.shared.modules import modules_in


def find_composite(function: Callable[..., Any]) -> Composite | None:
    """Return the `Composite` recorded in place of a function of PyTorch's, lerp for torch.lerp; None without one."""
    modules_in(__name__)
    return registered().get(function)


def all_composites() -> list[Composite]:
    """Return every composite, by name in alphabetical order: [addmm, as_tensor, bernoulli, …]."""
    modules_in(__name__)
    return sorted(set(registered().values()), key=lambda item: item.name)
