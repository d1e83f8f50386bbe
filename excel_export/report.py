"""How the tensors of a workbook compare with PyTorch's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import nn

from excel_export.compiler.trace import Inputs, trace
from excel_export.graph.parts import part
from excel_export.xlsx.read import read_tensors

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Row:
    """One tensor: its key, its shape, and its largest difference from PyTorch's.

    The difference is relative to the tensor's largest element, or absolute where that is below 1.
    It is infinite where the workbook lacks the tensor or holds something that is no number.
    """

    key: str
    shape: tuple[int, ...]
    error: float


@dataclass(frozen=True)
class Report:
    """A workbook held against PyTorch."""

    path: Path
    table: list[Row]
    """One row per tensor."""
    formulas: int = 0
    """How many formulas the export wrote."""

    @property
    def max_error(self) -> float:
        """The largest of the errors."""
        return max((row.error for row in self.table), default=0.0)

    @property
    def ok(self) -> bool:
        """Whether every tensor agrees within `TOLERANCE`."""
        return self.max_error <= TOLERANCE

    def __str__(self) -> str:
        """The table as text."""
        width = max((len(row.key) for row in self.table), default=0)
        lines = [f"{row.key:<{width}}  {row.shape!s:<18}  {row.error:.1e}" for row in self.table]
        verdict = "agree with PyTorch" if self.ok else "DO NOT all agree with PyTorch"
        return "\n".join([*lines, f"{len(self.table)} tensors {verdict}; largest error {self.max_error:.1e}"])


def verify(
    path: str | Path, module: nn.Module, inputs: Inputs, *, start: str | None = None, stop: str | None = None
) -> Report:
    """Recompute with autograd in float64 and compare every tensor of the workbook's stored values.

    Args:
        path: a workbook that `export` wrote, also after a spreadsheet program saved it again.
        module: the module, with the parameters that the workbook should hold.
        inputs: the inputs that the workbook should hold.
        start: the first layer that `export` made live, if not the first of all.
        stop: the last layer that `export` made live, if not the last of all.

    Raises:
        ExportError: the file cannot be read, or the module cannot be traced.
    """
    return compare(Path(path), read_tensors(path), part(trace(module, inputs), start, stop).tensors)


def compare(
    path: Path, found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray], formulas: int = 0
) -> Report:
    """Compare a workbook's tensors with the expected ones."""
    rows = [Row(key, reference.shape, _error(found.get(key), reference)) for key, reference in expected.items()]
    return Report(path, rows, formulas)


def _error(found: np.ndarray | None, expected: np.ndarray) -> float:
    if found is None or found.shape != expected.shape:
        return float("inf")
    if not expected.size:
        return 0.0
    error = np.abs(found - expected).max() / max(1.0, np.abs(expected).max())
    return float("inf") if np.isnan(error) else float(error)
