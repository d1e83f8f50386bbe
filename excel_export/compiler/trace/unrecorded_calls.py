"""Functions that are answered and not recorded: what they say stands in no cell."""

from __future__ import annotations

from typing import Any

import torch

QUERIES = {"dim", "size", "numel", "ndimension", "is_floating_point", "is_contiguous", "stride", "nelement",
           "__len__", "__hash__", "is_complex", "get_device", "is_signed", "element_size",
           "storage_offset", "is_inference", "is_same_size", "_is_view", "retain_grad", "result_type", "data_ptr",
           "is_pinned", "is_shared", "is_conj", "is_neg", "is_set_to", "dim_order", "_is_all_true"}  # fmt: skip
"""They look at shape and type only; by the last, torch.distributions asks whether numbers are allowed."""
EMPTY = {"empty", "empty_like", "new_empty", "empty_strided"}
SAME = {"cpu", "resolve_conj", "resolve_neg"}
"""They give the tensor itself."""


def may_be_input(result: Any) -> bool:
    """Whether a result is shown as an input if it was drawn at random.

    Parts of others, and the parameters of a module that is made on the way, are not.
    """
    is_plain = isinstance(result, torch.Tensor) and not isinstance(result, torch.nn.Parameter)
    return is_plain and not result._is_view()
