"""From a workbook back to a module: what was typed, what was learned, and what is refused."""

import copy

import numpy as np
import openpyxl
import pytest
import torch
from torch import nn

from excel_export import ExportError, Training, export, load_parameters, read_tensors
from excel_export.workbook.read import read_index
from tests.support.engines import edit, recalculate
from tests.support.tiny import Tiny, X

STEPS, RATE = 3, 0.2


class Frozen(Tiny):
    """A layer that learns and one that does not."""

    def __init__(self):
        super().__init__()
        self.still = nn.Linear(3, 3)
        self.still.requires_grad_(False)

    def forward(self, x):
        return super().forward(self.still(x))


@pytest.fixture(scope="module")
def workbook(tmp_path_factory):
    path = tmp_path_factory.mktemp("load") / "made.xlsx"
    export(Frozen(), (X,), path, learning_rate=RATE, training=Training([(X,)], steps=STEPS, learning_rate=RATE))
    return path


def cell(path, name, what, *index):
    entry = next(entry for entry in read_index(path) if (entry.key, entry.what) == (name, what))
    return entry.grid.sheet, entry.grid.relative.at(*index).area


def other():
    module = Frozen()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
    return module


def trained(steps, module=None):
    module = copy.deepcopy(module or Frozen()).double()
    optimiser = torch.optim.SGD([p for p in module.parameters() if p.requires_grad], lr=RATE)
    for _ in range(steps):
        optimiser.zero_grad()
        module(X.double()).backward()
        optimiser.step()
    return module


@pytest.mark.slow
@pytest.mark.parametrize(("when", "steps"), [("typed", 0), ("after step", 1), ("after training", STEPS)])
def test_what_libreoffice_saved_after_an_edit(workbook, tmp_path, when, steps):
    changes = {
        cell(workbook, "layer.weight", "value", 1, 2): 0.75,
        cell(workbook, "still.bias", "value", 0): -0.5,
    }
    saved = recalculate(edit(workbook, changes, tmp_path / "edited.xlsx"), "libreoffice", tmp_path / "saved").path
    module, expected = other().double(), Frozen()
    load_parameters(saved, module, when)
    with torch.no_grad():
        # The training starts from parameters of its own.
        if when != "after training":
            expected.layer.weight[1, 2], expected.still.bias[0] = 0.75, -0.5
    for (name, found), wanted in zip(module.named_parameters(), trained(steps, expected).parameters(), strict=True):
        np.testing.assert_allclose(found.detach(), wanted.detach(), rtol=1e-12, atol=1e-13, err_msg=name)


def test_a_module_in_float32_gets_the_nearest_numbers(workbook):
    module = other()
    load_parameters(workbook, module)
    for found, wanted in zip(module.parameters(), Frozen().parameters(), strict=True):
        assert torch.equal(found, wanted)
        assert found.requires_grad == wanted.requires_grad


class Wider(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.still = nn.Linear(3, 4), nn.Linear(3, 3)


class Fewer(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)


class More(Frozen):
    def __init__(self):
        super().__init__()
        self.extra = nn.Linear(1, 1)


def test_another_network_is_refused_by_its_first_difference(workbook):
    refused(workbook, Wider(), "the parameter 'layer.weight' is 2×3 in the workbook, but 4×3 in the module")
    refused(workbook, Fewer(), "has a parameter 'still.bias', which the module has not")
    refused(workbook, More(), "has no parameter 'extra.weight', which the module has")
    refused(workbook, Frozen(), "there are no parameters 'later'; there are: typed, after step, after", "later")


def refused(path, module, words, when="typed"):
    before = {name: parameter.clone() for name, parameter in module.named_parameters()}
    with pytest.raises(ExportError, match=words) as error:
        load_parameters(path, module, when)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400 + len(str(path))
    assert all(torch.equal(parameter, before[name]) for name, parameter in module.named_parameters())


def test_without_a_number_nothing_is_loaded(workbook, tmp_path):
    sheet, place = cell(workbook, "layer.weight", "value", 1, 0)
    text = edit(workbook, {(sheet, place): "a third"}, tmp_path / "text.xlsx")
    refused(text, other(), f"'layer.weight' has 1 cell without a number, first {sheet}!{place}")
    large = edit(workbook, {(sheet, place): 1e300}, tmp_path / "large.xlsx")
    refused(large, other(), "'layer.weight' holds a number too large for torch.float32")
    load_parameters(large, other().double())
    book = openpyxl.load_workbook(workbook)  # which drops what formulas gave
    book.save(tmp_path / "dropped.xlsx")
    load_parameters(tmp_path / "dropped.xlsx", other())
    refused(tmp_path / "dropped.xlsx", other(), "has saved the file", "after step")


def test_without_a_training_there_is_nothing_after_it(tmp_path):
    export(Tiny(), (X,), tmp_path / "made.xlsx")
    refused(tmp_path / "made.xlsx", Tiny(), "no parameters after training", "after training")
    assert "layer.weight" in read_tensors(tmp_path / "made.xlsx")


def test_what_is_no_workbook(tmp_path):
    (tmp_path / "text.xlsx").write_text("no workbook")
    refused(tmp_path / "text.xlsx", Tiny(), "text.xlsx")
    refused(tmp_path / "none.xlsx", Tiny(), "none.xlsx")
