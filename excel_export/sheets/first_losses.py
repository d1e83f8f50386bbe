"""The losses before the first step, from which the axis of a chart is made."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import nn

from excel_export.compiler.eager import run_eagerly
from excel_export.shared.errors import ExportError
from excel_export.sheets.examples import Examples, named
from excel_export.sheets.feed import Feed


def losses_at_start(module: nn.Module, examples: Examples | Feed) -> list[float]:
    """Compute the loss of every example before the first step.

    Raises:
        ExportError: PyTorch cannot, or one of them is infinite or NaN.
    """
    given = {"": examples.example} if isinstance(examples, Feed) else named(examples)
    losses = []
    for name, inputs in given.items():
        try:
            loss = float(run_eagerly(module, inputs).loss)
        except ExportError as error:
            raise ExportError(f"example {name}: {error}") from error
        if not math.isfinite(loss):
            raise ExportError(f"the loss of example {name} is {loss}, which a spreadsheet cannot hold")
        losses.append(loss)
    return losses


def reach(losses: Sequence[float]) -> tuple[float, float]:
    """Return the ends of an axis on which losses have room to move; the lower one is 0 where none is negative."""
    size = 1.5 * max(map(abs, losses))
    power = 10.0 ** math.floor(math.log10(size)) if size else 1.0
    highest = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= size)
    return (-highest if min(losses) < 0 else 0.0), highest
