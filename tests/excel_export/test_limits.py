"""What is too large for a workbook is refused before any formula is written; what just fits is written."""

import io
import time

import pytest
import torch
from openpyxl import load_workbook
from torch import nn

from excel_export import ExportError, export, verify
from excel_export.compiler.place import limits
from excel_export.compiler.trace.tracer import trace
from excel_export.shared.cells import LAST_COLUMN, LAST_ROW
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.styles import GREY
from excel_export.workbook.write import write
from tests.support.engines import each_engine, recalculate
from tests.support.long_proofs import only_quick
from tests.support.passes import each_writer, write_alone
from tests.support.tiny import Fails, Net

SECONDS = 60
"""A bound that even a busy machine keeps, and an export that began would not."""


class Layer(nn.Module):
    """A layer, and the mean square of what it gives."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x).square().mean()


TOO_LARGE = {
    "many parameters": (lambda: nn.Linear(4096, 4096), (1, 4096), r"'layer.weight' 4096×4096"),
    "large image": (lambda: nn.Conv2d(3, 16, 3), (1, 3, 512, 512), r"'layer' 1×16×510×510"),
    "large batch": (lambda: nn.Linear(100, 10), (10_000, 100), r"'x' 10000×100|'layer' 10000×10"),
    "large input": (lambda: nn.AvgPool2d(1000), (1, 1, 2000, 2000), r"'x' 1×1×2000×2000"),
}


@pytest.mark.parametrize("case", only_quick(TOO_LARGE, "large input"))
def test_too_many_cells_are_refused_before_a_formula_is_written(case, tmp_path):
    layer, shape, words = TOO_LARGE[case]
    start = time.process_time()
    with pytest.raises(ExportError, match=words) as caught:
        export(Layer(layer()), (torch.zeros(shape),), tmp_path / "large.xlsx")
    assert time.process_time() - start < SECONDS
    assert "2,000,000" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_part_of_a_network_may_be_small(tmp_path):
    module = Layer(nn.Sequential(nn.Linear(20_000, 20), nn.Linear(20, 2)))
    with pytest.raises(ExportError, match=r"--from"):
        export(module, (torch.ones(1, 20_000),), tmp_path / "part.xlsx")
    assert export(module, (torch.ones(1, 20_000),), tmp_path / "part.xlsx", start="layer.1").ok


@pytest.mark.slow
def test_the_estimate_is_near_what_is_written(tmp_path, monkeypatch):
    module, inputs = Layer(nn.Conv2d(2, 30, 5)), (torch.ones(1, 2, 20, 20),)
    export(module, inputs, tmp_path / "large.xlsx")
    book = load_workbook(tmp_path / "large.xlsx", read_only=True)
    written = sum(isinstance(item, (int, float)) or str(item).startswith("=") for sheet in book for row in
                  sheet.iter_rows(values_only=True) for item in row if item is not None)  # fmt: skip
    monkeypatch.setattr(limits, "MOST_CELLS", 1)
    with pytest.raises(ExportError, match="about") as caught:
        limits.refuse_large_graph(trace(module, inputs))
    estimated = int(str(caught.value).split("about ")[1].split()[0].replace(",", ""))
    assert 0.8 * written < estimated < 1.3 * written


def test_a_sheet_too_wide_is_refused(tmp_path):
    with pytest.raises(ExportError, match=r"16,384; the largest of it is '.*layer"):
        export(Layer(nn.Linear(17_000, 1)), (torch.ones(1, 17_000),), tmp_path / "wide.xlsx")
    assert not list(tmp_path.iterdir())


def test_what_fills_most_of_a_sheet_is_the_largest_of_it(tmp_path):
    """A column of 17,000 cells has room, a row of as many has none."""

    module = Net(lambda self, x: (x @ self.tall).square().mean(), tall=nn.Parameter(torch.ones(17_000, 1)))
    with pytest.raises(ExportError, match=r"the largest of it is '[^']*', 1 by 17,000:"):
        export(module, (torch.ones(1, 17_000),), tmp_path / "wide.xlsx")


@pytest.mark.parametrize(("row", "col"), [(LAST_ROW + 1, 1), (1, LAST_COLUMN + 1)])
def test_no_sheet_of_any_kind_may_be_larger_than_excels(row, col):
    canvas = Canvas("Long", GREY, hidden=True)
    canvas.put(row, col, 1, "fixed")
    with pytest.raises(ExportError, match=f"sheet 'Long' would need {row:,} rows and {col:,} columns"):
        write([canvas], {}, io.BytesIO(), "long")


def test_a_hidden_sheet_may_be_as_long_as_excels():
    canvas = Canvas("Long", GREY, hidden=True)
    canvas.put(LAST_ROW, 1, 1, "fixed")
    shown = Canvas("Shown", GREY)
    shown.put(1, 1, 1, "fixed")
    write([shown, canvas], {}, file := io.BytesIO(), "long")
    assert load_workbook(file)["Long"].max_row == LAST_ROW


@pytest.mark.slow
def test_a_parameter_nearly_as_wide_as_a_sheet(tmp_path):
    # Its value, its gradient and its value after the step do not fit side by side.
    weight = nn.Parameter(torch.linspace(-1, 1, 6_000).reshape(1, -1))
    module, x = Net(lambda self, x: self.weight.square().sum() * x, weight=weight).double(), torch.ones(()).double()
    export(module, (x,), tmp_path / "wide.xlsx")
    assert verify(recalculate(tmp_path / "wide.xlsx", "ironcalc", tmp_path).path, module, (x,)).ok


def test_a_formula_too_long_is_refused(tmp_path):
    module = Layer(nn.MaxPool2d(21, stride=1))
    with pytest.raises(ExportError, match=r"grad.x.*8,192") as caught:
        export(module, (torch.rand(1, 1, 41, 41),), tmp_path / "long.xlsx")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_the_loss_of_many_elements_is_a_short_formula(tmp_path):
    """Each element has a cell for its own loss, which the mean adds up."""
    x = torch.linspace(-1, 1, 600).reshape(20, 30).double()
    write_alone(nn.L1Loss(), (x, x.flip(0)), tmp_path / "loss.xlsx")
    cells = [cell for sheet in load_workbook(tmp_path / "loss.xlsx") for row in sheet.iter_rows() for cell in row]
    assert max(len(cell.value) for cell in cells if cell.data_type == "f") < 500


@each_engine
@each_writer
def test_a_batch_of_many_sequences_sends_its_gradients_in_one_formula(engine, write, tmp_path):
    module = Layer(nn.Embedding(3, 1)).double()
    words = (torch.arange(800) % 3).reshape(400, 2)
    write(module, (words,), tmp_path / "many.xlsx")
    assert verify(recalculate(tmp_path / "many.xlsx", engine, tmp_path).path, module, (words,)).ok


@each_writer
@pytest.mark.parametrize("size", [1, 255, 256])
def test_as_many_arguments_as_there_are(size, write, tmp_path):
    def apart(x):
        return x.reshape(size, 2, 2)[:, 0, 0].repeat(3).amax() + x.reshape(size, 4)[:, ::3].sum()

    module, x = Fails(apart), torch.linspace(-1, 1, 4 * size).double()
    write(module, (x,), tmp_path / "apart.xlsx")
    assert verify(recalculate(tmp_path / "apart.xlsx", "ironcalc", tmp_path).path, module, (x,)).ok
