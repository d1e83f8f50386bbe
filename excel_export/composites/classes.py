"""one_hot without `num_classes`: how many there are follows from the largest number, which is frozen on request."""

import operator
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import randn
from excel_export.shared.errors import ExportError


def _counts(tensor: torch.Tensor, num_classes: int = -1) -> bool:
    return num_classes == -1


@composite(F.one_hot, when=_counts)
def one_hot(tensor: torch.Tensor, num_classes: int = -1) -> Any:
    """A 1 at the place that each number names, among as many as the largest of them needs."""
    try:
        count = operator.index(tensor.max()) + 1
    except ExportError as error:
        raise ExportError(
            "F.one_hot(y) without num_classes has as many classes as the largest number of y needs, and cells cannot become more or fewer: give num_classes, or freeze it as it is now (freeze_branches=True, --freeze-branches)"
        ) from error
    return F.one_hot(tensor, count)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield one_hot.example("of constants", lambda x: F.one_hot(torch.tensor([2, 0])) * x, randn(2, 3))
