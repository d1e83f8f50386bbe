"""Tensors that follow inputs or parameters by a way that no recorder sees."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from excel_export.compiler.refuse.shared_memory import memory
from excel_export.compiler.refuse.shared_numbers import why_fixed
from excel_export.compiler.refuse.users_code import calling_line
from excel_export.shared.errors import ExportError


def refuse_unfollowed(tensor: torch.Tensor, outside: Mapping[int, str]) -> None:
    """Refuse a tensor that belongs to the caller's own module, or that followed a parameter of it before the export.

    Args:
        tensor: of any shape; nothing was recorded of it.
        outside: the names of the module's parameters, by where their numbers lie.

    Raises:
        ExportError: it is one.
    """
    name = outside.get(memory(tensor))
    if name:
        raise ExportError(
            f"a function holds the parameter '{name}' itself, as in a closure, so a copy of the module does not "
            "read its own: take it from self"
        )
    reason = why_fixed(tensor)
    if reason:
        raise ExportError(reason)


def refuse_transformed() -> None:
    """Refuse code that a transform of functions runs.

    Raises:
        ExportError: always.
    """
    raise ExportError(
        f"torch.vmap, torch.func.grad or the like in {calling_line()} runs code in a way that cannot be "
        "recorded: write it with loops or for the whole batch"
    )


def refuse_computed_elsewhere() -> None:
    """Refuse a tensor with a way back to others that was not recorded.

    Raises:
        ExportError: always.
    """
    raise ExportError(
        f"a tensor in {calling_line()} was computed where nothing can be recorded, as in an extension or in "
        "another thread"
    )
