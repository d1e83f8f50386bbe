"""A file in which somebody's work may be is never replaced unasked."""

import os

import pytest

from mnist_adder.cli import main
from tests.support.long_proofs import only_quick


@pytest.mark.parametrize(
    ("command", "name"),
    [("workbook", "backpropagation.xlsx"), ("export-onnx", "model.onnx"), ("import", "checkpoint.safetensors")],
)
def test_what_a_learner_worked_on_stays(fails, tmp_path, monkeypatch, command, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(b"an hour's work")
    line = fails(command, *([] if command == "workbook" else ["slice-regression"]))
    why = "was saved by another program" if command == "workbook" else "is there already"
    assert line == f"Error: {name} {why}: --overwrite replaces it, and -o names another file\n"
    assert (tmp_path / name).read_bytes() == b"an hour's work"


@pytest.mark.parametrize("option", only_quick(["--force", "--overwrite"], "--overwrite"))
def test_it_is_replaced_if_asked_for(tmp_path, option):
    path = tmp_path / "a.onnx"
    path.write_bytes(b"old")
    assert main(["export-onnx", "slice-regression", "-o", str(path), option]) == 0
    assert path.stat().st_size > 1000


def test_more_threads_than_a_machine_can_feed_are_refused(capsys):
    most = 4 * os.cpu_count()
    assert main(["train", "--threads", str(most + 1)]) == 2
    assert f"{most + 1} is not in the range 1<=x<={most}" in capsys.readouterr().err
