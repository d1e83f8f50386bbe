"""The kernel, from formulas to the exporter: it writes *Network* alone, and loads nothing that explains it."""

import json
import subprocess
import sys
import textwrap

import numpy as np
import openpyxl
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError, LearningRates, Training, export, read_tensors
from excel_export.cli import main
from excel_export.workbook.read import VALUE, read_index
from tests.support.cells import cell
from tests.support.engines import edit, recalculate

ROOMS = {
    "book", "compiler", "composites", "edits", "exporter", "formulas", "graph", "ops", "optim", "report", "shared",
    "workbook",
}  # fmt: skip
MODULES = 190
"""The most modules of ours that such an export may load; with the other sheets there are a hundred more."""
FILE = """
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.hidden, self.out = nn.Linear(3, 4), nn.Linear(4, 2)

        def forward(self, x, label):
            return nn.functional.cross_entropy(self.out(self.hidden(x).tanh()), label)

    def net():
        return Net(), {"x": torch.tensor([[0.5, -1.0, 2.0]]), "label": torch.tensor([1])}
"""
RUN = """
    import json, sys
    from net import net
    from excel_export import export

    report = export(*net(), sys.argv[1], sheets=())
    ours = ("excel_export", "excel_classroom", "spreadsheet_autograd", "mnist_adder")
    print(json.dumps([report.ok, report.edits, [name for name in sys.modules if name.split(".")[0] in ours]]))
"""


class Net(nn.Module):
    """Parameters that are used twice, whole numbers, and a value that two ways lead from."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.embedding, self.mix = nn.Embedding(5, 3), nn.Linear(3, 3)

    def forward(self, words, label):
        x = self.embedding(words)
        x = x + self.mix(torch.relu(self.mix(x)))
        return F.cross_entropy(x.mean(0, keepdim=True), label)


WORDS, LABEL = torch.tensor([0, 3, 3]), torch.tensor([2])


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    path = tmp_path_factory.mktemp("plain") / "plain.xlsx"
    assert export(Net(), (WORDS, LABEL), path, sheets=()).ok
    return path


def test_nothing_that_explains_is_loaded(tmp_path):
    (tmp_path / "net.py").write_text(textwrap.dedent(FILE))
    run = [sys.executable, "-c", textwrap.dedent(RUN), "plain.xlsx"]
    done = subprocess.run(run, capture_output=True, text=True, check=True, cwd=tmp_path)
    ok, edits, modules = json.loads(done.stdout)
    assert ok
    assert edits == 2, "the finished file is not edited and compared again"
    assert {name.split(".")[0] for name in modules} == {"excel_export"}
    assert {name.split(".")[1] for name in modules if "." in name} == ROOMS
    assert len(modules) <= MODULES


def test_the_workbook_has_network_only(plain):
    workbook = openpyxl.load_workbook(plain)
    assert [sheet.title for sheet in workbook if sheet.sheet_state == "visible"] == ["Network"]
    assert {*workbook.defined_names} == {"loss", "label", "label_in_use"}
    links = [each for row in workbook["Network"].iter_rows() for each in row if each.hyperlink]
    assert not links, "there is no other sheet to go to"


@pytest.mark.parametrize("engine", ["ironcalc", "libreoffice"])
@pytest.mark.parametrize(("words", "label"), [(WORDS, LABEL), (torch.tensor([1, 3, 4]), torch.tensor([0]))])
def test_loss_and_gradients_are_autograds(plain, words, label, engine, tmp_path):
    typed = edit(plain, _typed(plain, "words", words) | _typed(plain, "label", label), tmp_path / "typed.xlsx")
    found = read_tensors(recalculate(typed, engine, tmp_path).path)
    module = Net().double()
    loss = module(words, label)
    loss.backward()
    np.testing.assert_allclose(found["loss"], loss.item(), rtol=1e-12)
    for name, parameter in module.named_parameters():
        np.testing.assert_allclose(found[f"grad.{name}"], parameter.grad, rtol=1e-9, atol=1e-12, err_msg=name)


def _typed(path, name, numbers):
    """The yellow cells of an input, with other numbers in them."""
    [grid] = [entry.grid for entry in read_index(path) if (entry.key, entry.what) == (name, VALUE)]
    places = zip(grid.rows.ravel().tolist(), grid.cols.ravel().tolist(), numbers.tolist(), strict=True)
    return {(grid.sheet, cell(row, col)): number for row, col, number in places}


def test_a_class_that_does_not_exist_is_not_used(plain, tmp_path):
    typed = edit(plain, _typed(plain, "label", torch.tensor([7])), tmp_path / "typed.xlsx")
    found = read_tensors(recalculate(typed, "ironcalc", tmp_path).path)
    assert found["loss"] == pytest.approx(Net().double()(WORDS, LABEL).item(), rel=1e-12)


def test_a_part_has_its_pasted_gradient(tmp_path):
    export(Net(), (WORDS, LABEL), tmp_path / "part.xlsx", stop="mix", sheets=())
    found = read_tensors(recalculate(tmp_path / "part.xlsx", "ironcalc", tmp_path).path)
    module = Net().double()
    module(WORDS, LABEL).backward()
    np.testing.assert_allclose(found["grad.embedding.weight"], module.embedding.weight.grad, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("of_training", [{"training": Training([(WORDS, LABEL)], 2)}, {"rates": LearningRates((0.1,))}])
def test_a_training_needs_its_sheets(of_training, tmp_path):
    with pytest.raises(ExportError, match="leave out `sheets`"):
        export(Net(), (WORDS, LABEL), tmp_path / "net.xlsx", sheets=(), **of_training)
    assert not [*tmp_path.iterdir()]


def test_the_command_writes_network_only(tmp_path, capsys):
    (tmp_path / "net.py").write_text(textwrap.dedent(FILE))
    assert main([f"{tmp_path / 'net.py'}:net", "-o", str(tmp_path / "net.xlsx"), "--only-network"]) == 0
    assert "begin on the sheet Network" in capsys.readouterr().out
    workbook = openpyxl.load_workbook(tmp_path / "net.xlsx", read_only=True)
    assert [sheet.title for sheet in workbook if sheet.sheet_state == "visible"] == ["Network"]
    refused = [f"{tmp_path / 'net.py'}:net", "-o", str(tmp_path / "no.xlsx"), "--only-network", "--examples", "net"]
    assert main(refused) != 0
    assert "leave it out, or --examples" in capsys.readouterr().err
