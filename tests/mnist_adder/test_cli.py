import os
import re
import signal
import subprocess
import sys
import time
from threading import Thread

import pytest
from PIL import Image

from mnist_adder import cli
from mnist_adder.commands import train
from mnist_adder.compute.device import available_devices
from mnist_adder.network.checkpoint import BUNDLED_DIR, bundled_checkpoint
from mnist_adder.training.history import read_history
from tests.support.quick_training import quick_training

COMMANDS = ("train", "evaluate", "predict", "workbook", "import", "report", "export-onnx")


@pytest.fixture
def digit(sample, tmp_path):
    """A file with a picture of a four."""
    test = sample[1]
    Image.fromarray(test.pixels[test.labels == 4][0, 0].numpy()).save(tmp_path / "digit.png")
    return tmp_path / "digit.png"


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help_has_an_example(capsys, command):
    assert cli.main([*command, "--help"]) == 0
    assert " ".join(("Example: mnist-adder", *command)) in capsys.readouterr().out


@pytest.mark.parametrize("command", ["evaluate", "predict", "workbook", "export-onnx"])
def test_help_names_the_networks_that_ship(capsys, command):
    assert cli.main([command, "--help"]) == 0
    words = capsys.readouterr().out.split()
    for path in BUNDLED_DIR.iterdir():
        assert path.stem in [word.strip(".,") for word in words]


@pytest.mark.parametrize("command", ["train", "evaluate", "predict", "report"])
def test_help_says_what_is_taken_where_nothing_is_said(capsys, command):
    assert cli.main([command, "--help"]) == 0
    shown = re.sub(r"\s+", " ", capsys.readouterr().out)
    for option, default in {"--device": "auto", "--seed": "0", "--data-dir": "data"}.items():
        said = re.search(rf"{option} .*?(?= --|$)", shown)
        assert said is None or f"[default: {default}" in said[0]


def test_help_doesnt_wait_for_pytorch():
    check = "from mnist_adder.cli import main; main(['train', '--help']); assert 'torch' not in sys.modules"
    check = f"import sys; {check}"
    subprocess.run([sys.executable, "-c", check], check=True, capture_output=True)


@pytest.mark.parametrize("name", ["slice-regression", "slice-onehot", "full-regression"])
def test_predict_with_a_network_that_ships(capsys, digit, name):
    assert cli.main(["predict", name, "--image", str(digit), "--number", "7"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("digit  4  (probability ")
    assert "sum    11  (with the number 7)" in out
    assert err == ""


@pytest.mark.slow
def test_evaluate_on_the_sample(capsys):
    assert cli.main(["evaluate", "slice-regression", "--data", "sample"]) == 0
    out = capsys.readouterr().out
    assert "test images           1,000\n" in out
    assert "sum right if digit is 100.00%\n" in out


def test_train_then_evaluate_then_predict(capsys, monkeypatch, tmp_path, digit):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["train", "--preset", "slice", "--data", "sample", "--epochs", "2", "--head", "onehot"]) == 0
    out = capsys.readouterr().out
    checkpoint = "runs/slice-onehot-fast-0/checkpoint.safetensors"
    assert out.count("epoch ") == 2
    assert f"wrote {checkpoint}, best.safetensors and history.csv\n" in out
    assert cli.main(["evaluate", checkpoint, "--data", "sample"]) == 0
    assert cli.main(["predict", checkpoint, "--image", str(digit), "--number", "0"]) == 0


@pytest.mark.slow
@pytest.mark.parametrize(("head", "epochs"), [("regression", 4), ("onehot", 10)])
def test_a_short_training_of_the_sample_learns_to_add(capsys, tmp_path, head, epochs):
    """The second is the example of the help."""
    options = f"train --preset slice --head {head} --epochs {epochs} --data sample"
    if head == "onehot":
        assert f"mnist-adder {options}" in train.command.epilog
    assert cli.main([*options.split(), "--out", str(tmp_path)]) == 0
    epoch, *_ = read_history(tmp_path / "history.csv").columns["test_sum_accuracy"][::-1]
    assert epoch > 0.85


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "Missing command. Try 'mnist-adder --help'."),
        (["trian"], "No such command 'trian'"),
        (
            ["train", "--preset", "huge"],
            "'huge' is not one of 'full', 'slice'. Try 'mnist-adder train --help'.",
        ),
        (["train", "--head", "tail"], "'tail' is not one of"),
        (["train", "--epochs", "0"], "0 is not in the range x>=1"),
        (["train", "--batch-size", "many"], "'many' is not a valid integer"),
        (["train", "--learning-rate", "0"], "0.0 is not in the range x>0"),
        (["train", "--speed", "9"], "No such option"),
        (["evaluate"], "Missing argument 'CHECKPOINT...'"),
        (["predict", "slice-regression", "--image", "x.png"], "Missing option '--number'"),
        (
            ["predict", "slice-regression", "--image", "x.png", "--number", "12"],
            "12 is not in the range 0<=x<=9",
        ),
        (
            ["predict", "slice-regression", "--image", "x.png", "--number", "7.5"],
            "'7.5' is not a valid integer",
        ),
    ],
)
def test_wrong_usage_is_one_line(fails, arguments, complaint):
    assert complaint in fails(*arguments, code=2)


