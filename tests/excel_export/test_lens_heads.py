"""What stands above the pictures of the Lens: which tensors a step reads, by the sign of what happens to them."""

import re
import zipfile

import openpyxl
import pytest
import torch
from torch import nn

from excel_export.sheets.lens.lens_layout import CHOICE, HEAD, NAME
from excel_export.sheets.names import LENS_STEP
from tests.support.cells import cell
from tests.support.lens import SLOTS
from tests.support.lens_truth import Opened

TITLE = NAME, cell(HEAD, LENS_STEP.col + 28)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor(0.25))
        self.conv = nn.Conv2d(1, 2, 2)

    def forward(self, image):
        return ((self.conv(image - self.mean)) ** 2).sum()


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> tuple[Opened, dict[str, int]]:
    """The workbook, and the numbers of its steps by their titles."""
    torch.manual_seed(0)
    book = Opened(Net(), (torch.rand(1, 1, 4, 4),), tmp_path_factory.mktemp("heads"))
    book.live.type({"story": 0})
    titles = {}
    for number in range(1, int(book.live.value("steps")) + 1):
        book.live.type({"step": number})
        titles[book.live.value(TITLE).strip()] = number
    return book, titles


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
    book, titles = opened
    book.live.type({"step": titles[step], book.places.tensor_cell: tensor})
    assert [book.shown.head(number) for number in SLOTS] == heads


@pytest.mark.slow
def test_beside_every_button_stands_what_it_is_for(opened):
    """A button can't be hidden: where it has no use, it says so."""
    book, titles = opened
    with zipfile.ZipFile(book.path) as package:
        drawings = [package.read(name).decode() for name in package.namelist() if name.endswith(".vml")]
    anchors = [each for drawing in drawings for each in re.findall(r"<x:Anchor>(\d+),\s*\d+,\s*(\d+),", drawing)]
    buttons = {int(col) + 1 for col, row in anchors if int(row) + 1 == CHOICE}
    filled = [each.column for each in openpyxl.load_workbook(book.path)[NAME][CHOICE] if each.value is not None]
    # Before a button stands the cell that it counts in, and before that its label.
    labels = [[col for col in filled if col < button][-2] for button in buttons]
    assert len(labels) == 3
    for step in [*titles.values()][::3]:
        book.live.type({"step": step})
        assert all(book.live.value((NAME, cell(CHOICE, col))) for col in labels), step
