"""What a module computes in its own types of numbers: where it asks for them, it may go another way than in float64."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import CodeType

import torch
from torch import nn

from excel_export.compiler.reference.arguments import Inputs, mapped_inputs
from excel_export.compiler.reference.eager import undisturbed
from excel_export.compiler.reference.functions_of_a_copy import copied
from excel_export.compiler.reference.loss import loss_of
from excel_export.compiler.refuse.users_code import is_the_users, line_of

_CLASSES = {"FloatTensor", "DoubleTensor", "HalfTensor", "BFloat16Tensor"}


def names_a_type(module: nn.Module) -> str:
    """Say where code names a class of tensors, as in `isinstance(x, torch.FloatTensor)`, which calls nothing; else ''.

    Args:
        module: the `forward` of each of its parts is looked into, and functions that these hold.
    """
    for part in module.modules():
        for function in (type(part).forward, *vars(part).values()):
            code = getattr(function, "__code__", None)
            if isinstance(code, CodeType) and is_the_users(code.co_filename) and not _CLASSES.isdisjoint(_names(code)):
                return line_of(function)
    return ""


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


def loss_in_own_types(module: nn.Module, inputs: Inputs) -> tuple[float, float] | None:
    """Return the loss of a module as the caller has it, and the precision of its narrowest type.

    Args:
        module: it is copied to the CPU.
        inputs: its arguments.

    Returns:
        None where PyTorch cannot run it so.
    """
    tensors = [*module.parameters(), *module.buffers()]

    def taken(tensor: torch.Tensor) -> torch.Tensor:
        tensors.append(tensor)
        return tensor.detach().cpu().clone()

    try:
        with undisturbed():
            own, given = copied(module).cpu(), mapped_inputs(inputs, taken)
            result = own(**given) if isinstance(given, Mapping) else own(*given)
            loss = loss_of(result, type(module).__name__).item()
    except Exception:  # any code of the caller's may fail in any way
        return None
    precisions = [torch.finfo(tensor.dtype).eps for tensor in tensors if tensor.is_floating_point()]
    return loss, max(precisions, default=0.0)
