"""What `mnist-adder train` writes is not lost: by a second training, by an option, by a file that is missing."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mnist_adder import cli
from mnist_adder.training.run_folder import RunFolder
from tests.support.quick_training import quick_training


def arguments(out: Path, *more: str) -> list[str]:
    return quick_training("--out", str(out), *more)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(autouse=True)
def beside_digits(sample_folder, monkeypatch):
    """A training finds them in the folder data."""
    monkeypatch.chdir(sample_folder.parent)


@pytest.fixture
def trained(tmp_path, capsys):
    assert cli.main(arguments(tmp_path, "--epochs", "1")) == 0
    capsys.readouterr()
    return tmp_path


@pytest.mark.slow
def test_two_trainings_never_write_into_one_folder(tmp_path, fails):
    command = [sys.executable, "-m", "mnist_adder", *arguments(tmp_path, "--epochs", "500")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"}) as process:
        try:
            while not process.stdout.readline().startswith(b"epoch "):
                assert process.poll() is None
            for more in ((), ("--resume",), ("--overwrite",)):
                line = fails(*arguments(tmp_path, "--epochs", "1", *more))
                assert f"another training is writing to {tmp_path}" in line
        finally:
            process.send_signal(signal.SIGKILL)
    done = len((tmp_path / "history.csv").read_text().splitlines()) - 1
    with RunFolder(tmp_path).claimed(resume=True, overwrite=False):  # it is free again
        assert done >= 1


@pytest.mark.parametrize("missing", [["resume.safetensors"], ["resume.safetensors", "checkpoint.safetensors"]])
def test_a_network_is_not_replaced_unasked_when_the_state_is_missing(trained, fails, missing):
    for name in missing:
        (trained / name).unlink()
    before = contents(trained)
    assert "holds a training already" in fails(*arguments(trained, "--epochs", "1"))
    assert "but no resume.safetensors to go on with" in fails(*arguments(trained, "--resume"))
    assert contents(trained) == before


def test_overwriting_leaves_nothing_of_the_former_training(trained, capsys):
    for name in ("report/report.html", "report/deep/picture.png", "notes.txt"):
        (trained / name).parent.mkdir(parents=True, exist_ok=True)
        (trained / name).write_text("mine")
    assert cli.main(arguments(trained, "--epochs", "2", "--seed", "5", "--overwrite")) == 0
    names = {
        "best.safetensors",
        "checkpoint.safetensors",
        "history.csv",
        "recipe.toml",
        "resume.safetensors",
        "run.json",
    }
    assert {path.name for path in trained.iterdir()} == {*names, "notes.txt"}
    assert len(json.loads((trained / "run.json").read_text())) == 1


def test_overwriting_that_fails_leaves_the_former_training(trained, fails):
    before = contents(trained)
    fails(*arguments(trained, "--learning-rate", "1e20", "--epochs", "1", "--overwrite"), said="training the")
    assert contents(trained) == before


def test_the_default_folder_names_the_recipe_and_the_seed(tmp_path, sample_folder, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(sample_folder)
    (tmp_path / "mine.toml").write_text('recipe = "fast"\nepochs = 1\nhead = "onehot"\n')
    for more in (("--recipe", "fast"), ("--seed", "3"), ("--config", "mine.toml")):
        assert cli.main(quick_training("--epochs", "1", *more)) == 0
    found = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert found == ["slice-onehot-mine-0", "slice-regression-fast-0", "slice-regression-reference-3"]


def test_a_training_that_goes_on_is_not_said_to_have_another_recipe(trained, capsys):
    """By default the recipe is another one than this training was begun with, and its own counts."""
    assert cli.main(["train", "--resume", "--out", str(trained)]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "training the slice network, 1,367 parameters, head regression",
        "going on after epoch 1 of 1",
    ]


def test_a_run_says_what_it_ran_with(trained):
    assert cli.main(arguments(trained, "--resume", "--epochs", "2")) == 0
    first, second = json.loads((trained / "run.json").read_text())
    assert (first["first_epoch"], second["first_epoch"]) == (1, 2)
    given = f"--preset slice --recipe reference --batch-size 500 --out {trained} --epochs 1"
    assert first["command"] == f"mnist-adder train {given}"
    assert first["versions"]["torch"] == torch.__version__
    assert (first["threads"], first["device"]) == (torch.get_num_threads(), "cpu")


def test_the_recipe_that_was_written_gives_the_same_network(trained, tmp_path_factory):
    again = tmp_path_factory.mktemp("again")
    assert cli.main(["train", "--config", str(trained / "recipe.toml"), "--out", str(again)]) == 0
    assert (again / "checkpoint.safetensors").read_bytes() == (trained / "checkpoint.safetensors").read_bytes()
    assert (again / "recipe.toml").read_bytes() == (trained / "recipe.toml").read_bytes()


def test_an_option_comes_before_the_file_and_the_file_before_the_recipe(trained, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    settings = ('data = "sample"', 'preset = "slice"', "epochs = 1", "momentum = 0.5", "weight_decay = 0.1")
    (out / "mine.toml").write_text("\n".join(settings))
    config = ["--config", str(out / "mine.toml")]
    assert cli.main(["train", *config, "--weight-decay", "0.7", "--out", str(out / "run")]) == 0
    recipe, _ = RunFolder(out / "run").resume()
    assert (recipe.data, recipe.epochs, recipe.momentum, recipe.weight_decay) == ("sample", 1, 0.5, 0.7)
    assert recipe.batch_size == 32


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("epochs = ", "isn't a TOML file"),
        ("epochs = 0", "epochs must be a whole number from 1, not 0"),
        ('epochs = "3"', 'epochs must be a whole number from 1, not the text "3"'),
        ("epochs = 1979-05-27", "epochs must be"),
        ("speed = 9", "a recipe has no speed"),
        ('recipe = "slow"', "there is no recipe slow"),
        ("recipe = []", "there is no recipe"),
        ("learning_rate = nan", "learning-rate must be a number above 0, not nan"),
        ('preset = ["full"]', "preset must be one of"),
        ("augment = 'strong'", "augment must be"),
        ("momentum = 1", "momentum must be a number from 0 to below 1"),
        ("ema_decay = 1.5", "ema-decay must be"),
        ("label_smoothing = 2", "label-smoothing must be"),
        ("[epochs]\na = 1", "epochs must be"),
        ("a = " + 9999 * "[", "isn't a TOML file"),
        ("\0", "isn't a TOML file"),
        (70_000 * "#", "too large for a recipe"),
    ],
)
def test_a_file_that_is_no_recipe_is_one_line(tmp_path, fails, text, words):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    line = fails("train", "--config", path, "--out", tmp_path / "run")
    assert words in line
    assert str(path) in line


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--learning-rate", "nan"), "learning-rate must be a number above 0, not nan"),
        (("--learning-rate", "inf"), "learning-rate must be"),
        (("--augment", "nan"), "augment must be a number from 0 to 1, not nan"),
        (("--weight-decay", "-1"), "weight-decay must be"),
    ],
)
def test_an_option_that_cannot_be_meant_is_one_line(tmp_path, fails, options, words):
    (tmp_path / "small.toml").write_text("batch_size = 50\n")
    for more in ((), ("--config", tmp_path / "small.toml")):
        line = fails(*arguments(tmp_path / "run", *options, *more))
        assert line.startswith(f"Error: {words}"), "the file isn't to blame"
        assert not (tmp_path / "run").exists()
