"""Which tensor is the loss, among what a module returns."""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from excel_export.shared.errors import ExportError

RULE = (
    "the loss is the tensor that it returns; or its part 'loss', as in Hugging Face's ModelOutput; or, of several "
    "results, the one single number that learns"
)


def loss_of(
    result: Any, kind: str, learns: Callable[[torch.Tensor], bool] = lambda tensor: tensor.requires_grad
) -> torch.Tensor:
    """Return the loss, a floating tensor with one element.

    Args:
        result: what `forward` returned: the loss; something with a `loss`, as an attribute or a key; or a tuple or list
            in which one result of no dimensions learns, as in `(accuracy, loss)`. Where none does, it is the first
            result, or the only one without dimensions.
        kind: the module's class, for messages.
        learns: whether a gradient goes on from a tensor.

    Raises:
        ExportError: there is none, or there are several.
    """
    found = result
    if isinstance(result, Mapping):
        found = result.get("loss")
    elif isinstance(result, (tuple, list)) and not hasattr(result, "loss"):
        single = [item for item in result if isinstance(item, torch.Tensor) and item.dim() == 0]
        learning = [item for item in single if item.is_floating_point() and learns(item)]
        if len(learning) > 1:
            raise ExportError(
                f"{kind} must return a scalar loss, but it returned {len(learning)} numbers that learn: return their "
                "sum, or the loss alone, or detach() what is only shown"
            )
        single = learning or single
        is_clear = learning or (single and (single[0] is result[0] or len(single) == 1))
        found = single[0] if is_clear else None
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
