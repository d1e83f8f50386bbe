"""From a sheet to a module to a sheet, and from a module to a sheet to a module: the same numbers and training."""

from __future__ import annotations

import ironcalc
import pytest
import torch
from torch import nn

import excel_export
from excel_export.compiler.trace.tracer import trace
from excel_export.shared.a1_notation import place
from excel_export.shared.cells import name_of
from excel_export.workbook.read import VALUE, read_index
from tests.support.passes import write_passes
from tests.support.sheets_by_hand import column_of_neurons, one_row_a_step, save

E = torch.float64


class Network(nn.Module):
    """3-4-2 with ReLU; the loss is the cross-entropy of a batch."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.hidden, self.out = nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, x, y):
        return nn.functional.cross_entropy(self.out(torch.relu(self.hidden(x))), y)


ROW = [f"{column}4" for column in ("X", "Y", "Z", "AA", "AB", "AC", "AD", "AE")]
COLUMN = [f"B{row}" for row in (28, 29, 30, 31, 32, 33, 21, 22, 23)]


@pytest.mark.parametrize(
    ("sheets", "loss", "parameters", "gradients"),
    [
        pytest.param(lambda: one_row_a_step(steps=1), "W4", "E4:L4", ROW, id="row", marks=pytest.mark.slow),
        pytest.param(column_of_neurons, "B19", "B5:B13", COLUMN, id="column"),
    ],
)
def test_a_sheet_as_a_module_as_a_sheet_has_its_numbers(sheets, loss, parameters, gradients, tmp_path):
    path, exported = save(sheets(), tmp_path / "sheet.xlsx"), tmp_path / "exported.xlsx"
    excel_export.export(excel_export.load_spreadsheet(path, loss=loss, parameters=parameters), (), exported)
    found = excel_export.read_tensors(exported)
    engine = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
    engine.evaluate()
    assert found["loss"] == pytest.approx(engine.get_cell_value(0, *place(loss)), rel=1e-12)
    own = [engine.get_cell_value(0, *place(at)) for at in gradients]
    assert any(own)
    assert found[f"grad.{parameters.replace(':', '_')}"].ravel() == pytest.approx(own, rel=1e-10, abs=1e-15)


def area_of(grid):
    """The cells of a tensor, such as 'Network'!K35:M38."""
    first = place(grid.first.area)
    steps = (
        sum((size - 1) * step for size, step in zip(grid.shape, strides, strict=True))
        for strides in (grid.row_strides, grid.col_strides)
    )
    last = name_of(*(begin + step for begin, step in zip(first, steps, strict=True)))
    return f"'{grid.sheet}'!{grid.first.area}:{last}"


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["passes", "whole"])
def test_a_module_as_a_sheet_as_a_module_trains_alike(whole, tmp_path):
    module, path = Network().double(), tmp_path / "exported.xlsx"
    inputs = torch.tensor([[0.5, -0.2, 0.1], [0.3, 0.8, -0.5], [-0.6, 0.4, 0.9]], dtype=E), torch.tensor([1, 0, 1])
    if whole:
        excel_export.export(module, inputs, path)
    else:
        write_passes(trace(module, inputs), path)
    grids = {entry.key: entry.grid for entry in read_index(path) if entry.what == VALUE}
    areas = [area_of(grids[name]) for name, _ in module.named_parameters()]
    sheet = excel_export.load_spreadsheet(path, loss="loss", parameters=areas)
    ours, theirs = torch.optim.SGD(module.parameters(), lr=0.5), torch.optim.SGD(sheet.parameters(), lr=0.5)
    for _ in range(10):
        losses = module(*inputs), sheet()
        torch.testing.assert_close(losses[1], losses[0], rtol=1e-12, atol=0)
        for optimizer, loss in zip((ours, theirs), losses, strict=True):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    for own, cells in zip(module.parameters(), sheet.parameters(), strict=True):
        torch.testing.assert_close(cells.detach().reshape(own.shape), own.detach(), rtol=1e-10, atol=1e-14)
