"""Several processes give what one gives."""

import os
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest
import torch
from safetensors.torch import load_file

from mnist_adder.network.checkpoint import load_checkpoint
from mnist_adder.training.run_folder import RunFolder

ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1"}


def command(out: Path, processes: int, *more: str) -> list[str]:
    launch = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"] if processes > 1 else []
    train = [
        "-m",
        "mnist_adder",
        "train",
        "--preset",
        "slice",
        "--recipe",
        "reference",
        "--data",
        "sample",
        "--device",
        "cpu",
        "--out",
        str(out),
    ]
    return [sys.executable, *launch, *train, *more]


def run(out: Path, processes: int, *more: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command(out, processes, *more), capture_output=True, text=True, env=ONE_THREAD)
    assert (done.returncode == 0) == (code == 0), done.stderr
    return done


@pytest.mark.slow
@pytest.mark.parametrize(("head", "more"), [("regression", ("--normalise",)), ("onehot", ("--no-normalise",))])
def test_two_processes_learn_what_one_learns(tmp_path, head, more):
    # 4,000 images in batches of 777 leave a last batch of 115, which two cannot share evenly. Few steps: each of
    # Adam's can turn a rounding difference of a gradient near zero into one of the size of the learning rate.
    recipe = ("--head", head, "--epochs", "1", "--batch-size", "777", "--augment", "1", "--learning-rate", "0.003")
    alone = run(tmp_path / "one", 1, *recipe, *more)
    together = run(tmp_path / "two", 2, *recipe, *more)
    one, info = load_checkpoint(tmp_path / "one" / "checkpoint.safetensors")
    two, info_two = load_checkpoint(tmp_path / "two" / "checkpoint.safetensors")
    learned, learned_too = (load_file(tmp_path / folder / "resume.safetensors") for folder in ("one", "two"))
    tolerance = 3e-4 if "--normalise" in more else 1e-6
    for name in (name for name in learned if name.startswith("network.")):
        assert torch.allclose(learned[name], learned_too[name], atol=tolerance), name
    # Folding multiplies weights, and what rounding did to them, by up to ten.
    tolerance = 3e-3 if "--normalise" in more else 1e-6
    for (name, a), b in zip(one.named_parameters(), two.parameters(), strict=True):
        assert torch.allclose(a, b, atol=tolerance), name
    assert info_two.results["train"]["images"] == 4000
    assert info_two.results["train"]["loss"] == pytest.approx(info.results["train"]["loss"], rel=1e-3)
    # Only one of them speaks, and says what one alone says, but for the time.
    assert len(together.stdout.splitlines()) == len(alone.stdout.splitlines())


@pytest.mark.slow
def test_two_processes_go_on_where_two_had_come_to(tmp_path):
    more = ("--epochs", "6", "--batch-size", "500")
    run(tmp_path / "whole", 2, *more)

    with subprocess.Popen(command(tmp_path / "parts", 2, *more), env=ONE_THREAD, stdout=PIPE, text=True) as process:
        assert process.stdout.readline().startswith("epoch 1/6")
        process.terminate()
    stopped = RunFolder(tmp_path / "parts")
    stopped.resume()
    assert 1 <= len(stopped.epochs) < 6, "it was not stopped in the middle"

    resumed = run(tmp_path / "parts", 2, *more, "--resume")
    assert resumed.stdout.startswith(f"going on after epoch {len(stopped.epochs)} of 6\n")
    assert resumed.stdout.count("epoch 1/6") == 0
    for name in ("checkpoint.safetensors", "best.safetensors"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes()


@pytest.mark.slow
def test_a_mistake_is_said_once(tmp_path):
    done = run(tmp_path, 2, "--hold-out", "5000", code=1)
    assert done.stderr.count("can't hold out 5,000 of 4,000 training images") == 1
