"""The Network sheet as a person sees it: each gradient is near, a block leads to its step, and all can be read."""

import pytest
import torch
from openpyxl import load_workbook
from torch import nn

from examples.one_neuron import one_neuron
from examples.xor import xor
from excel_export import export
from excel_export.compiler.place.network_picture import place
from excel_export.compiler.trace.tracer import trace
from excel_export.workbook.read import read_index
from tests.support.excel_fit import Fit
from tests.support.kinds import KINDS, SMALL
from tests.support.lessons import LESSONS, Made
from tests.support.long_proofs import only_quick
from tests.support.sheets import load_sheet
from tests.support.window import Window, in_a_window

SIZES = [(1366, 768), (1920, 1080)]
GIVEN = ("x", "target", "truth", "pixels", "number", "digit")
NEAR = 3
"""Rows or columns between a block and its gradient: a gap, and the gradient's title."""


class Wide(nn.Module):
    """Values of many samples, which are wide and low, and tall ones."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(1, 3, 2)
        self.low = nn.Linear(27, 40)

    def forward(self, x):
        return torch.relu(self.low(torch.relu(self.conv(x)).flatten(1))).square().mean()


@pytest.fixture(scope="module")
def slice_book(made_of):
    return made_of("slice-regression alone").path


@pytest.fixture(scope="module")
def small_book(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "neuron.xlsx"
    export(*one_neuron(), path)
    return path


@pytest.fixture(scope="module")
def xor_book(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "xor.xlsx"
    export(*xor(), path)
    return path


def test_each_gradient_is_beside_its_block_or_right_below_what_is_wide():
    placement = place(trace(Wide(), (torch.ones(20, 1, 4, 4),)))
    (sheet,) = placement.sheets
    grads = {block.owner: block.grid for block in sheet.blocks if block.role == "grad"}
    pairs = [(block, grads[block.owner]) for block in sheet.blocks if block.role != "grad" and block.owner in grads
             and block.role != "helper"]  # fmt: skip
    assert len(pairs) == len(grads) > 8
    for block, grad in pairs:
        assert grad.shape == block.grid.shape
        if block.owner.name in ("x", "conv", "relu"):  # twenty pictures in a row
            assert grad.col == block.grid.col
            assert 0 < grad.row - (block.grid.row + block.grid.height - 1) <= NEAR + 1
        else:
            assert grad.row == block.grid.row
            assert grad.col > block.grid.col


@pytest.mark.parametrize(("width", "count", "below"), [(16, 8, False), (17, 8, True), (4, 6, True), (4, 7, False)])
def test_a_gradient_is_below_what_is_wide_and_below_low_parameters(width, count, below):
    placement = place(trace(nn.Sequential(nn.Linear(width, count), Total()), (torch.ones(1, width),)))
    (weight,) = [tensor for value, tensor in placement.tensors.items() if value.name == "0.weight"]
    assert (weight.grad.row > weight.value.row) == below
    assert (weight.grad.col > weight.value.col) != below


class Total(nn.Module):
    def forward(self, x):
        return x.sum()


def test_blocks_do_not_overlap():
    placement = place(trace(Wide(), (torch.ones(20, 1, 4, 4),)))
    (sheet,) = placement.sheets
    taken = set()
    for block in sheet.blocks:
        cells = set(zip(block.grid.rows.ravel().tolist(), block.grid.cols.ravel().tolist(), strict=True))
        assert not cells & taken, block.title
        taken |= cells
    assert max(row for row, _ in taken) <= sheet.last_row
    assert max(col for _, col in taken) <= sheet.last_column


@pytest.mark.parametrize("which", only_quick(["slice_book", "small_book"], "small_book"))
def test_a_block_leads_to_the_sheet_of_its_step(which, request, made_of):
    path = request.getfixturevalue(which)
    sheet, numbers, others = load_sheet(path, "Network"), {}, set()
    titles = load_workbook(path, read_only=True).sheetnames
    for entry in read_index(path):
        if entry.grid.sheet == "Network":
            cell = sheet.cell(entry.grid.row - 1, entry.grid.col)
            if not cell.hyperlink:
                others.add(entry.key)
                continue
            name = cell.value.removesuffix(" →")
            assert name in titles
            assert cell.hyperlink.location == f"'{name}'!A1"
            numbers[entry.key] = int(name.split()[0])
    assert {key for key, number in numbers.items() if number == 1} == {
        key for key in (*numbers, *others) if key in GIVEN
    }
    there = [number for key, number in numbers.items() if not key.startswith("grad.")]
    back = [number for key, number in numbers.items() if key.startswith("grad.")]
    assert len({*there}) > 2 < len({*back})
    assert numbers["loss"] == max(there) < min(back)


def test_the_blocks_of_a_neuron_lead_to_what_makes_them(small_book):
    sheet = load_sheet(small_book, "Network")
    above = {
        entry.key: sheet.cell(entry.grid.row - 1, entry.grid.col).value
        for entry in read_index(small_book) if entry.grid.sheet == "Network"
    }  # fmt: skip
    leads = {key: text.removesuffix(" →").partition(" ")[2] for key, text in above.items() if text}
    forward = {
        "x": "what goes in",
        "truth": "what goes in",
        "neuron": "linear layer",
        "sigmoid": "sigmoid",
        "loss": "loss",
    }
    assert leads.items() >= forward.items()
    assert (leads["grad.sigmoid"], leads["grad.neuron"]) == ("back, loss", "back through")
    assert leads["grad.neuron.weight"] == "a weight"
    assert not {"grad.mse_loss", "neuron.weight", "neuron.bias"} & {*leads}


@pytest.mark.slow
def test_a_picture_is_as_large_as_it_fits(slice_book, small_book):
    large, small = (load_sheet(path, "Network") for path in (slice_book, small_book))
    assert large.sheet_view.zoomScale == 100
    assert small.sheet_view.zoomScale >= 90
    for sheet in (large, small):
        sizes = {cell.font.size for row in sheet.iter_rows() for cell in row if cell.value is not None}
        assert min(sizes) * sheet.sheet_view.zoomScale / 100 >= 7, "numbers that nobody can read"


@in_a_window
@pytest.mark.parametrize(
    ("which", "size"),
    [
        *(("small_book", size) for size in SIZES),
        pytest.param("xor_book", SIZES[0], marks=pytest.mark.xfail(strict=True, reason="three rows are below it")),
        ("xor_book", SIZES[1]),
    ],
)
def test_a_small_network_is_all_on_the_screen(which, size, request):
    path = request.getfixturevalue(which)
    with Window(path, size) as window:
        window.show("Network")
        window.picture()
        for entry in read_index(path):
            if entry.grid.sheet == "Network":
                last = entry.grid.at(*(n - 1 for n in entry.grid.shape))
                assert window.cell_on_screen(f"Network!{last.area}"), entry.key


SMALLEST = 7
"""In points: what is smaller, nobody reads."""


class Sizes(nn.Module):
    """A picture and its maps, whose numbers and gradients are of all sizes."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.out = nn.Conv2d(1, 1, 3), nn.Linear(256, 3)

    def forward(self, picture, scale):
        return (scale**4 * self.out((self.conv(picture) * picture[..., 2:, 2:]).flatten(1))).square().mean()


