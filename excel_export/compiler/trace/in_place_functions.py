"""Functions that change their first argument, and those that give a new tensor instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.ops import has_operator

_AUGMENTED = {f"__i{name}__": f"__{name}__" for name in ("and", "or", "xor", "lshift", "rshift")}
"""`x &= y` and the like; `x += y` is `x.add_(y)` to PyTorch."""


def is_in_place(function: Callable[..., Any]) -> bool:
    """Whether a function changes its first argument."""
    name = getattr(function, "__name__", "")
    return name == "__setitem__" or name in _AUGMENTED or (name.endswith("_") and not name.endswith("__"))


def out_of_place(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that computes the same and changes nothing."""
    name = _AUGMENTED.get(function.__name__, function.__name__.rstrip("_"))
    found = [getattr(home, name) for home in (torch.Tensor, torch, F) if hasattr(home, name)]
    return next(filter(has_operator, found), next(iter(found), function))
