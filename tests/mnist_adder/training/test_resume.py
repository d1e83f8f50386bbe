"""A training that is stopped and goes on ends as if nothing had happened."""

import json
import signal
from pathlib import Path

import pytest
import safetensors.torch

from mnist_adder import cli
from mnist_adder.network.model import HEADS
from mnist_adder.training.loop import train
from mnist_adder.training.recipe import OPTIMIZERS
from mnist_adder.training.run_folder import RunFolder
from tests.support.forks import Command
from tests.support.long_proofs import only_quick

FILES = ("checkpoint.safetensors", "best.safetensors", "resume.safetensors")


class Stop(Exception):
    pass


def silent(_line: str) -> None:
    pass


def contents(folder: Path) -> dict[str, object]:
    """All that must be equal: the files, but for the time that each epoch took."""
    found: dict[str, object] = {name: (folder / name).read_bytes() for name in FILES[:2]}
    with safetensors.safe_open(folder / "resume.safetensors", framework="pt") as file:
        note = json.loads(file.metadata()["mnist_adder"])
        found |= {name: file.get_tensor(name).numpy().tobytes() for name in file.keys()}  # noqa: SIM118
    del note["sha256"]
    for epoch in note["history"]:
        del epoch["seconds"]
    lines = (folder / "history.csv").read_text().splitlines()
    return found | {"note": note, "history": [line.rsplit(",", 1)[0] for line in lines]}


@pytest.mark.parametrize(
    ("optimizer", "precision", "head"),
    # bf16 once: a case takes more than a minute, and neither the head nor the optimizer's state depends on it.
    [
        *only_quick(
            [(optimizer, "float32", head) for optimizer in OPTIMIZERS for head in HEADS],
            *((optimizer, "float32", "onehot") for optimizer in OPTIMIZERS),
        ),
        pytest.param("muon", "bf16", "onehot", marks=pytest.mark.slow),
    ],
)
def test_resuming_gives_the_same_bytes(few, tmp_path, recipe_of, optimizer, head, precision):
    recipe = recipe_of(
        "full" if precision == "bf16" else "slice", head, epochs=3, optimizer=optimizer, precision=precision
    )
    train(recipe, *few, RunFolder(tmp_path / "whole"), silent)

    def stop_after_the_first(_line) -> None:
        raise Stop

    with pytest.raises(Stop):
        train(recipe, *few, RunFolder(tmp_path / "parts"), stop_after_the_first)
    folder = RunFolder(tmp_path / "parts")
    recalled, state = folder.resume()
    assert recalled == recipe
    assert len(folder.epochs) == 1
    train(recalled, *few, folder, silent, state=state)
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")


def command(out: Path, *more: str) -> list[str]:
    return [
        "train",
        "--data",
        "sample",
        "--batch-size",
        "500",
        "--epochs",
        "4",
        "--augment",
        "1",
        "--out",
        str(out),
        *more,
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[Path, float]:
    """A training that nobody stopped, and how many seconds of the processor it took."""
    folder = tmp_path_factory.mktemp("whole")
    done = Command(command(folder / "run"), folder).wait()
    assert done.code == 0, done.said
    return folder / "run", done.seconds


@pytest.mark.slow
@pytest.mark.parametrize(
    ("by", "code", "lines"), [(signal.SIGINT, 130, 1), (signal.SIGTERM, 143, 1), (0, -signal.SIGPROF, 0)]
)
def test_a_training_stopped_by_a_signal_goes_on(whole, tmp_path, capsys, by, code, lines):
    uninterrupted, seconds = whole
    ended = Command(command(tmp_path / "parts"), tmp_path, after=0.6 * seconds, by=by).wait()
    assert ended.code == code, ended.said
    assert ended.said.count("Error: ") == lines
    assert cli.main(command(tmp_path / "parts", "--resume")) == 0
    assert "going on after epoch " in capsys.readouterr().out
    assert contents(tmp_path / "parts") == contents(uninterrupted)


@pytest.mark.slow
def test_resume_checks_what_is_asked_for(tmp_path, capsys):
    def fails(*more: str) -> str:
        assert cli.main(["train", "--resume", "--data", "sample", "--out", str(tmp_path), *more]) == 1
        err = capsys.readouterr().err
        assert err.count("\n") == 1
        return err

    assert cli.main(["train", "--resume", "--data", "sample", "--epochs", "1", "--out", str(tmp_path)]) == 0
    assert "nothing to go on with" in capsys.readouterr().out
    assert "was started with head regression, not onehot" in fails("--head", "onehot")
    assert "was started with" in fails("--recipe", "baseline")
    assert "choose one" in cli_error(capsys, "--resume", "--overwrite", "--out", str(tmp_path))
    # Without --resume, nothing is lost unasked.
    before = contents(tmp_path)
    assert cli.main(["train", "--data", "sample", "--epochs", "1", "--out", str(tmp_path)]) == 1
    err = capsys.readouterr().err
    assert "--resume goes on with it, --overwrite replaces it" in err
    assert err.count("\n") == 1
    assert contents(tmp_path) == before
    assert cli.main(["train", "--data", "sample", "--epochs", "1", "--overwrite", "--out", str(tmp_path)]) == 0
    assert "going on" not in capsys.readouterr().out
    # Nothing is left to do, and it says how good the network is.
    assert cli.main(["train", "--resume", "--data", "sample", "--out", str(tmp_path)]) == 0
    assert "last (1), test" in capsys.readouterr().out


def cli_error(capsys, *more: str) -> str:
    assert cli.main(["train", "--data", "sample", *more]) == 2
    return capsys.readouterr().err


@pytest.mark.slow
def test_epochs_may_be_raised_but_not_lowered(tmp_path, capsys):
    def run(*more: str) -> int:
        return cli.main(["train", "--data", "sample", "--batch-size", "500", "--out", str(tmp_path), *more])

    assert run("--epochs", "2") == 0
    assert run("--resume", "--epochs", "3") == 0
    out = capsys.readouterr().out
    assert "going on after epoch 2 of 3\nepoch 3/3" in out
    assert len(RunFolder(tmp_path).resume()[1]) > 0
    assert RunFolder(tmp_path).resume()[0].epochs == 3
    assert run("--resume", "--epochs", "2") == 1
    assert "was started with epochs 3, not 2" in capsys.readouterr().err
