"""`mnist-adder evaluate --json`: one object on stdout, and nothing else."""

import json
from dataclasses import asdict

import pytest
import torch

from mnist_adder.cli import main
from mnist_adder.compute.device import move
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint, save_checkpoint
from mnist_adder.network.scoring import evaluate
from tests.support.long_proofs import only_quick


def reject(constant: str) -> None:
    raise AssertionError(f"{constant} isn't JSON")


def printed(capsys, *arguments: str) -> dict:
    assert main(["evaluate", *arguments, "--data", "sample", "--json"]) == 0
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    assert err == ""
    return json.loads(out, parse_constant=reject)


@pytest.mark.parametrize("seed", only_quick([0, 3], 3))
def test_json_is_the_score_and_what_it_is_of(capsys, sample, seed):
    path = bundled_checkpoint("slice", "onehot")
    model, _ = load_checkpoint(path)
    move(model, torch.device("cpu"))  # the command's order of the numbers in memory: another one rounds differently
    found = printed(capsys, "slice-onehot", "--seed", str(seed))
    assert found == {
        "checkpoint": str(path),
        "seed": seed,
        "data": "sample",
        **asdict(evaluate(model, sample[1], seed)),
    }


def test_a_loss_that_is_no_number_is_null(capsys, tmp_path, make_model):
    model = make_model()
    with torch.no_grad():
        model.out2.weight.fill_(3e38)
    save_checkpoint(tmp_path / "far.safetensors", model, {}, {})
    assert printed(capsys, str(tmp_path / "far.safetensors"))["loss"] is None


def test_an_error_prints_nothing_on_stdout(capsys):
    assert main(["evaluate", "no.safetensors", "--json"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1


@pytest.mark.slow
def test_several_are_shown_side_by_side(capsys):
    names = ["slice-regression", "slice-onehot"]
    alone = []
    for name in names:
        assert main(["evaluate", name, "--data", "sample"]) == 0
        alone.append([line[22:] for line in capsys.readouterr().out.splitlines()])
    assert main(["evaluate", *names, "--data", "sample"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == names
    assert [row[22:].split() for row in rows] == [list(pair) for pair in zip(*alone, strict=True)]
    assert main(["evaluate", *names, "--data", "sample", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [f"{line['loss']:.4f}" for line in lines] == [scores[1] for scores in alone]
