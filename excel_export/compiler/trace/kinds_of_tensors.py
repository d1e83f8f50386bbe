"""Tensors of other kinds, made where no recorder sees it: `Variable(x)`, `nn.Parameter(x)`, subclasses of tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.autograd.variable import VariableMeta

from excel_export.compiler.reference.tensors import tensors_in
from excel_export.compiler.trace.patches import Patch


def _variable(kind: Any, data: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Return the numbers of a tensor without the way back, as `Variable(x)` does."""
    if isinstance(data, torch.Tensor):
        return data.detach()
    return type.__call__(kind, *(() if data is None else (data,)), *args, **kwargs)


def _as_subclass(tensor: torch.Tensor, kind: Any) -> torch.Tensor:
    """Return the tensor: what a subclass does beside computing has no cells."""
    return tensor


def parameters_followed(is_live: Callable[[torch.Tensor], bool]) -> list[Patch]:
    """Return patches with which `nn.Parameter(x)` of a tensor that is computed follows it, as in a moving codebook.

    Args:
        is_live: whether a tensor depends on an input or a parameter.
    """

    def made(kind: Any, *args: Any, **kwargs: Any) -> Any:
        if kind is not nn.Parameter or not any(map(is_live, tensors_in((args, kwargs)))):
            return type.__call__(kind, *args, **kwargs)
        return parameter(*args, **kwargs)

    def parameter(data: torch.Tensor, requires_grad: bool = True) -> Any:
        made: Any = data.detach()
        made._is_param = True  # a module takes it for one
        return made.requires_grad_() if requires_grad else made

    return [(type(nn.Parameter), "__call__", made)]


PLAIN_TENSORS: list[Patch] = [(VariableMeta, "__call__", _variable), (torch.Tensor, "as_subclass", _as_subclass)]
