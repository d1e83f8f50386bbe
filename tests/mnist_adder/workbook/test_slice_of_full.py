"""The workbook of a slice that a full network taught: it says so, and shows what both answer."""

import numpy as np
import pytest
import torch
from torch import nn

import excel_export
from mnist_adder.data.bundled import Digit, bundled_digits
from mnist_adder.data.dataset import normalise
from mnist_adder.distillation.likeness import Likeness
from mnist_adder.distillation.taught_slice import TaughtSlice
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.workbook.digits_sheet import DigitsSheet
from mnist_adder.workbook.teaching_workbook import FULL_ANSWERS, arguments, write_workbook
from tests.support.live import Live
from tests.support.sheets import load_sheet

SHOWN = bundled_digits()[7]


@pytest.fixture(scope="module")
def full():
    """A full network that answers for no picture what is right: digits one too high, and sums ten too high."""
    network, _ = load_checkpoint(bundled_checkpoint("full", "regression"))
    with torch.no_grad():
        network.conv6.weight.copy_(network.conv6.weight.roll(1, 0))
        network.conv6.bias.copy_(network.conv6.bias.roll(1, 0))
        network.out2.bias += 10
    return network


@pytest.fixture(scope="module")
def taught(full):
    slice_, _ = load_checkpoint(bundled_checkpoint("slice", "regression"))
    test = Likeness(10_000, 0.9876, 0.9123, 0.03, 7, 3, 0.75)
    return TaughtSlice(slice_, full, (1, 2, 3, 4, 9), "mnist", 55_000, 1.0, test, test, test)


class Pixels(nn.Module):
    """Has the inputs of the teaching network, and next to nothing to compute."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(0.5))

    def forward(self, pixels, number, digit):
        return (self.weight * pixels.mean() + number - digit.float()).square().sum()


def small(folder, full, digit: Digit) -> Live:
    story = excel_export.Story("", results=FULL_ANSWERS, sheets=[DigitsSheet(digit, 5, full).sheet])
    inputs = {
        "pixels": torch.tensor(digit.pixels).double().reshape(1, 1, 28, 28),
        "number": torch.tensor([5.0]),
        "digit": torch.tensor([digit.label]),
    }
    excel_export.export(Pixels(), inputs, folder / "small.xlsx", story=story)
    return Live(folder / "small.xlsx", folder)


def on_start(live: Live, path) -> list:
    sheet = load_sheet(path, "Start")
    rows = {str(cell.value): cell.row for cell in sheet["AE"] if cell.value}
    return [live.value(("Start", f"AF{rows[label]}")) for label in FULL_ANSWERS]


def test_start_shows_what_the_full_network_answers_for_what_is_chosen(full, tmp_path):
    live, path = small(tmp_path, full, SHOWN), tmp_path / "small.xlsx"
    pictures = torch.tensor(np.stack([digit.pixels for digit in bundled_digits()])).float()[:, None]
    read = full.classify(normalise(pictures)).argmax(1).tolist()
    assert read != [digit.label for digit in bundled_digits()]
    assert on_start(live, path) == [read[7], read[7] + 5 + 10]
    for place, number in ((0, 0), (13, 9), (19, 3)):
        name = f"{'a messy' if place % 2 else 'a clear'} {bundled_digits()[place].label}"
        live.type({"picture": name, "chosen_number": number})
        assert on_start(live, path) == [read[place], read[place] + number + 10]


def test_of_a_picture_of_your_own_it_is_known_until_you_paint(full, tmp_path):
    own = Digit(SHOWN.pixels[:, ::-1].copy(), 3)
    live, path = small(tmp_path, full, own), tmp_path / "small.xlsx"
    answered = int(full.classify(normalise(torch.tensor(own.pixels).float()[None, None])).argmax())
    assert on_start(live, path) == [answered, answered + 15]
    row = next(r for r in range(28) if own.pixels[r].any())
    first, second = ("Digits", f"F{6 + row}"), ("Digits", f"G{6 + row}")
    before = [live.value(first), live.value(second)]
    live.type({first: before[0] + 1})
    assert on_start(live, path) == ["–", "–"]
    live.type({first: before[0]})
    assert on_start(live, path) == [answered, answered + 15]
    live.type({"picture": "a clear 4"})
    assert "–" not in on_start(live, path)


def test_the_sheets_say_what_the_slice_is(taught):
    module, _, story = arguments(taught.network, SHOWN, 5, taught=taught)
    said = (
        "It is a slice with 5 filters where the full network has 16, taught by it. "
        "Of 10,000 test images it reads 98.8% right, and for 91.2% both read the same digit."
    )
    assert said in story.intro
    assert set(FULL_ANSWERS) < set(story.results)
    _, _, alone = arguments(taught.network, SHOWN, 5)
    assert not set(FULL_ANSWERS) & set(alone.results)
    assert module.preset == "slice"


@pytest.mark.slow
def test_the_whole_workbook_shows_both_answers(taught, full, tmp_path):
    path = tmp_path / "slice.xlsx"
    assert write_workbook(taught.network, SHOWN, 5, path, taught=taught, training=False).ok
    answered = int(full.classify(normalise(torch.tensor(SHOWN.pixels).float()[None, None])).argmax())
    assert answered != 3
    live = Live(path, tmp_path)
    assert on_start(live, path) == [answered, answered + 15]
    assert "taught by it" in str(live.value(("1 what goes in", "B3")))
    assert not live.errors("Start")