def test_what_cant_be_read_is_one_line(fails, tmp_path, digit):
    checkpoint = bundled_checkpoint("slice", "regression")
    assert "nothing.png" in fails("predict", checkpoint, "--image", "nothing.png", "--number", 1, code=1)
    assert "isn't a picture" in fails("predict", checkpoint, "--image", checkpoint, "--number", 1, code=1)
    assert "safetensors file" in fails("predict", digit, "--image", digit, "--number", 1, code=1)
    assert "there is no file no.safetensors" in fails("evaluate", "no.safetensors", "--data", "sample", code=1)
    assert "Is a directory" in fails("evaluate", tmp_path, code=1)


def test_a_path_with_a_line_break_still_gives_one_line(fails):
    fails("evaluate", "no\nsuch\nfile", code=1)


@pytest.mark.usefixtures("offline")
def test_training_that_fails_leaves_nothing(fails, tmp_path):
    out = tmp_path / "run"
    arguments = quick_training("--data", "sample", "--learning-rate", "1e20", "--epochs", "1", "--out", out)
    assert "try a lower --learning-rate" in fails(*arguments, code=1, said="training the slice network")
    assert not out.exists()

    arguments = ("train", "--data-dir", tmp_path / "data", "--out", tmp_path / "other")
    assert "--data sample" in fails(*arguments, code=1)
    assert not (tmp_path / "other").exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_without_permission_is_one_line(fails, tmp_path):
    tmp_path.chmod(0o500)
    assert "can't write" in fails("train", "--data", "sample", "--out", tmp_path / "run", code=1)


def test_a_file_in_place_of_a_directory_is_one_line(fails, digit):
    assert "is a file" in fails("train", "--data", "sample", "--out", digit, code=2)
    assert "can't write to the directory" in fails("train", "--data", "sample", "--out", digit / "run", code=1)


def test_ctrl_c_is_one_line(fails, sample_folder, tmp_path):
    def press_after_an_epoch():
        while not (tmp_path / "history.csv").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    Thread(target=press_after_an_epoch, daemon=True).start()
    arguments = quick_training("--epochs", "500", "--data-dir", sample_folder, "--out", tmp_path)
    assert fails(*arguments, code=130, said="training the slice") == "Error: stopped by Ctrl-C\n"


@pytest.mark.parametrize("device", [name for name, is_there in available_devices().items() if not is_there])
def test_a_device_that_isnt_there_is_one_line(fails, device):
    assert f"no {device}; use --device auto" in fails("train", "--device", device, code=1)


def test_the_module_runs_and_exits_with_the_code():
    command = [sys.executable, "-m", "mnist_adder", "predict"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "Error: Missing argument 'CHECKPOINT'. Try 'mnist-adder predict --help'.\n"
