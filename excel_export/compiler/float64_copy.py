"""A copy of a module to compute with, so that the caller's own stays as it is."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from excel_export.compiler.kinds_of_tensors import refuse_kinds
from excel_export.shared.errors import ExportError, first_line

_PARTS = ("_parameters", "_buffers", "_modules")
_COMPUTED = "_computed_before_the_export"


def float64_copy(module: nn.Module) -> nn.Module:
    """Copy a module to the CPU, with all that it holds in float64. The gradients of earlier runs are left behind.

    What a layer has computed before, such as the weight of `weight_norm`, is copied without the way to it: see
    `computed_before`. What cannot be copied and holds no tensor, such as a lock, is shared.

    Raises:
        ExportError: it is no module, the module cannot be copied, or a cell cannot hold the numbers of one of its
            parameters.
    """
    if not isinstance(module, nn.Module):
        raise ExportError(f"a torch.nn.Module is exported, not a {type(module).__name__}")
    refuse_kinds(module)
    with torch.inference_mode(False), torch.no_grad():
        memo = {id(tensor): _computed(tensor, name) for name, tensor in _made_by_autograd(module)}
        try:
            copied = copy.deepcopy(module, dict(memo))
        except Exception:
            memo |= {id(item): item for item in _uncopyable(module)}
            try:
                copied = copy.deepcopy(module, memo)
            except Exception as error:
                raise ExportError(f"{type(module).__name__} cannot be copied: {first_line(error)}") from error
        _widen(copied)
    return copied


def computed_before(tensor: torch.Tensor) -> str | None:
    """Return the name of a tensor of a copy that autograd has made before the copy; None for all others."""
    return getattr(tensor, _COMPUTED, None)


def _computed(tensor: torch.Tensor, name: str) -> torch.Tensor:
    copied = tensor.detach().clone()
    setattr(copied, _COMPUTED, name)
    return copied


def _made_by_autograd(module: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    for path, part in module.named_modules():
        for name, item in vars(part).items():
            if name not in _PARTS:
                for tensor in _held(item, torch.Tensor):
                    if tensor.grad_fn is not None:
                        yield f"{path}.{name}" if path else name, tensor


def _uncopyable(module: nn.Module) -> Iterator[Any]:
    for part in module.modules():
        for name, item in vars(part).items():
            if name not in _PARTS and next(_held(item, (torch.Tensor, nn.Module)), None) is None:
                try:
                    copy.deepcopy(item)
                except Exception:
                    yield item


def _held(item: Any, kinds: Any) -> Iterator[Any]:
    """What is of these kinds in an attribute, which may be a list, a tuple or a dict."""
    if isinstance(item, kinds):
        yield item
    elif isinstance(item, dict):
        yield from _held(list(item.values()), kinds)
    elif isinstance(item, (list, tuple)):
        for part in item:
            yield from _held(part, kinds)


def _widen(module: nn.Module) -> None:
    """Change a module to float64, also its plain tensors, and modules in plain lists, which PyTorch passes over."""
    module.cpu().double()
    for part in module.modules():
        for name, item in vars(part).items():
            if isinstance(item, torch.Tensor):
                wide = item.detach().cpu()
                wide = wide.double() if wide.is_floating_point() else wide
                if computed_before(item):
                    setattr(wide, _COMPUTED, computed_before(item))
                setattr(part, name, wide)
            elif name not in _PARTS:
                for held in _held(item, nn.Module):
                    if held is not module:
                        _widen(held)
