"""Kinds of tensors that no sheet can show: each is refused by its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from excel_export.formulas.operator import Operator
from excel_export.ops.cast import SHORT
from excel_export.shared.errors import ExportError

_ADD_UP = ("cumprod", "cumsum", "index_add", "index_put", "matmul", "pow", "prod", "scatter_add", "sum")
"""Operators that leave the range of a type soon; what else computes with short types has composites."""


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
    """Refuse a module with such a parameter or buffer, and what is no module.

    Raises:
        ExportError: there is one.
    """
    if isinstance(module, type):
        raise ExportError(f"a torch.nn.Module is exported, not a class: make one, {module.__name__}(…)")
    if not isinstance(module, nn.Module):
        raise ExportError(f"a torch.nn.Module is exported, not a {type(module).__name__}")
    for what, tensors in (("parameter", module.named_parameters()), ("buffer", module.named_buffers())):
        for name, tensor in tensors:
            refuse_kind(f"the {what} '{name}'", tensor)


def refuse_wrapped(what: str, operator: Operator, outputs: Sequence[torch.Tensor], wide: Callable[[], Any]) -> None:
    """Refuse whole numbers that leave the range of their type: PyTorch begins anew at its other end, a cell does not.

    Args:
        what: the operator, as errors name it.
        operator: what was called.
        outputs: its results.
        wide: computes them once more, with 64 bits.

    Raises:
        ExportError: a result is another one than with 64 bits, or could easily become so.
    """
    if operator.name in _ADD_UP and operator.arguments.get("accumulate", True):
        for output in outputs:
            if output.dtype in (torch.bool, *SHORT):
                raise ExportError(
                    f"{what} computes with truth values or with whole numbers of {output.dtype.itemsize * 8} bits, "
                    "where PyTorch begins anew at the other end of their range, and a cell does not: use .long()"
                )
    if not any(output.dtype == torch.int32 for output in outputs):
        return
    with torch.no_grad():
        found = wide()
    results = [found] if isinstance(found, torch.Tensor) else list(found)
    for output, exact in zip(outputs, results, strict=True):
        if output.dtype == torch.int32 and not torch.equal(output.double(), exact.double()):
            raise ExportError(
                f"a whole number leaves the range of int32 in {what}, where PyTorch begins anew at its other end, and "
                "a cell does not: use .long()"
            )


def with_64_bits(tensor: torch.Tensor) -> torch.Tensor:
    """Return whole numbers of 32 bits with 64."""
    return tensor.long() if tensor.dtype == torch.int32 else tensor
