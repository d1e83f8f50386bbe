"""Tensors that are made of computed numbers: of lists, one-hot, or drawn at random.

What chance adds is drawn, and the rest is computed. PyTorch itself draws so, and uses up the same random numbers.
"""

import operator
from functools import reduce
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from excel_export.composites._composite import composite
from excel_export.shared.errors import ExportError, UnsupportedOperator


@composite(torch.tensor)
def tensor(data: Any, dtype: torch.dtype | None = None, **rest: Any) -> Any:
    """A tensor without gradients of numbers, scalar tensors or lists of both: [[5, 1]] of [[tensor(5), 1]].

    `rest` is ignored: PyTorch's further arguments, such as device.
    """
    return as_tensor(data, dtype).detach().clone()


@composite(torch.as_tensor, torch.asarray)
def as_tensor(data: Any, dtype: torch.dtype | None = None, *rest: Any, **others: Any) -> Any:
    """A tensor itself, cast to `dtype` if that is not None; or, of numbers or lists, a new one without gradients.

    `rest` and `others` are ignored: PyTorch's further arguments, such as device and requires_grad.
    """
    made = data if isinstance(data, torch.Tensor) else _stacked(data)
    return made if dtype is None else _cast(made, dtype)


def _stacked(data: Any) -> Any:
    if isinstance(data, torch.Tensor):
        return data.detach()
    if not isinstance(data, (list, tuple)):
        return torch.tensor(data, dtype=torch.float64 if isinstance(data, float) else None)
    parts = [_stacked(part) for part in data]
    common = reduce(torch.promote_types, (part.dtype for part in parts))
    return torch.stack([_cast(part, common) for part in parts])


def _cast(tensor: Any, dtype: torch.dtype) -> Any:
    return tensor if tensor.dtype == dtype else tensor.to(dtype)


def _counts(tensor: torch.Tensor, num_classes: int = -1) -> bool:
    return num_classes == -1


@composite(F.one_hot, when=_counts)
def one_hot(tensor: torch.Tensor, num_classes: int = -1) -> Any:
    """Rows of 0 with a 1 at each number's index, the largest number + 1 long: [[0, 0, 1]] for [2].

    Only for calls without `num_classes`; those with it are an operator.
    """
    try:
        count = operator.index(tensor.max()) + 1
    except ExportError as error:
        raise ExportError(
            "F.one_hot(y) without num_classes has as many classes as the largest number of y needs, and cells cannot become more or fewer: give num_classes, or freeze it as it is now (freeze_branches=True, --freeze-branches)"
        ) from error
    return F.one_hot(tensor, count)


@composite(torch.bernoulli, torch.Tensor.bernoulli)
def bernoulli(input: Any, p: Any = None, *, generator: Any = None) -> Any:
    """1 where a number drawn evenly between 0 and 1 is less than the probability, `p` or else `input`; else 0."""
    drawn = torch.rand(tuple(input.shape), dtype=torch.float64, generator=generator)
    return (drawn < (input if p is None else p)).to(input.dtype)


@composite(torch.multinomial, torch.Tensor.multinomial)
def multinomial(input: Any, num_samples: int, replacement: bool = False, *, generator: Any = None) -> Any:
    """The indices of the `num_samples` largest of probability / exponential random number, in each row: [2] for one.

    Raises:
        UnsupportedOperator: several samples are drawn with replacement.
    """
    if replacement and num_samples > 1:
        raise UnsupportedOperator(
            "torch.multinomial with several samples and replacement, of chances that are computed, is not supported: draw one at a time, or compare torch.rand(…) with the chances' cumsum"
        )
    drawn = torch.empty(tuple(input.shape), dtype=torch.float64).exponential_(generator=generator)
    races = input.detach() / drawn
    return races.argmax(-1, keepdim=True) if num_samples == 1 else races.topk(num_samples).indices


@composite(torch.normal)
def normal(mean: Any, std: Any = 1.0, *, generator: Any = None) -> Any:
    """Return mean + std · a standard normal number for each element; no gradient goes on to `mean` or `std`."""
    shapes = [tuple(item.shape) for item in (mean, std) if isinstance(item, torch.Tensor)]
    drawn = torch.randn(np.broadcast_shapes(*shapes), dtype=torch.float64, generator=generator)
    mean, std = (item.detach() if isinstance(item, torch.Tensor) else item for item in (mean, std))
    return drawn * std + mean
