"""`mnist-adder workbook`: what it writes, and that bad input gives one line and no file."""

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from excel_export import Report, read_tensors
from excel_export.report import TensorRow
from mnist_adder.cli import main
from mnist_adder.data.bundled import bundled_digits


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
        return Report(path, [TensorRow("loss", (), 0.0)], 1)

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
        (("slice-onehot", "--full"), "name slice-onehot, or --full, not both"),
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
    assert (network.preset, network.head, number, str(path)) == ("slice", "regression", 5, "backpropagation.xlsx")
    assert settings == {"training": True, "all_rules": False, "start": None, "stop": None}
    network, _, number, path, settings = given(
        "slice-onehot", "--number", "2", "--from", "conv3", "--to", "conv6", "--no-training", "-o", "other.xlsx"
    )
    assert (network.preset, network.head, number, str(path)) == ("slice", "onehot", 2, "other.xlsx")
    assert settings == {"training": False, "all_rules": False, "start": "conv3", "stop": "conv6"}
    assert given("--full")[0].preset == "full"


@pytest.mark.slow
def test_only_the_layers_asked_for_are_live(tmp_path):
    assert main(["workbook", "--from", "conv3", "--to", "conv6", "-o", str(tmp_path / "part.xlsx")]) == 0
    found = read_tensors(tmp_path / "part.xlsx")
    with_gradient = {key.split(".")[1] for key in found if key.startswith("grad.") and key.endswith(".weight")}
    assert with_gradient == {"conv3", "conv6"}


def test_a_workbook_that_differs_from_pytorch_is_an_error(monkeypatch, fails, tmp_path):
    wrong = Report(
        tmp_path / "made.xlsx",
        [TensorRow("loss", (), 0.0), TensorRow("grad.conv6.weight", (10, 6, 4, 4), 0.25)],
        9,
    )
    monkeypatch.setattr("mnist_adder.workbook.teaching_workbook.write_workbook", lambda *_, **__: wrong)
    assert "made.xlsx differs from PyTorch by 2.5e-01" in fails("workbook", "-o", tmp_path / "made.xlsx")


@pytest.mark.parametrize(
    "arguments",
    [("workbook",), ("evaluate",), ("predict", "--image", "seven.png", "--number", 5), ("export-onnx",)],
)
def test_of_a_name_that_is_misspelt_the_names_that_exist_are_listed(fails, arguments):
    command, *options = arguments
    assert "there are: full-regression, slice-onehot, slice-regression" in fails(command, "sliceregression", *options)


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
