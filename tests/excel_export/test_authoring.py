"""Sheets of one's own, by public names: what the documentation of `excel_export.authoring` shows works."""

import inspect

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from openpyxl import load_workbook
from torch import nn

from excel_export import ExportError, authoring, export, verify
from excel_export.workbook.read import read_index
from excel_export.workbook.write import write
from tests.support.live import Live


class Net(nn.Module):
    """Looks at a picture of four pixels."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(4, 3)

    def forward(self, pixels, label):
        logits = self.layer(pixels)
        return F.cross_entropy(logits, label)


PIXELS, LABEL = torch.tensor([[0.25, 1.0, 0.5, 0.0]]), torch.tensor([2])


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """The file that the example in the documentation writes."""
    assert authoring.__doc__
    code = "\n".join(line[4:] for line in authoring.__doc__.splitlines() if line.startswith("    "))
    monkeypatch.chdir(tmp_path)
    exec(code, {"module": Net(), "inputs": (PIXELS, LABEL)})
    return tmp_path / "lesson.xlsx"


def test_the_example_in_the_documentation(lesson, tmp_path):
    assert verify(lesson, Net(), (PIXELS, LABEL)).ok
    live = Live(lesson, tmp_path)
    logits = Net().layer(PIXELS).detach().numpy()
    assert live.value(("Spread", "B2")) == pytest.approx(np.ptp(logits), rel=1e-6)
    live.type({"brightness": 0.5})
    logits = Net().layer(PIXELS * 0.5).detach().numpy()
    assert live.value(("Spread", "B2")) == pytest.approx(np.ptp(logits), rel=1e-6)


def test_what_is_driven_must_be_there(tmp_path):
    driving = authoring.SheetSpec("Driving", "", lambda book: authoring.Drawn(inputs={"pixel": 1}), order=0)
    with pytest.raises(ExportError, match="there is no input 'pixel' to drive; there are: pixels, label"):
        export(Net(), (PIXELS, LABEL), tmp_path / "out.xlsx", story=authoring.Story("A title", sheets=[driving]))


def test_another_network_on_sheets_of_its_own(tmp_path):
    other = Net()
    nn.init.eye_(other.layer.weight)

    def draw(book):
        given = {"pixels": book.tensor("pixels"), "label": book.tensor("label")}
        sheets, tensors = authoring.draw_another(book, other, (PIXELS, LABEL), given, "Other", "The other network")
        drawn = authoring.Drawn(*sheets)
        drawn.entries.append(authoring.Entry("loss", "of the other network", tensors["cross_entropy"].value))
        return drawn

    sheet = authoring.SheetSpec("Other", "another network", draw)
    export(Net(), (PIXELS, LABEL), tmp_path / "out.xlsx", story=authoring.Story("A title", sheets=[sheet]))
    places = {(entry.key, entry.what): entry.grid.first for entry in read_index(tmp_path / "out.xlsx")}
    pixel, loss = places["pixels", "value"], places["loss", "of the other network"]
    live, pixels = Live(tmp_path / "out.xlsx", tmp_path), PIXELS.double()
    for value in (pixels[0, 0].item(), 3.0):
        live.type({(pixel.sheet, pixel.area): value})
        pixels[0, 0] = value
        assert live.value((loss.sheet, loss.area)) == pytest.approx(other.double()(pixels, LABEL).item(), rel=1e-12)


def test_every_public_name_is_documented():
    for name, item in vars(authoring).items():
        if inspect.isclass(item) or inspect.isfunction(item):
            assert inspect.getdoc(item), name


def test_numbers_of_numpy_are_numbers(tmp_path):
    canvas = authoring.Canvas("Numbers", authoring.FORWARD)
    numbers = np.float64(0.5), np.float32(0.25), np.int64(7)
    for col, number in enumerate(numbers, start=1):
        canvas.put(1, col, number, "value")
    write([canvas], {}, tmp_path / "numbers.xlsx", "numbers")
    assert [cell.value for cell in load_workbook(tmp_path / "numbers.xlsx")["Numbers"][1]] == [*numbers]
