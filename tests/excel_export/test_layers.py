"""A network too large for one picture: a sheet for each layer, and rectangles over many channels."""

import pytest
import torch
import torch.nn.functional as F
from openpyxl import load_workbook
from torch import nn

from excel_export import export, verify
from excel_export.compiler.trace.tracer import trace
from excel_export.shared import cells
from tests.support.engines import recalculate
from tests.support.many_sheets import many_sheets
from tests.support.passes import write_passes
from tests.support.sheets import load_sheet


class Wide(nn.Module):
    """Convolutions over more channels than are summed one by one, with stride, padding, dilation and groups."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Conv2d(1, 14, 3, padding=1)
        self.second = nn.Conv2d(14, 26, 3, stride=2, dilation=2, padding=2)
        self.third = nn.Conv2d(26, 26, (2, 1), groups=2)
        self.head = nn.Linear(26 * 2 * 3, 3)

    def forward(self, image, label):
        x = F.relu(self.second(torch.sigmoid(self.first(image))))
        return F.cross_entropy(self.head(self.third(x).flatten(1)), label)


INPUTS = (torch.linspace(-2, 2, 72).sin().reshape(2, 1, 6, 6), torch.tensor([2, 0]))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The workbook, and what the exporter reports of it."""
    path = tmp_path_factory.mktemp("layers") / "wide.xlsx"
    with many_sheets(500, 200):
        return path, export(Wide(), INPUTS, path)


@pytest.mark.parametrize("engine", ["ironcalc", "libreoffice"])
def test_every_tensor_equals_autograd_across_sheets(made, engine, tmp_path):
    path, said = made
    assert said.how_to_begin == f"open {path}: begin on the sheet Start"
    sheets = load_workbook(path, read_only=True).sheetnames
    assert {"Inputs", "second", "third", "head", "second After"} <= set(sheets)
    report = verify(recalculate(path, engine, tmp_path).path, Wide(), INPUTS)
    assert report.ok, report


def test_rectangles_on_one_sheet(tmp_path):
    module = Wide()
    with many_sheets(10**6, 10**6):
        write_passes(trace(module, INPUTS), tmp_path / "wide.xlsx")
    assert "Network" in load_workbook(tmp_path / "wide.xlsx", read_only=True).sheetnames
    assert verify(recalculate(tmp_path / "wide.xlsx", "ironcalc", tmp_path).path, module, INPUTS).ok


def test_a_formula_does_not_name_its_own_sheet(made):
    sheet = load_sheet(made[0], "second")
    formulas = [cell.value for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert any("'Inputs'!" in formula for formula in formulas)
    assert not any("'second'!" in formula for formula in formulas)


@pytest.mark.parametrize("limit", ["LAST_ROW", "LAST_COLUMN"])
def test_a_network_beyond_the_limits_of_a_sheet_is_refused(monkeypatch, limit, tmp_path):
    monkeypatch.setattr(cells, limit, 60)
    with pytest.raises(Exception, match="export a smaller input, a smaller batch or a part of the network"):
        export(Wide(), INPUTS, tmp_path / "wide.xlsx")
    assert not list(tmp_path.iterdir())
