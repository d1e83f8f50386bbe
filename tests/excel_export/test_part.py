"""A part of a network: its gradients are exactly those of the whole."""

import numpy as np
import openpyxl
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError, export, read_tensors, verify
from excel_export.book import network_sheet
from excel_export.compiler.trace.tracer import trace
from tests.support.cells import cells_of
from tests.support.engines import edit, recalculate
from tests.support.long_proofs import only_quick
from tests.support.sheets import load_sheet


class Residual(nn.Module):
    """Convolutions with a skip connection across them, a shared filter, and a value that is used twice."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(1, 2, 3)
        self.block = nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.ReLU(), nn.Conv2d(2, 2, 3, padding=1))
        self.shared = nn.Conv2d(2, 2, 1)
        self.head = nn.Linear(2 * 4 * 4, 3)

    def forward(self, image, label):
        x = F.relu(self.stem(image))
        y = self.shared(self.block(self.shared(x)) + x)
        return F.cross_entropy(self.head(F.relu(y).flatten(1)), label) + (x * x).mean()


INPUTS = (torch.linspace(-1, 1, 36).sin().reshape(1, 1, 6, 6), torch.tensor([2]))


@pytest.mark.parametrize(
    ("start", "stop"),
    only_quick(
        [("head", None), ("block", None), ("block.2", "shared"), (None, "stem"), ("stem", "block"), ("relu", "add"),
         ("shared", "shared"), ("block.0", "block.0"), (None, None)],
        ("shared", "shared"),
    ),
)  # fmt: skip
def test_gradients_are_those_of_the_whole(start, stop, tmp_path):
    module = Residual()
    export(module, INPUTS, tmp_path / "part.xlsx", start=start, stop=stop)
    recalculated = recalculate(tmp_path / "part.xlsx", "ironcalc", tmp_path).path
    report = verify(recalculated, module, INPUTS, start=start, stop=stop)
    assert report.ok, report
    whole, found = trace(module, INPUTS).tensors, read_tensors(recalculated)
    assert "loss" in found
    assert set(found) <= set(whole)
    for key, array in found.items():
        np.testing.assert_allclose(array, whole[key], rtol=1e-9, atol=1e-12, err_msg=key)


def test_only_the_part_is_there(tmp_path):
    export(Residual(), INPUTS, tmp_path / "part.xlsx", start="head")
    found = read_tensors(tmp_path / "part.xlsx")
    assert {"grad.head.weight", "grad.head.bias", "flatten", "loss", "label"} <= set(found)
    assert not {"stem.weight", "image", "block.0.weight"} & set(found)


def test_a_pasted_loss_has_no_after(tmp_path):
    export(Residual(), INPUTS, tmp_path / "part.xlsx", stop="block")
    names = openpyxl.load_workbook(tmp_path / "part.xlsx", read_only=True).defined_names
    assert "loss" in names
    assert "loss_after" not in names


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "stop", "is_said"), [(None, "stem", True), ("block", None, True), (None, None, False)]
)
def test_what_is_pasted_from_behind_is_struck_out_after_an_edit(start, stop, is_said, tmp_path):
    path = tmp_path / "part.xlsx"
    export(Residual(), INPUTS, path, start=start, stop=stop)
    texts = {}
    for name, changes in (
        ("as it was", {}),
        ("edited", {cells_of(path, "shared.weight" if start else "image")[0]: 3.0}),
    ):
        edit(path, changes, tmp_path / "edited.xlsx")
        found = recalculate(tmp_path / "edited.xlsx", "ironcalc", tmp_path)
        texts[name] = {*found.texts("Start")}
    assert (network_sheet.AS_EXPORTED in texts["as it was"]) == is_said
    assert (network_sheet.STALE in texts["edited"]) == is_said
    assert not {network_sheet.STALE} & texts["as it was"] | {network_sheet.AS_EXPORTED} & texts["edited"]
    struck = [
        str(area.sqref)
        for area, rules in load_sheet(path, "Network").conditional_formatting._cf_rules.items()
        if any('inputs_changed="yes"' in formula for rule in rules for formula in rule.formula)
    ]
    assert bool(struck) == is_said


@pytest.mark.parametrize(
    ("start", "stop", "words"),
    [("nowhere", None, "no layer 'nowhere'; there are: stem, relu"), ("head", "stem", "comes before")],
)
def test_refusals(start, stop, words, tmp_path):
    with pytest.raises(ExportError, match=words):
        export(Residual(), INPUTS, tmp_path / "part.xlsx", start=start, stop=stop)
    assert not list(tmp_path.iterdir())
