"""A workbook whose inputs a learner changes: it must then show what PyTorch computes of the new ones."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import verify
from excel_export.compiler.trace.tracer import trace
from excel_export.report import Report
from excel_export.workbook.read import read_index
from tests.support.cells import cell
from tests.support.engines import edit, recalculate
from tests.support.passes import write_passes


class Apply(nn.Module):
    """How far a function's result is from some numbers, so that every element gets a gradient of its own."""

    def __init__(self, function, size):
        super().__init__()
        self.function = function
        self.register_buffer("mix", torch.linspace(-1.3, 2.1, size).double() if size > 1 else torch.ones(1).double())

    def forward(self, x, y=None, z=None):
        result = self.function(*(item for item in (x, y, z) if item is not None))
        return F.mse_loss(result.flatten().double(), self.mix)


def reports_after_edits(
    function, inputs: Sequence[torch.Tensor], edits: Sequence[Sequence[torch.Tensor]], engines, folder: Path
) -> list[Report]:
    """Export a function, type other inputs, and compare the workbook with PyTorch after each edit; see `retyped`."""
    return [verify(path, module, new) for path, module, new in retyped(function, inputs, edits, engines, folder)]


def retyped(
    function, inputs: Sequence[torch.Tensor], edits: Sequence[Sequence[torch.Tensor]], engines, folder: Path
) -> Iterator[tuple[Path, Apply, tuple[torch.Tensor, ...]]]:
    """Write a function's two passes, type other inputs, and yield each recalculated file, its module and its inputs.

    Args:
        function: what is exported, of up to three tensors.
        inputs: what it is exported with.
        edits: other inputs of the same shapes.
        engines: which recalculate the file.
        folder: where files go.
    """
    inputs = [x.double() if x.is_floating_point() else x for x in inputs]
    module = Apply(function, function(*(x.clone() for x in inputs)).numel())
    write_passes(trace(module, tuple(inputs)), folder / "case.xlsx")
    places = {entry.key: entry.grid for entry in read_index(folder / "case.xlsx") if entry.what == "value"}
    for k, new in enumerate(edits):
        new = [x.double() if x.is_floating_point() else x for x in new]
        changes = {
            (places[name].sheet, cell(int(places[name].rows[at]), int(places[name].cols[at]))): float(tensor[at])
            for name, tensor in zip("xyz", new, strict=False)
            for at in np.ndindex(*tensor.shape)
        }
        edit(folder / "case.xlsx", changes, folder / f"edited{k}.xlsx")
        for engine in engines:
            path = recalculate(folder / f"edited{k}.xlsx", engine, folder / engine).path
            yield path, module, tuple(new)
