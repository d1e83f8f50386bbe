"""`mnist-adder workbook`: what it writes, and that bad input gives one line and no file."""

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from excel_export import exporter, read_tensors
from mnist_adder.cli import main
from mnist_adder.digits import bundled_digits


def test_your_own_picture_and_number(tmp_path, capsys):
    digit = bundled_digits()[4]
    Image.fromarray(digit.pixels).save(tmp_path / "two.png")
    made = tmp_path / "made.xlsx"
    arguments = ["--no-training", "--image", f"{tmp_path}/two.png", "--digit", "2", "--number", "9", "-o", str(made)]
    assert main(["workbook", *arguments]) == 0
    assert "live formulas" in capsys.readouterr().out
    found = read_tensors(made)
    assert (found["pixels"][0, 0] == digit.pixels).all()
    assert found["number"] == 9
    assert found["digit"] == 2


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["missing.safetensors"], 1, "missing.safetensors"),
        (["{folder}/other.safetensors"], 1, "other.safetensors"),
        (["{folder}/text.safetensors"], 1, "text.safetensors"),
        (["--number", "12"], 2, "12"),
        (["--digit", "x"], 2, "x"),
        (["--image", "{folder}/text.safetensors", "--digit", "2"], 1, "text.safetensors"),
        (["--image", "{folder}/none.png", "--digit", "2"], 1, "none.png"),
        (["--image", "{folder}/none.png"], 1, "--digit"),
        (["--from", "nowhere"], 1, "no layer 'nowhere'"),
        (["--from", "out2", "--to", "input1"], 1, "comes before"),
        (["-o", "{folder}/no/such/folder.xlsx"], 1, "cannot write"),
    ],
)
def test_bad_input_gives_one_line_and_no_file(tmp_path, capsys, monkeypatch, arguments, code, words):
    save_file({"input1.weight": torch.zeros(2, 2)}, tmp_path / "other.safetensors")
    (tmp_path / "text.safetensors").write_text("not a checkpoint, not an image")
    monkeypatch.chdir(tmp_path)
    given = [argument.format(folder=tmp_path) for argument in arguments]
    target = [] if "-o" in given else ["-o", "made.xlsx"]
    assert main(["workbook", *given, *target]) == code
    error = capsys.readouterr().err
    assert error.startswith("Error: ")
    assert error.count("\n") == 1
    assert words in error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.safetensors", "text.safetensors"]


def test_a_workbook_that_disagrees_with_pytorch_gives_one_line_and_no_file(tmp_path, capsys, monkeypatch):
    def spoiled(path):
        found = read_tensors(path)
        return found | {"grad.out2.bias": found["grad.out2.bias"] + 1e-6}

    monkeypatch.setattr(exporter, "read_tensors", spoiled)
    assert main(["workbook", "--from", "out2", "-o", f"{tmp_path}/made.xlsx"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("Error: ")
    assert error.count("\n") == 1
    assert "differs from PyTorch's" in error
    assert not list(tmp_path.iterdir())
