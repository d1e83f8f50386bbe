"""`mnist-adder import`: from a workbook that was changed in a spreadsheet program to a checkpoint."""

from functools import partial

import pytest
import torch

import excel_export
from excel_export.workbook.read import read_index
from mnist_adder.cli import main
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.workbook.teaching_workbook import LEARNING_RATE
from tests.support.engines import edit, recalculate
from tests.support.long_proofs import only_quick
from tests.support.tiny import Tiny, X


@pytest.fixture
def workbook(made_of):
    return made_of("slice-regression alone").path


@pytest.mark.parametrize("after_step", only_quick([False, True], True))
def test_a_weight_that_was_changed_and_saved(workbook, tmp_path, capsys, after_step):
    grid = next(entry.grid for entry in read_index(workbook) if (entry.key, entry.what) == ("conv3.bias", "value"))
    changed = edit(workbook, {(grid.sheet, grid.relative.at(2).area): 0.125}, tmp_path / "changed.xlsx")
    saved = recalculate(changed, "ironcalc", tmp_path / "saved").path
    output = tmp_path / "checkpoint.safetensors"
    assert main(["import", str(saved), *(["--after-step"] if after_step else []), "-o", str(output)]) == 0
    assert f"wrote {output}: slice-regression" in capsys.readouterr().out
    network, _ = load_checkpoint(output)
    first, _ = load_checkpoint(bundled_checkpoint("slice", "regression"))
    with torch.no_grad():
        first.conv3.bias[2] = 0.125
    values = excel_export.read_tensors(saved)
    for (name, found), before in zip(network.named_parameters(), first.parameters(), strict=True):
        rate = LEARNING_RATE if after_step else 0
        wanted = before.double() - rate * torch.tensor(values[f"grad.{name}"])
        assert torch.equal(found, wanted.float()), name


@pytest.fixture
def fails(fails):
    return partial(fails, "import")


def test_what_is_refused_is_one_line_and_leaves_no_file(fails, tmp_path, workbook):
    excel_export.export(Tiny(), (X,), tmp_path / "tiny.xlsx")
    output = tmp_path / "a.safetensors"
    assert "holds no whole network of this program" in fails(tmp_path / "tiny.xlsx", "-o", output)
    assert "none.xlsx" in fails(tmp_path / "none.xlsx", "-o", output)
    (tmp_path / "notes.txt").write_text("3 and 5")
    assert "not a workbook" in fails(tmp_path / "notes.txt", "-o", output)
    assert "write" in fails(workbook, "-o", tmp_path / "nowhere" / "a.safetensors")
    assert "--after-step is for a workbook" in fails(tmp_path / "a.pt", "--after-step", "-o", output)
    assert not output.exists()


def test_what_is_there_is_replaced_only_if_asked_for(fails, tmp_path, workbook, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)  # as in the folder of a training
    (tmp_path / "checkpoint.safetensors").write_bytes(b"trained for hours")
    line = fails(workbook)
    assert "checkpoint.safetensors is there already: --overwrite replaces it, and -o names another file" in line
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == b"trained for hours"
    assert main(["import", str(workbook), "--overwrite"]) == 0
    assert "replaced checkpoint.safetensors: slice-regression" in capsys.readouterr().out
    load_checkpoint(tmp_path / "checkpoint.safetensors")


def test_a_state_dict_becomes_a_checkpoint(tmp_path, make_model, capsys):
    network = make_model("full", "onehot")
    torch.save(network.state_dict(), tmp_path / "student.pt")
    assert main(["import", str(tmp_path / "student.pt"), "-o", str(tmp_path / "mine.safetensors")]) == 0
    assert f"wrote {tmp_path / 'mine.safetensors'}: full-onehot" in capsys.readouterr().out
    found = load_checkpoint(tmp_path / "mine.safetensors")[0].state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in network.state_dict().items())
