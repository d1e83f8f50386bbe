"""Where the numbers of a tensor lie, and which tensors share some."""

from __future__ import annotations

import torch


def memory(tensor: torch.Tensor) -> int:
    """Where the numbers of a tensor lie; 0 where it has none, or no place for them, as a sparse one."""
    try:
        with torch._C.DisableTorchFunction():  # also while a recorder runs
            return tensor.untyped_storage().data_ptr()
    except (NotImplementedError, RuntimeError):
        return 0


def overlap(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two tensors share an element."""
    if not memory(one) or memory(one) != memory(other):
        return False
    if one.dtype != other.dtype:
        return True
    places = torch.arange(one.untyped_storage().nbytes() // one.element_size())
    first, second = (
        places.as_strided(tensor.shape, tensor.stride(), tensor.storage_offset()) for tensor in (one, other)
    )
    return bool(torch.isin(first, second).any())
