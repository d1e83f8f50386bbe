"""bucketize and searchsorted: between which of several borders a number lies."""

from typing import Any

import torch

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import randn

_FEW = 32
"""So many borders are compared with each number; among more, PyTorch's way to halve them is shorter."""


def _below(borders: Any, numbers: Any, right: bool) -> Any:
    """How many borders, along the last dimension, are below each number; if `right`, or equal to it."""
    return (borders <= numbers if right else borders < numbers).sum(-1)


@composite(torch.bucketize)
def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Any:
    """The number of borders that are below each number."""
    if len(boundaries) > _FEW:
        return torch.bucketize(input, boundaries, right=right)
    return _below(boundaries, input[..., None], right)


@composite(torch.searchsorted)
def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Any:
    """The place of each number among sorted ones: how many of them are below it."""
    if sorter is not None:
        sorted_sequence = sorted_sequence.gather(-1, sorter)
    right = right or side == "right"
    if sorted_sequence.shape[-1] > _FEW:
        return torch.searchsorted(sorted_sequence, input, right=right)
    if not isinstance(input, torch.Tensor):
        return _below(sorted_sequence, input, right)
    borders = sorted_sequence if sorted_sequence.dim() == 1 else sorted_sequence[..., None, :]
    return _below(borders, input[..., None], right)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    borders = torch.tensor([-0.5, 0.0, 0.7], dtype=torch.float64)
    yield bucketize.example("", lambda x: x * torch.bucketize(x.detach(), borders), randn(2, 3))
    yield bucketize.example(
        "live, met", lambda x: x * torch.bucketize(x.detach(), x[0].detach().sort()[0], right=True), randn(2, 3)
    )
    yield searchsorted.example(
        "", lambda x: x * torch.searchsorted(x.detach().cumsum(-1), x.detach() * 2, right=True), randn(2, 3).abs()
    )
    yield searchsorted.example("of a line",
          lambda x: x * torch.searchsorted(x[0].detach().cumsum(-1), x.detach(), side="left"),
          randn(2, 3).abs())  # fmt: skip
