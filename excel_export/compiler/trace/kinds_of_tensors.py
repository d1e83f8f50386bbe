"""Tensors of other kinds, made where no recorder sees it: `Variable(x)`, and subclasses of tensors."""

from __future__ import annotations

from typing import Any

import torch
from torch.autograd.variable import VariableMeta

from excel_export.compiler.trace.patches import Patch


def _variable(kind: Any, data: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Return the numbers of a tensor without the way back, as `Variable(x)` does."""
    if isinstance(data, torch.Tensor):
        return data.detach()
    return type.__call__(kind, *(() if data is None else (data,)), *args, **kwargs)


def _as_subclass(tensor: torch.Tensor, kind: Any) -> torch.Tensor:
    """Return the tensor: what a subclass does beside computing has no cells."""
    return tensor


PLAIN_TENSORS: list[Patch] = [(VariableMeta, "__call__", _variable), (torch.Tensor, "as_subclass", _as_subclass)]
