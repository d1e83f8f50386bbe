"""What a module computes in its own types of numbers: where it asks for them, it may go another way than in float64."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from excel_export.compiler.reference.arguments import Inputs, mapped_inputs
from excel_export.compiler.reference.eager import undisturbed
from excel_export.compiler.reference.functions_of_a_copy import copied
from excel_export.compiler.reference.loss import loss_of


def loss_in_own_types(module: nn.Module, inputs: Inputs) -> tuple[float, torch.dtype] | None:
    """Return the loss of a module as the caller has it, and its narrowest type, on the CPU.

    None where PyTorch cannot run it so, or it has no floats.
    """
    tensors = [*module.parameters(), *module.buffers()]
    learns = not any(parameter.requires_grad for parameter in module.parameters())

    def taken(tensor: torch.Tensor) -> torch.Tensor:
        tensors.append(tensor)
        tensor = tensor.detach().cpu().clone()
        return tensor.requires_grad_() if learns and tensor.is_floating_point() else tensor

    try:
        with undisturbed():
            own, given = copied(module).cpu(), mapped_inputs(inputs, taken)
            result = own(**given) if isinstance(given, Mapping) else own(*given)
            loss = loss_of(result, type(module).__name__).item()
    except Exception:  # any code of the caller's may fail in any way
        return None
    kinds = [tensor.dtype for tensor in tensors if tensor.is_floating_point()]
    return (loss, max(kinds, key=lambda kind: torch.finfo(kind).eps)) if kinds else None
