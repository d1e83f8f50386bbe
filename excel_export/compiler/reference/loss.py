"""Which tensor is the loss, among what a module returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from excel_export.shared.errors import ExportError

RULE = (
    "the loss is the tensor that it returns; or its part 'loss', as in Hugging Face's ModelOutput; or the first of "
    "several results, where that is a single number; or the only one of them that is"
)


def loss_of(result: Any, kind: str) -> torch.Tensor:
    """Return the loss, a floating tensor with one element.

    Args:
        result: what `forward` returned: the loss; something with a `loss`, as an attribute or a key; or a tuple or list
            that begins with a loss of no dimensions, or holds one besides what has dimensions, as `(logits, loss)`.
        kind: the module's class, for messages.

    Raises:
        ExportError: there is none.
    """
    found = result
    if isinstance(result, Mapping):
        found = result.get("loss")
    elif isinstance(result, (tuple, list)) and not hasattr(result, "loss"):
        single = [item for item in result if isinstance(item, torch.Tensor) and item.dim() == 0]
        found = single[0] if single and (single[0] is result[0] or len(single) == 1) else None
    elif not isinstance(result, torch.Tensor):
        found = getattr(result, "loss", None)
    if not isinstance(found, torch.Tensor):
        raise ExportError(f"{kind} must return a scalar loss, but it returned {_described(result)}: {RULE}")
    if found.numel() != 1:
        raise ExportError(f"{kind} must return a scalar loss, but it returned {_described(found)}")
    if not found.is_floating_point():
        raise ExportError(
            f"{kind} must return a scalar loss, but it returned a whole number ({_described(found)}), which has no "
            "gradient"
        )
    return found


def _described(result: Any) -> str:
    if isinstance(result, torch.Tensor):
        return f"{tuple(result.shape)} of {str(result.dtype).removeprefix('torch.')}"
    if isinstance(result, Mapping):
        return f"{type(result).__name__} of {', '.join(map(str, result)) or 'nothing'}"
    return "None" if result is None else type(result).__name__
