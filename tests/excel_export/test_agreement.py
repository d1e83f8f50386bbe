"""The lower end of Start: it says that a tensor agrees where it does, and that it differs where it does not."""

from functools import cache

import pytest
import torch

from excel_export import export
from tests.support.cells import cell
from tests.support.engines import each_engine, edit, recalculate
from tests.support.live import Live
from tests.support.sheets import load_sheet
from tests.support.tiny import Tiny, X

TENSOR, SAYS = 2, 34
"""The columns of what a tensor is called, and of what is said of it."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("check") / "net.xlsx"
    export(Tiny(), (X,), path)
    return path


@pytest.fixture(scope="module")
def live(made, tmp_path_factory):
    """The workbook, open; who types into it takes it back."""
    return Live(made, tmp_path_factory.mktemp("live"))


def verdicts(made, live: Live) -> dict[str, str]:
    """What the sheet says of each tensor."""
    return {key: live.value(("Start", place)) for key, place in live_places(made).items()}


@cache
def live_places(path) -> dict[str, str]:
    """Where Start says of each tensor whether it agrees."""
    sheet = load_sheet(path, "Start")
    tensors = [cell.value for (cell,) in sheet.iter_rows(min_col=TENSOR, max_col=TENSOR)]
    first, last = tensors.index("tensor") + 1, tensors.index("given")
    return {tensors[row]: cell(row + 1, SAYS) for row in range(first, last)}


@cache
def pasted(path, key: str) -> tuple[str, str]:
    """The first of PyTorch's numbers for a tensor."""
    sheet = load_sheet(path, "PyTorch")
    title = next(row for row in range(1, sheet.max_row) if sheet.cell(row, 2).value == key)
    heads = {sheet.cell(title + 1, col).value: col for col in range(1, sheet.max_column + 1)}
    return "PyTorch", sheet.cell(title + 2, heads["PyTorch"]).coordinate


def test_all_agree_as_exported(made, live):
    found = verdicts(made, live)
    assert set(found.values()) == {"agrees"}
    assert {"loss", "∂L/∂layer.weight", "∂L/∂x"} <= set(found)
    assert live.value("verdict") == f"All {len(found)} tensors agree with PyTorch"


@pytest.mark.parametrize("key", ["loss", "∂L/∂layer.weight", "∂L/∂x"])
@pytest.mark.parametrize("error", [1e-3, -1e-3, 1e-6, -1e-8])
def test_the_one_that_differs_is_named(made, live, key, error):
    place = pasted(made, key)
    right = live.value(place)
    live.type({place: right + error})
    found, said = verdicts(made, live), live.value("verdict")
    live.type({place: right})
    assert {name for name, verdict in found.items() if verdict != "agrees"} == {key}
    assert found[key] == "differs"
    every = len(found)
    assert said == f"Only {every - 1} of {every} tensors agree: the others differ"


def test_a_difference_of_rounding_agrees(made, live):
    place = pasted(made, "∂L/∂x")
    right = live.value(place)
    live.type({place: right + 1e-11})
    assert verdicts(made, live)["∂L/∂x"] == "agrees"
    live.type({place: right})


@pytest.mark.slow
@each_engine
def test_differences_within_a_filter_do_not_cancel(engine, tmp_path):
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 3), torch.nn.Flatten(), torch.nn.Linear(4, 1))
    path = tmp_path / "net.xlsx"
    export(module, (torch.randn(1, 1, 4, 4),), path)
    sheet, first = pasted(path, "∂L/∂0.weight")
    theirs = load_sheet(path, sheet)
    row, col = theirs[first].row, theirs[first].column
    middle, below = theirs.cell(row + 1, col + 1), theirs.cell(row + 2, col + 1)
    errors = {
        (sheet, middle.coordinate): middle.value + 1e-6,
        (sheet, below.coordinate): below.value - 1e-6,
    }
    place = ("Start", live_places(path)["∂L/∂0.weight"])
    for changes, expected in (({}, "agrees"), (errors, "differs")):
        found = recalculate(edit(path, changes, tmp_path / "edited.xlsx"), engine, tmp_path)
        assert found.value(*place) == expected


def test_a_changed_input_is_noticed(made, live):
    x = torch.tensor([1.0])
    assert live.value("inputs_changed") == "no"
    sheet = load_sheet(made, "Network")
    first = next(cell.coordinate for row in sheet.iter_rows() for cell in row if cell.value == x.item())
    live.type({("Network", first): 1.5})
    assert live.value("inputs_changed") == "yes"
    assert set(verdicts(made, live).values()) == {"inputs changed"}
    live.type({("Network", first): x.item()})
