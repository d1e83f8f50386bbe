"""What other programs leave in RANK, LOCAL_RANK and WORLD_SIZE."""

import os
import subprocess
import sys
import time

import pytest

from mnist_adder import cli


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mnist_adder", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
    )


@pytest.mark.parametrize(
    "environment", [{"RANK": "3"}, {"RANK": "3", "WORLD_SIZE": "4"}, {"RANK": "x", "WORLD_SIZE": "y"}]
)
def test_a_rank_silences_no_other_command(environment, monkeypatch, capsys, fails):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert "no network of this name" in fails("predict", "nothing-here", "--image", "x.png", "--number", 1)
    assert cli.main(["--help"]) == 0
    assert capsys.readouterr().out.startswith("Usage: ")


@pytest.mark.slow
def test_a_rank_alone_is_one_process_that_trains_and_prints(tmp_path):
    done = run(
        "train",
        "--preset",
        "slice",
        "--data",
        "sample",
        "--epochs",
        "1",
        "--out",
        str(tmp_path),
        RANK="3",
        LOCAL_RANK="3",
    )
    assert done.returncode == 0
    assert "epoch 1/1" in done.stdout
    assert (tmp_path / "checkpoint.safetensors").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"WORLD_SIZE": "two"}, "WORLD_SIZE must be a whole number, not 'two'"),
        ({"WORLD_SIZE": "2", "RANK": "first"}, "RANK must be a whole number"),
        ({"WORLD_SIZE": "2", "RANK": "0"}, "can't join the other processes"),
        ({"WORLD_SIZE": "2", "RANK": "0", "MASTER_ADDR": "localhost", "MASTER_PORT": "port"}, "can't join"),
    ],
)  # fmt: skip
def test_processes_that_cannot_be_joined_are_one_line(tmp_path, environment, words):
    done = run(
        "train", "--preset", "slice", "--data", "sample", "--epochs", "1", "--out", str(tmp_path / "run"), **environment
    )
    assert done.returncode == 1
    assert words in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr


def test_an_error_of_another_process_is_said(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(cli, "PATIENCE", 0.1)
    started = time.perf_counter()
    assert cli.main(["train", "--data", "sample", "--device", "cuda", "--out", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("process 1: Error: ")
    assert err.count("\n") == 1
    assert time.perf_counter() - started >= 0.1, "the first process must have time to say it itself"
