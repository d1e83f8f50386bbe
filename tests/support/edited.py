"""A workbook in which a learner types other inputs and other weights, held against PyTorch's run with these numbers."""

from __future__ import annotations

import copy
import inspect
from pathlib import Path

import numpy as np
import torch
from torch import nn

from excel_export import read_tensors
from excel_export.workbook.index import VALUE
from excel_export.workbook.read import read_index
from tests.support.cells import cell
from tests.support.coverage.judge import plain_run
from tests.support.engines import edit, recalculate

TOLERANCE = 1e-9


def edited(path: Path, module: nn.Module, inputs: tuple[torch.Tensor, ...], target: Path) -> Path:
    """Write a copy of a workbook with the parameters of a module and with inputs typed in."""
    grids = {entry.key: entry.grid for entry in read_index(path) if entry.what == VALUE}
    values = dict(module.named_parameters()) | named(module, inputs)
    changes = {}
    for key, tensor in values.items():
        if key in grids:  # what nothing reads is not in the workbook
            grid, numbers = grids[key], tensor.detach().double().numpy()
            for index in np.ndindex(*grid.shape):
                row = grid.row + sum(k * n for k, n in zip(index, grid.row_strides, strict=True))
                col = grid.col + sum(k * n for k, n in zip(index, grid.col_strides, strict=True))
                changes[grid.sheet, cell(row, col)] = float(numbers[index])
    return edit(path, changes, target)


def named(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> dict[str, torch.Tensor]:
    """The inputs by the names of forward's arguments."""
    return dict(zip(inspect.signature(module.forward).parameters, inputs, strict=False))


def differing(
    path: Path,
    engine: str,
    module: nn.Module,
    inputs: tuple[torch.Tensor, ...],
    folder: Path,
    tolerance: float = TOLERANCE,
    *,
    copies: bool = True,
) -> list[str]:
    """Compute a workbook and say which of its tensors are not PyTorch's, and which cells hold no number."""
    found = read_tensors(recalculate(path, engine, folder).path)
    wrong = [f"{key} holds no number" for key, numbers in found.items() if np.isnan(numbers).any()]
    for key, expected in plain_run(module, inputs, 0, copies=copies).items():
        if key in found:
            error = np.abs(found[key] - expected).max(initial=0) / max(1, np.abs(expected).max(initial=0))
            if not error <= tolerance:
                wrong.append(f"{key} differs by {error:.1e}")
        elif key.startswith("grad.") and expected.any():
            wrong.append(f"{key} is not there")
    return wrong


def jittered(
    module: nn.Module, inputs: tuple[torch.Tensor, ...], seed: int, ties: bool = False
) -> tuple[nn.Module, tuple[torch.Tensor, ...]]:
    """Return a copy of a module with other parameters, and other inputs; whole numbers stay.

    With `ties`, inputs are eighths: some of them are equal, and some are zero.
    """
    generator = torch.Generator().manual_seed(seed)

    def other(tensor: torch.Tensor) -> torch.Tensor:
        if not tensor.is_floating_point():
            return tensor
        if ties:
            return torch.randint(-12, 13, tensor.shape, generator=generator).double() / 8
        return torch.randn(tensor.shape, generator=generator, dtype=torch.float64)

    module = copy.deepcopy(module)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(0.6 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    x, target = inputs
    # A target is a probability for some losses.
    return module, (
        other(x),
        torch.rand(target.shape, generator=generator).double() if target.is_floating_point() else target,
    )
