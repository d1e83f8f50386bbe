"""What reaches where no recorder sees it, and what no formula shows: by the function's name, with what to write."""

from __future__ import annotations

from excel_export.compiler.refuse.users_code import calling_line
from excel_export.shared.errors import ExportError

_MEMORY = (
    "the memory of a tensor is copied or read in {line}, as by copy.copy, pickle or x.storage(), and no formula "
    "follows it there: use x.clone(), or x.detach().clone()"
)
_FORWARD_MODE = (
    "torch.autograd.forward_ad in {line} is not followed: use torch.func.jvp(function, (x,), (v,)), which gives the "
    "same derivative"
)
_PYTHON = (
    "{name}() in {line} calls a function of Python's for each number, which no formula shows: use PyTorch's own "
    "functions, such as torch.where"
)
_PLACES = (
    "{name}() in {line} changes where the numbers of a tensor lie, which no formula shows: make a new tensor, as with "
    "torch.reshape"
)
_REFUSALS = {
    "backward": (
        "forward() calls backward() in {line}, which adds to the gradients of all that learns: use "
        "torch.autograd.grad(loss, what, create_graph=True), which gives the gradients of what is asked for"
    ),
    "register_post_accumulate_grad_hook": (
        "a hook of register_post_accumulate_grad_hook may change a gradient, or the parameter itself, which no formula "
        "shows: {line}; remove it before the export"
    ),
    "requires_grad_": (
        "x.requires_grad_(False) in {line} switches off the gradient of what stands on the sheet: use x.detach(), or "
        "freeze parameters before the export"
    ),
    **dict.fromkeys(("__reduce_ex__", "__dlpack__", "untyped_storage", "storage", "_typed_storage"), _MEMORY),
    **dict.fromkeys(("_make_dual", "_unpack_dual"), _FORWARD_MODE),
    **dict.fromkeys(("apply_", "map_", "map2_"), _PYTHON),
    **dict.fromkeys(("set_", "resize_", "resize_as_", "share_memory_"), _PLACES),
}
_LISTS = "torch.{name} in {line} computes with lists of tensors at once: write [torch.{single}(x, …) for x in tensors]"
_AUTOGRADS_STATE = {"is_leaf", "retains_grad", "grad", "_version", "output_nr", "_grad_fn"}


def refuse_out_of_reach(name: str, line: str = "") -> None:
    """Refuse a function that reaches where no recorder sees it.

    Args:
        name: the function's.
        line: where it is called; the line of the user's code that is running where none is given.

    Raises:
        ExportError: it is one.
    """
    of_lists = name.startswith("_foreach_")
    refusal = _LISTS if of_lists else _REFUSALS.get(name)
    if refusal:
        single = name.removeprefix("_foreach_").rstrip("_")
        raise ExportError(refusal.format(name=name, single=single, line=line or calling_line()))


def refuse_unanswerable(what: str) -> None:
    """Refuse a question about autograd's state that a copy of the module answers in another way than the caller's own.

    Args:
        what: the attribute of a tensor.

    Raises:
        ExportError: it is such a question.
    """
    if what in _AUTOGRADS_STATE:
        raise ExportError(
            f"x.{what} is asked for in {calling_line()}, which is another one in a copy's run than in the caller's "
            "own: let nothing depend on it, or ask for x.requires_grad"
        )
