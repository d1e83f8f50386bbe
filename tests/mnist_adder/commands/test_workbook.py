"""`mnist-adder workbook`: what it writes, and that bad input gives one line and no file."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from excel_export import Report, read_tensors
from excel_export.report import TensorRow
from mnist_adder.cli import main
from mnist_adder.data.bundled import bundled_digits
from mnist_adder.distillation.likeness import Likeness
from mnist_adder.distillation.taught_slice import TaughtSlice
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint, save_checkpoint
from mnist_adder.network.model import AdderNetwork


@pytest.mark.slow
def test_your_own_picture_and_number(tmp_path, capsys):
    digit = bundled_digits()[4]
    Image.fromarray(digit.pixels).save(tmp_path / "two.png")
    made = tmp_path / "made.xlsx"
    arguments = ["--no-training", "--image", f"{tmp_path}/two.png", "--digit", "2", "--number", "9", "-o", str(made)]
    assert main(["workbook", *arguments]) == 0
    out = capsys.readouterr().out
    assert "live formulas" in out
    assert out.endswith(f"\nopen {made}: begin on the sheet Start\n")
    found = read_tensors(made)
    assert (found["pixels"][0, 0] == digit.pixels).all()
    assert found["number"] == 9
    assert found["digit"] == 2


@pytest.fixture
def given(monkeypatch):
    """Runs the command without writing; gives what it would have written: network, digit, number and settings."""
    found = []

    def write_workbook(network, digit, number, path, *, progress, **settings):
        found.append((network, digit, number, path, settings))
        wrong = 0.25 if path.name == "wrong.xlsx" else 0.0
        return Report(path, [TensorRow("loss", (), 0.0), TensorRow("grad.conv6.weight", (10, 6, 4, 4), wrong)], 1)

    monkeypatch.setattr("mnist_adder.workbook.teaching_workbook.write_workbook", write_workbook)

    def given(*arguments: str):
        assert main(["workbook", *arguments]) == 0
        return found.pop()

    return given


def test_it_takes_your_own_picture_and_number(given, tmp_path, capsys):
    digit = bundled_digits()[4]
    Image.fromarray(digit.pixels).save(tmp_path / "two.png")
    _, shown, number, *_ = given("--image", f"{tmp_path}/two.png", "--digit", "2", "--number", "9")
    assert (shown.pixels == digit.pixels).all()
    assert (shown.label, number) == (2, 9)
    assert "\nopen backpropagation.xlsx" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "label", "is_clear"),
    [((), 3, False), (("--clear",), 3, True), (("--digit", "8"), 8, False), (("--digit", "8", "--clear"), 8, True)],
)
def test_it_shows_the_digit_asked_for_clear_or_messy(given, arguments, label, is_clear):
    _, digit, *_ = given(*arguments)
    clear, messy = bundled_digits()[2 * label : 2 * label + 2]
    assert (clear.label, messy.label) == (label, label)
    assert digit is (clear if is_clear else messy)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--full", "--training"), "for a whole small network only"),
        (("--from", "conv6", "--all-rules"), "for a whole small network only"),
        (("--clear", "--image", "two.png", "--digit", "2"), "leave it out with --image"),
    ],
)
def test_options_that_do_not_go_together_are_refused(capsys, arguments, said):
    assert main(["workbook", *arguments]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_it_takes_the_network_the_number_and_the_file_asked_for(given):
    network, _, number, path, settings = given()
    assert (network.preset, network.head, number, str(path)) == ("slice", "regression", 6, "backpropagation.xlsx")
    assert settings == {"taught": None, "training": True, "all_rules": False, "start": None, "stop": None}
    network, _, number, path, settings = given(
        "slice-onehot", "--number", "2", "--from", "conv3", "--to", "conv6", "--no-training", "-o", "other.xlsx"
    )
    assert (network.preset, network.head, number, str(path)) == ("slice", "onehot", 2, "other.xlsx")
    assert settings == {"taught": None, "training": False, "all_rules": False, "start": "conv3", "stop": "conv6"}
    assert given("--full")[0].preset == "full"


def test_of_a_full_network_it_is_the_slice_that_it_taught(given, tmp_path, monkeypatch, capsys):
    full, _ = load_checkpoint(bundled_checkpoint("full", "regression"))
    save_checkpoint(tmp_path / "checkpoint.safetensors", full, {}, {})
    asked = []

    def slice_of(teacher, path, data_dir, log):
        asked.append((path, data_dir))
        alike, apart = Likeness(1000, 0.98, 0.97, 0.5, 4, 3, 1.25), Likeness(1000, 0.96, 0.95, 0.75, 4, 2, 2.5)
        slice_ = AdderNetwork("slice").eval()
        return TaughtSlice(slice_, teacher, (1, 2, 3, 4, 9), "mnist", 55, 0.456, alike, alike, apart)

    monkeypatch.setattr("mnist_adder.distillation.taught_slice.slice_of", slice_of)
    network, *_, settings = given(str(tmp_path), "--data-dir", "elsewhere")
    assert network.preset == "slice"
    assert settings["taught"].network is network
    assert settings["taught"].teacher.preset == "full"
    assert asked == [(tmp_path / "checkpoint.safetensors", Path("elsewhere"))]
    said = capsys.readouterr().out
    assert "a slice with 5 filters where the full network has 16, taught by it" in said
    assert "at a temperature of 0.46" in said
    lines = [line.split()[-2:] for line in said.splitlines() if line.startswith(("digit", "the", "how", "of these"))]
    assert lines == [["98.00%", "96.00%"], ["97.00%", "95.00%"], ["0.5000", "0.7500"], ["1.250", "2.500"], ["3", "2"]]
    for whole in (("--full",), ("--from", "conv5"), ("--to", "conv1")):
        network, *_, settings = given(str(tmp_path), *whole)
        assert (network.preset, settings["taught"]) == ("full", None)
    assert len(asked) == 1


def test_full_is_for_a_full_network(fails):
    assert "slice-onehot is a slice, whole already: leave out --full" in fails("workbook", "slice-onehot", "--full")


@pytest.mark.slow
def test_only_the_layers_asked_for_are_live(tmp_path):
    assert main(["workbook", "--from", "conv3", "--to", "conv6", "-o", str(tmp_path / "part.xlsx")]) == 0
    found = read_tensors(tmp_path / "part.xlsx")
    with_gradient = {key.split(".")[1] for key in found if key.startswith("grad.") and key.endswith(".weight")}
    assert with_gradient == {"conv3", "conv6"}


@pytest.mark.usefixtures("given")
def test_a_workbook_that_differs_from_pytorch_is_an_error(fails, tmp_path):
    assert "wrong.xlsx differs from PyTorch by 2.5e-01" in fails("workbook", "-o", tmp_path / "wrong.xlsx")


@pytest.mark.parametrize(
    "arguments",
    [("workbook",), ("evaluate",), ("predict", "--image", "seven.png", "--number", 5), ("export-onnx",)],
)
def test_of_a_name_that_is_misspelt_the_names_that_exist_are_listed(fails, arguments):
    command, *options = arguments
    assert "there are: full-regression, full-regression.slice, slice-onehot, slice-regression" in fails(
        command, "sliceregression", *options
    )


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
