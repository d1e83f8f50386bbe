"""PyTorch's own samples of its functions: what `op_db`, with which PyTorch tests itself, calls each function with."""

from __future__ import annotations

from functools import partial

import torch

from tests.support.coverage.case import Case, Group, scalar, tensors_in

LARGEST_TENSOR, MOST_SAMPLES = 400, 8
TITLE = "PyTorch's own samples of its functions (`op_db`)"


def groups() -> list[Group]:
    """Return a group for each function that has samples in float64."""
    from torch.testing._internal.common_methods_invocations import op_db

    return [Group(op.full_name, partial(_cases, op)) for op in op_db if torch.float64 in op.supported_dtypes("cpu")]


def small_samples(op, most: int = MOST_SAMPLES) -> list:
    """Return small samples of a function, spread evenly over all that PyTorch has, the first among them."""
    samples = list(op.sample_inputs("cpu", torch.float64, requires_grad=op.supports_autograd))
    small = [sample for sample in samples if _is_small(sample)]
    count = min(most, len(small))
    return [small[k * len(small) // count] for k in range(count)]


def _is_small(sample) -> bool:
    return all(x.numel() <= LARGEST_TENSOR for x in tensors_in([sample.input, list(sample.args), sample.kwargs]))


def _cases(op) -> list[Case]:
    return [
        Case(str(k), partial(scalar, op.op, sample.input, *sample.args, **sample.kwargs), whole=k == 0)
        for k, sample in enumerate(small_samples(op))
    ]
