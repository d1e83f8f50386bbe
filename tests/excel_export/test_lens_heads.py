"""What stands above the pictures of the Lens: which tensors a step reads, by the sign of what happens to them."""

import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
import torch
from torch import nn

from excel_export import export
from excel_export.sheets.lens.layout import CHOICE, HEAD, NAME
from excel_export.sheets.names import LENS_STEP
from tests.support.cells import cell
from tests.support.lens import SLOTS, Places, Shown
from tests.support.live import Live

TITLE = NAME, cell(HEAD, LENS_STEP.col + 28)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor(0.25))
        self.conv = nn.Conv2d(1, 2, 2)

    def forward(self, image):
        return ((self.conv(image - self.mean)) ** 2).sum()


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("heads") / "net.xlsx"
    export(Net(), (torch.rand(1, 1, 4, 4),), path)
    return path


@pytest.fixture(scope="module")
def opened(path) -> tuple[Live, Places, dict[str, int]]:
    """The workbook, its places, and the numbers of its steps by their titles."""
    live = Live(path, path.parent)
    live.type({"story": 0})
    titles = {}
    for number in range(1, int(live.value("steps")) + 1):
        live.type({"step": number})
        titles[live.value(TITLE).strip()] = number
    return live, Places(path, live), titles


@pytest.mark.parametrize(
    ("step", "tensor", "heads"),
    [
        ("the inputs", 1, ["image  4×4", "conv.weight  2×1×2×2", "conv.bias  2", "", ""]),
        ("image − mean  →", 1, ["image  4×4", "mean", "= image − mean  4×4", "", ""]),
        ("conv  →", 1, ["image − mean  4×4", "conv.weight  2×1×2×2", "+ conv.bias  2", "= products, added up",
                        "= conv  2×3×3"]),
        ("←  the loss", 1, ["loss, ∂L/∂ below", "", "", "", ""]),
        ("←  conv^2", 1, ["conv  2×3×3", "= ∂L/∂ conv  2×3×3", "∂L/∂ conv^2  2×3×3", "", ""]),
        ("←  conv", 2, ["image − mean  4×4", "conv.weight  2×1×2×2", "= ∂L/∂ conv.weight  2×1×2×2",
                        "= products, added up", "∂L/∂ conv  2×3×3"]),
        ("←  conv", 3, ["conv.bias  2", "= ∂L/∂ conv.bias  2", "= products, added up", "∂L/∂ conv  2×3×3", ""]),
        ("the updated parameters", 1, ["conv.weight  2×1×2×2", "direction: rate × it is taken off  2×1×2×2",
                                       "= conv.weight after the step  2×1×2×2", "the loss before and after", ""]),
    ],
)  # fmt: skip
def test_each_tensor_has_its_name_and_the_sign_of_what_happens_to_it(opened, step, tensor, heads):
    live, places, titles = opened
    live.type({places.step_cell: titles[step], places.tensor_cell: tensor})
    shown = Shown(live, places)
    assert [shown.head(number) for number in SLOTS] == heads


def test_beside_every_button_stands_what_it_is_for(path, opened):
    """A button can't be hidden: where it has no use, it says so."""
    live, places, titles = opened
    with zipfile.ZipFile(path) as package:
        drawings = [package.read(name).decode() for name in package.namelist() if name.endswith(".vml")]
    anchors = [each for drawing in drawings for each in re.findall(r"<x:Anchor>(\d+),\s*\d+,\s*(\d+),", drawing)]
    buttons = {int(col) + 1 for col, row in anchors if int(row) + 1 == CHOICE}
    filled = [each.column for each in openpyxl.load_workbook(path)[NAME][CHOICE] if each.value is not None]
    # Before a button stands the cell that it counts in, and before that its label.
    labels = [[col for col in filled if col < button][-2] for button in buttons]
    assert len(labels) == 3
    for step in [*titles.values()][::3]:
        live.type({places.step_cell: step})
        assert all(live.value((NAME, cell(CHOICE, col))) for col in labels), step
