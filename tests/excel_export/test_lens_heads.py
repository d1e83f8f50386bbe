"""What the Lens calls what meets the source: by its sign, where numbers are multiplied or added, else by name alone."""

import pytest
import torch
from torch import nn

from excel_export import export
from excel_export.sheets.lens.layout import HEADS
from tests.support.cells import cell
from tests.support.lens import SHEET, Places
from tests.support.live import Live


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor(0.25))
        self.conv = nn.Conv2d(1, 2, 2)

    def forward(self, image):
        return ((self.conv(image - self.mean)) ** 2).sum()


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> tuple[Live, Places]:
    folder = tmp_path_factory.mktemp("heads")
    torch.manual_seed(0)
    export(Net(), (torch.rand(1, 1, 4, 4),), folder / "net.xlsx")
    live = Live(folder / "net.xlsx", folder)
    return live, Places(folder / "net.xlsx", live)


@pytest.mark.parametrize(
    ("step", "tensor", "head"),
    [
        ("image − mean  →", 1, "mean"),
        ("conv  →", 1, "×  conv.weight   +  conv.bias"),
        ("←  conv", 1, "×  conv.weight"),
        ("←  conv", 2, "×  image − mean"),
        ("←  conv", 3, "conv.bias"),
        ("the updated parameters", 1, "direction for conv.weight"),
    ],
)
def test_what_the_source_meets_is_called_by_what_happens(opened, step, tensor, head):
    live, places = opened
    for number in range(1, int(live.value("steps")) + 1):
        live.type({places.step_cell: number, places.tensor_cell: tensor})
        if str(live.value((SHEET, "B2"))).partition("·")[2].strip() == step:
            break
    else:
        pytest.fail(f"no step {step}")
    assert str(live.value((SHEET, cell(HEADS, MET)))).partition("\n")[0] == head
