"""Kinds of tensors that no sheet can show, and modules that no recorder can see."""

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from excel_export.shared.errors import ExportError


def refuse_kind(what: str, tensor: torch.Tensor) -> None:
    """Refuse a sparse, nested, quantized or complex tensor, or one without numbers, lazy or on the device 'meta'.

    Args:
        what: its name for the message, such as "the input 'x'".
        tensor: any tensor.

    Raises:
        ExportError: it is such a tensor; the message says what to do.
    """
    if is_lazy(tensor):
        raise ExportError(f"{what} has no numbers yet, as its layer is lazy: run the module once before the export")
    if tensor.is_nested:
        raise ExportError(f"{what} is a nested tensor, whose rows are not equally long: pad it to one length")
    if tensor.is_quantized:
        raise ExportError(f"{what} is quantized: give its numbers, x.dequantize(), or the module before quantization")
    if tensor.layout is not torch.strided:
        raise ExportError(f"{what} is sparse, and a sheet has a cell for every element: give x.to_dense()")
    if tensor.is_complex():
        raise ExportError(
            f"{what} is complex, and a cell holds one real number: give its pairs of numbers, torch.view_as_real(x), "
            "and compute with torch.view_as_complex of them"
        )
    if tensor.device.type == "meta":
        raise ExportError(f"{what} has no numbers, as it is on the device 'meta': make it on the CPU")


def refuse_kinds(module: nn.Module) -> None:
    """Refuse what is no module, and a module with TorchScript, or with a sparse parameter or others of `refuse_kind`.

    Raises:
        ExportError: it is one of these.
    """
    if isinstance(module, type):
        raise ExportError(f"a torch.nn.Module is exported, not a class: make one, {module.__name__}(…)")
    if not isinstance(module, nn.Module):
        raise ExportError(f"a torch.nn.Module is exported, not a {type(module).__name__}")
    for what, tensors in (("parameter", module.named_parameters()), ("buffer", module.named_buffers())):
        for name, tensor in tensors:
            if what == "buffer" and tensor.is_complex():
                continue  # a constant, of which the two parts are taken
            refuse_kind(f"the {what} '{name}'", tensor)
    for path, part in module.named_modules():
        if isinstance(part, torch.jit.ScriptModule):
            raise ExportError(
                f"the module '{path}' is TorchScript, whose calls cannot be recorded: use the one that it was made of"
            )
