"""Calls that are linear in their first argument: each result is a sum of numbers times fixed factors.

The factors are found by running the call on one element at a time, so such calls need no row: average pools, resizing,
and their ways back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from excel_export.formulas import Expression, table, total
from excel_export.recorder.rows.elementwise import scaled
from excel_export.recorder.rows.table import Cells

_SIZES = ("1d", "2d", "3d")
LINEAR = {
    "avg_pool2d", "avg_pool2d_backward", "avg_pool3d", "avg_pool3d_backward",
    *(f"_adaptive_avg_pool{n}{back}" for n in ("2d", "3d") for back in ("", "_backward")),
    *(f"{kind}{n}{back}" for kind in ("upsample_nearest", "_upsample_nearest_exact") for n in _SIZES
      for back in ("", "_backward")),
    *(f"upsample_{kind}{back}" for kind in ("linear1d", "bilinear2d", "bicubic2d", "trilinear3d")
      for back in ("", "_backward")),
    *(f"{kind}_pad{n}{back}" for kind in ("reflection", "replication") for n in _SIZES for back in ("", "_backward")),
    "im2col", "col2im",
}  # fmt: skip
"""The names of these calls."""


def by_basis(
    function: Callable[..., torch.Tensor], source: Cells, rest: Sequence[Any], more: Mapping[str, Any]
) -> Expression:
    """Return the formulas of a linear call, function(source, *rest, **more): 0.5*B3+0.5*B4 of a mean of two.

    `rest` and `more` are PyTorch's own arguments; tensors among them, such as the input of an average pool on its way
    back, give shapes only.
    """
    count = source.data.size
    units = torch.eye(count, dtype=torch.float64).reshape(count, *source.shape)
    factors = torch.stack([function(unit.contiguous(), *rest, **more) for unit in units]).numpy()
    cells = source.cells.reshape(-1)

    def result(*at: int) -> Expression:
        column = np.moveaxis(factors, 0, -1)[at]
        return total(scaled(cells.element((int(n),)), float(column[n])) for n in column.nonzero()[0])

    return table(factors.shape[1:], result)
