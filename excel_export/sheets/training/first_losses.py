"""The losses before the first step, from which the axis of a chart is made."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import nn

from excel_export.compiler.reference.eager import run_eagerly
from excel_export.compiler.reference.widen import Widen
from excel_export.shared.errors import ExportError
from excel_export.sheets.training.feed import Feed

DECADES = 4
"""How many powers of ten a logarithmic axis has."""


def losses_at_start(module: nn.Module, feed: Feed) -> list[float]:
    """Compute the loss of every example before the first step.

    Raises:
        ExportError: PyTorch cannot, or one of them is infinite or NaN.
    """
    losses = []
    for number, inputs in enumerate(feed.examples, start=1):
        try:
            loss = float(run_eagerly(module, inputs).loss)
        except ExportError as error:
            try:  # it may mix types
                loss = float(run_eagerly(module, inputs, Widen()).loss)
            except ExportError:
                raise ExportError(f"example {number}: {error}") from None
        if not math.isfinite(loss):
            raise ExportError(f"the loss of example {number} is {loss}, which a spreadsheet cannot hold")
        losses.append(loss)
    return losses


def axis(losses: Sequence[float]) -> tuple[float, float]:
    """Return the ends of an axis on which losses have room to move; the lower one is 0 where none is negative."""
    size = max(map(abs, losses))
    power = _power_of_ten(size)
    highest = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= size)
    return (-highest if min(losses) < 0 else 0), highest


def logarithmic_axis(losses: Sequence[float]) -> tuple[float, float]:
    """Return the ends of a logarithmic axis; of another one where a loss is not positive."""
    if min(losses) <= 0:
        return axis(losses)
    highest = 10 * _power_of_ten(max(losses))
    return highest / 10**DECADES, highest


def _power_of_ten(size: float) -> float:
    """Return the power of ten that is not larger than a size."""
    return float(f"1e{math.floor(math.log10(size))}") if size else 1
