"""Tensors that follow inputs or parameters by a way that no recorder sees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch

from excel_export.compiler.refuse.shared_numbers import memory, why_fixed
from excel_export.compiler.refuse.users_code import calling_line
from excel_export.shared.errors import ExportError

_PLAIN = (torch.Tensor.__torch_function__.__func__, torch._C._disabled_torch_function_impl)  # type: ignore[attr-defined]


def refuse_between(kinds: Iterable[Any]) -> None:
    """Refuse what comes between a function that is called and PyTorch's own computing in float64.

    Args:
        kinds: the classes of what a function is called on, beside PyTorch's own.

    Raises:
        ExportError: a class or a mode of the user's does, or autocast, which computes in 16 bits.
    """
    for kind in kinds:
        if getattr(kind.__torch_function__, "__func__", kind.__torch_function__) not in _PLAIN:
            raise ExportError(
                f"{kind.__name__} has a __torch_function__ of its own in {calling_line()}, and what it does beside "
                "computing has no cells: give plain tensors, x.as_subclass(torch.Tensor)"
            )
    modes = map(torch._C._get_dispatch_stack_at, range(torch._C._len_torch_dispatch_stack()))
    if any(type(mode).__module__ != "torch.autograd.graph" for mode in modes):  # whose keeps what is saved
        raise ExportError(
            f"a TorchDispatchMode is active in {calling_line()}, and changes what no recorder sees: use it outside of "
            "forward()"
        )
    if torch.is_autocast_enabled("cpu"):
        kind = str(torch.get_autocast_dtype("cpu")).removeprefix("torch.")
        raise ExportError(
            f"torch.autocast in {calling_line()} computes in {kind}, and a workbook has no such numbers: leave it out, "
            "or give enabled=False"
        )


def refuse_unfollowed(tensor: torch.Tensor, outside: Mapping[int, str], *, is_transformed: bool | None) -> None:
    """Refuse a tensor of which nothing was recorded, though something should have been.

    Args:
        tensor: of any shape.
        outside: the names of the parameters of the caller's own module, by where their numbers lie.
        is_transformed: whether a transform of functions has wrapped what is recorded; None where none has wrapped it.

    Raises:
        ExportError: it belongs to the caller's own module, followed a parameter before the export, or was computed
            where nothing can be recorded.
    """
    name, reason = outside.get(memory(tensor)), why_fixed(tensor)
    if name:
        reason = (
            f"a function holds the parameter '{name}' itself, as in a closure, so a copy of the module does not "
            "read its own: take it from self"
        )
    elif not reason and is_transformed:
        reason = (
            f"torch.vmap, torch.func.grad or the like in {calling_line()} runs code in a way that cannot be "
            "recorded: write it with loops or for the whole batch"
        )
    elif not reason and is_transformed is None and tensor.grad_fn is not None:
        reason = (
            f"a tensor in {calling_line()} was computed where nothing can be recorded, as in an extension or in "
            "another thread"
        )
    if reason:
        raise ExportError(reason)
