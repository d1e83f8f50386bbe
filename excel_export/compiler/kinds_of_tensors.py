"""Kinds of tensors that no sheet can show: each is refused by its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from excel_export.shared.errors import ExportError

_SHORT = (torch.uint8, torch.int8, torch.int16, torch.int32)


def refuse_kind(what: str, tensor: torch.Tensor) -> None:
    """Refuse a tensor whose elements are no numbers in a grid.

    Args:
        what: what the tensor is, such as "the input 'x'".
        tensor: as the user has it.

    Raises:
        ExportError: it is such a tensor; what to do is said.
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
            f"{what} is complex, and a cell holds one real number: use its real and its imaginary part, "
            "torch.view_as_real(x)"
        )
    if tensor.device.type == "meta":
        raise ExportError(f"{what} has no numbers, as it is on the device 'meta': make it on the CPU")


def refuse_kinds(module: nn.Module) -> None:
    """Refuse a module with such a parameter or buffer.

    Raises:
        ExportError: there is one.
    """
    for what, tensors in (("parameter", module.named_parameters()), ("buffer", module.named_buffers())):
        for name, tensor in tensors:
            refuse_kind(f"the {what} '{name}'", tensor)


def refuse_wrapped(
    what: str,
    outputs: Sequence[torch.Tensor],
    is_cast: bool,
    args: tuple[Any, ...],
    evaluate: Callable[[Callable[[torch.Tensor], torch.Tensor]], Any],
) -> None:
    """Refuse whole numbers that leave the range of their type: PyTorch begins anew at its other end, a cell does not.

    Args:
        what: the operator.
        outputs: its results.
        is_cast: whether it makes whole numbers of its first argument.
        args: its arguments.
        evaluate: computes it once more, with its tensors changed.

    Raises:
        ExportError: a result is another one than with 64 bits.
    """
    if not any(output.dtype in _SHORT for output in outputs):
        return
    with torch.no_grad():
        wide = args[0].double().trunc() if is_cast else evaluate(_with_64_bits)
    results = [wide] if isinstance(wide, torch.Tensor) else list(wide)
    for output, exact in zip(outputs, results, strict=True):
        if output.dtype in _SHORT and not torch.equal(output.double(), exact.double()):
            kind = str(output.dtype).removeprefix("torch.")
            raise ExportError(
                f"a whole number leaves the range of {kind} in {what}, where PyTorch begins anew at its other end, and "
                "a cell does not: use .long()"
            )


def _with_64_bits(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.long() if tensor.dtype in _SHORT else tensor