@pytest.fixture(scope="module")
def of_all_sizes(tmp_path_factory):
    path = tmp_path_factory.mktemp("sizes") / "sizes.xlsx"
    picture = torch.logspace(-12, 5, 324, dtype=torch.float64) * torch.tensor([1.0, -1.0]).repeat(162)
    export(Sizes(), {"picture": picture.reshape(1, 1, 18, 18), "scale": torch.tensor([1.0])}, path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("scale", [0.01, 1.0, 99.0])
def test_numbers_of_all_sizes_are_large_enough_to_be_read(scale, of_all_sizes, tmp_path):
    fit = Fit(of_all_sizes, tmp_path, "Network")
    fit.live.type({"scale": scale})
    assert not fit.numbers_below(SMALLEST, "Network")


@pytest.mark.parametrize(
    "kind", [*SMALL, *(pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS[len(SMALL) :])]
)
def test_no_number_shrinks_below_what_one_can_read(kind, made_of, tmp_path):
    path = made_of(kind).path
    names = {entry.grid.sheet for entry in read_index(path) if entry.what == "value"}
    fit = Fit(path, tmp_path, *names)
    assert not [found for name in names for found in fit.numbers_below(SMALLEST, name)]


@pytest.mark.parametrize("name", only_quick(LESSONS, "attention"))
def test_nor_in_a_lesson(name, tmp_path):
    assert not Fit(Made(name, tmp_path).path, tmp_path, "Network").numbers_below(SMALLEST, "Network")
