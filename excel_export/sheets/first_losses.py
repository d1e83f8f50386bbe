"""The losses before the first step, from which the axis of a chart is made."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

import torch
from torch import nn

from excel_export.compiler.trace import bind, first_line
from excel_export.shared.errors import ExportError
from excel_export.sheets.examples import Examples, named
from excel_export.sheets.feed import Feed


def losses_at_start(module: nn.Module, examples: Examples | Feed) -> list[float]:
    """Compute the loss of every example before the first step.

    Raises:
        ExportError: PyTorch cannot, or one of them is infinite or NaN.
    """
    given = {"": examples.example} if isinstance(examples, Feed) else named(examples)
    module = copy.deepcopy(module).cpu().double()
    losses = []
    for name, inputs in given.items():
        try:
            with torch.no_grad():
                losses.append(float(module(*bind(module, inputs).values())))
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            raise ExportError(f"PyTorch cannot run the module on example {name}: {first_line(error)}") from error
        if not math.isfinite(losses[-1]):
            raise ExportError(f"the loss of example {name} is {losses[-1]}, which a spreadsheet cannot hold")
    return losses


def reach(losses: Sequence[float]) -> tuple[float, float]:
    """Return the ends of an axis on which losses have room to move; the lower one is 0 where none is negative."""
    size = 1.5 * max(map(abs, losses))
    power = 10.0 ** math.floor(math.log10(size)) if size else 1.0
    highest = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= size)
    return (-highest if min(losses) < 0 else 0.0), highest
