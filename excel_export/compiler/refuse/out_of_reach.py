"""Functions that reach where no recorder sees them: gradients in forward(), memory, Python for each number."""

from __future__ import annotations

from excel_export.compiler.refuse.users_code import calling_line
from excel_export.shared.errors import ExportError

_MEMORY = {"__reduce_ex__", "__dlpack__", "untyped_storage", "storage", "_typed_storage"}
"""They give the numbers of a tensor away, to where no recorder sees them."""
_OF_FORWARD_MODE = {"_make_dual", "_unpack_dual"}
_OF_PYTHON = {"apply_", "map_", "map2_"}
_OF_AUTOGRAD = {"is_leaf", "retains_grad", "grad", "_version", "output_nr", "_grad_fn"}
_OF_MEMORY = {"set_", "resize_", "resize_as_", "share_memory_"}


def refuse_out_of_reach(name: str) -> None:
    """Refuse a function that computes gradients in forward(), calls Python for each number, or reaches into memory.

    Raises:
        ExportError: it is one.
    """
    if name == "backward":
        raise ExportError(
            f"forward() calls backward() in {calling_line()}, which adds to the gradients of all that learns: use "
            "torch.autograd.grad(loss, what, create_graph=True), which gives the gradients of what is asked for"
        )
    if name in _OF_FORWARD_MODE:
        raise ExportError(
            f"torch.autograd.forward_ad in {calling_line()} is not followed: use torch.func.jvp(function, (x,), (v,)), "
            "which gives the same derivative"
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


def refuse_unanswerable(what: str) -> None:
    """Refuse a question about autograd's state that a copy of the module answers in another way than the caller's own.

    Args:
        what: the attribute of a tensor.

    Raises:
        ExportError: it is such a question.
    """
    if what in _OF_AUTOGRAD:
        raise ExportError(
            f"x.{what} is asked for in {calling_line()}, which is another one in a copy's run than in the caller's "
            "own: let nothing depend on it, or ask for x.requires_grad"
        )


def refuse_switched_off() -> None:
    """Refuse `x.requires_grad_(False)`.

    Raises:
        ExportError: always.
    """
    raise ExportError(
        f"x.requires_grad_(False) in {calling_line()} switches off the gradient of what stands on the sheet: use "
        "x.detach(), or freeze parameters before the export"
    )
