"""Functions that are answered and not recorded: what they say stands in no cell."""

from __future__ import annotations

from typing import Any

import torch

from excel_export.compiler.refuse.users_code import calling_line
from excel_export.shared.errors import ExportError

QUERIES = {"dim", "size", "numel", "ndimension", "is_floating_point", "is_contiguous", "stride", "nelement",
           "__len__", "__hash__", "is_complex", "get_device", "is_signed", "element_size",
           "storage_offset", "is_inference", "is_same_size", "_is_view", "retain_grad", "result_type", "data_ptr",
           "is_pinned", "is_shared", "is_conj", "is_neg", "is_set_to", "dim_order", "_is_all_true"}  # fmt: skip
"""They look at shape and type only; by the last, torch.distributions asks whether numbers are allowed."""
EMPTY = {"empty", "empty_like", "new_empty", "empty_strided"}
SAME = {"cpu", "resolve_conj", "resolve_neg"}
"""They give the tensor itself."""
_MEMORY = {"__reduce_ex__", "__dlpack__", "untyped_storage", "storage", "_typed_storage"}
"""They give the numbers of a tensor away, to where no recorder sees them."""
_OF_GRADIENTS = {"backward", "grad"}
_OF_PYTHON = {"apply_", "map_", "map2_"}
_OF_MEMORY = {"set_", "resize_", "resize_as_", "share_memory_"}


def is_drawn(result: Any) -> bool:
    """Whether a result is shown as an input if it was drawn at random.

    Whole numbers, parts of others, and the parameters of a module that is made on the way are not.
    """
    is_plain = isinstance(result, torch.Tensor) and not isinstance(result, torch.nn.Parameter)
    return is_plain and result.is_floating_point() and not result._is_view()


def refuse_out_of_reach(name: str) -> None:
    """Refuse a function that computes gradients in forward(), calls Python for each number, or reaches into memory.

    Raises:
        ExportError: it is one.
    """
    if name in _OF_GRADIENTS:
        raise ExportError(
            f"forward() computes gradients itself, in {calling_line()}: the gradient of a gradient has no formulas "
            "here, so write the gradient down as a formula of its own"
        )
    if name in _MEMORY:
        raise ExportError(
            f"the memory of a tensor is copied or read in {calling_line()}, as by copy.copy, pickle or x.storage(), "
            "and no formula follows it there: use x.clone(), or x.detach().clone()"
        )
    if name in _OF_PYTHON:
        raise ExportError(
            f"{name}() in {calling_line()} calls a function of Python's for each number, which no formula shows: use "
            "PyTorch's own functions, such as torch.where"
        )
    if name in _OF_MEMORY:
        raise ExportError(
            f"{name}() in {calling_line()} changes where the numbers of a tensor lie, which no formula shows: make a "
            "new tensor, as with torch.reshape"
        )


def switched(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return what `x.requires_grad_()` returns.

    Raises:
        ExportError: it switches a gradient off.
    """
    if not [*args[1:], *kwargs.values(), True][0]:
        raise ExportError(
            f"x.requires_grad_(False) in {calling_line()} switches off the gradient of what stands on the sheet: use "
            "x.detach(), or freeze parameters before the export"
        )
    return args[0]
