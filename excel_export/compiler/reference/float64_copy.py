"""A copy of a module to compute with, so that the caller's own stays as it is."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from excel_export.compiler.reference.functions_of_a_copy import rebind_functions
from excel_export.compiler.refuse.kinds import refuse_kinds
from excel_export.compiler.refuse.shared_numbers import (
    PARTS,
    buffers,
    fixed,
    followers,
    held,
    refuse_overlapping,
    why_fixed,
)
from excel_export.shared.errors import ExportError, first_line


def float64_copy(module: nn.Module) -> nn.Module:
    """Copy a module to the CPU, with all that it holds in float64. The gradients of earlier runs are left behind.

    What a layer has computed before, such as the weight of `weight_norm`, is copied without the way to it, and what
    shares the numbers of a parameter has numbers of its own: see `refuse/shared_numbers.py`. What cannot be copied and
    holds no tensor, such as a lock, is shared.

    Raises:
        ExportError: it is no module, the module cannot be copied, a cell cannot hold the numbers of one of its
            parameters, or two parameters share their numbers.
    """
    refuse_kinds(module)
    refuse_overlapping(module)
    with torch.inference_mode(False), torch.no_grad():
        memo = {id(tensor): fixed(tensor.detach().clone(), reason) for tensor, reason in followers(module)}
        noted = dict(memo)
        try:
            copied = copy.deepcopy(module, noted)
        except Exception:
            noted = memo | {id(item): item for item in _uncopyable(module)}
            try:
                copied = copy.deepcopy(module, noted)
            except Exception as error:
                raise ExportError(f"{type(module).__name__} cannot be copied: {first_line(error)}") from error
        rebind_functions(copied, noted)
        _widen(copied)
    return copied


def _uncopyable(module: nn.Module) -> Iterator[Any]:
    for part in module.modules():
        for name, item in vars(part).items():
            if name not in PARTS and next(held(item, (torch.Tensor, nn.Module)), None) is None:
                try:
                    copy.deepcopy(item)
                except Exception:
                    yield item


def _has_numbers(tensor: torch.Tensor) -> bool:
    """Tell a tensor from a mere shape, as in a module that only says how others compute, for functional_call."""
    return tensor.device.type != "meta"


def _widen(module: nn.Module) -> None:
    """Change a module to float64, also its plain tensors, and modules in plain lists, which PyTorch passes over."""
    reasons = {(part, key): why_fixed(buffer) for part in module.modules() for key, buffer in buffers(part).items()}
    if all(_has_numbers(tensor) for tensor in (*module.parameters(), *module.buffers())):
        module.cpu()
    module.double()
    for (part, key), reason in reasons.items():
        fixed(part.get_buffer(key), reason)
    for part in module.modules():
        for name, item in vars(part).items():
            if isinstance(item, torch.Tensor):
                wide = item.detach().cpu() if _has_numbers(item) else item
                wide = wide.double() if wide.is_floating_point() else wide
                setattr(part, name, fixed(wide, why_fixed(item)))
            elif name not in PARTS:
                for inner in held(item, nn.Module):
                    if inner is not module:
                        _widen(inner)
