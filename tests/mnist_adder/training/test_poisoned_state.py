"""A `resume.safetensors` that somebody has changed is refused in one line, whatever was changed."""

import json
from collections.abc import Callable

import pytest
import safetensors.torch
import torch

from mnist_adder import cli
from mnist_adder.training.run_folder import checksum
from tests.support.quick_training import quick_training

NAN = float("nan")


@pytest.fixture(scope="module")
def trained(tmp_path_factory, sample_folder):
    """A folder with two epochs of three, and what its state holds."""
    folder = tmp_path_factory.mktemp("trained")
    assert cli.main(quick_training("--data-dir", str(sample_folder), "--epochs", "2", "--out", str(folder))) == 0
    path = folder / "resume.safetensors"
    with safetensors.safe_open(path, framework="pt") as file:
        note = json.loads(file.metadata()["mnist_adder"])
    note["recipe"]["epochs"] = 3
    return folder, path, note, safetensors.torch.load(path.read_bytes())


def recipe(**changes) -> Callable:
    return lambda note, tensors: note["recipe"].update(changes)


def epoch(**changes) -> Callable:
    return lambda note, tensors: note["history"][0].update(changes)


def score(**changes) -> Callable:
    return lambda note, tensors: note["history"][0]["scores"]["train"].update(changes)


def tensor(name: str, change: Callable) -> Callable:
    return lambda note, tensors: tensors.update({name: change(tensors[name])})


def write(path, note: dict, tensors: dict) -> None:
    note["sha256"] = checksum(note, tensors)  # as somebody would who knows how
    path.write_bytes(safetensors.torch.save(tensors, {"mnist_adder": json.dumps(note)}))


CHANGES = {
    "another optimizer": recipe(optimizer="sgd"),
    "Adam for Muon": recipe(optimizer="adam"),
    "no rate": recipe(learning_rate=NAN),
    "a rate as a text": recipe(learning_rate="0.01"),
    "a rate as a list": recipe(learning_rate=[0.01]),
    "no epochs": recipe(epochs=0),
    "half an epoch": recipe(epochs=2.5),
    "fewer epochs than there were": recipe(epochs=1),
    "no images in a batch": recipe(batch_size=0),
    "negative batch": recipe(batch_size=-1),
    "no head": recipe(head="tail"),
    "no preset": recipe(preset=None),
    "the other preset": recipe(preset="full"),
    "the other head": recipe(head="onehot"),
    "no schedule": recipe(schedule="never"),
    "no seed": recipe(seed=-1),
    "too strong": recipe(augment=1e9),
    "no precision": recipe(precision="bf8"),
    "no data": recipe(data="../../etc"),
    "held out": recipe(hold_out=-5),
    "average": recipe(ema_decay=2.0),
    "a field too many": recipe(speed=9),
    "no recipe": lambda note, tensors: note.pop("recipe"),
    "a recipe as a list": lambda note, tensors: note.update(recipe=[]),
    "no history": lambda note, tensors: note.update(history=[]),
    "a history as a number": lambda note, tensors: note.update(history=7),
    "a history of texts": lambda note, tensors: note.update(history=["one", "two"]),
    "epochs out of order": epoch(number=7),
    "an epoch as a text": epoch(number="1"),
    "seconds as a text": epoch(seconds="long"),
    "endless seconds": epoch(seconds=1e999),
    "no scores": epoch(scores={}),
    "scores of other images": epoch(scores={"elsewhere": {}}),
    "scores as a list": epoch(scores=[1]),
    "a loss as a text": score(loss="low"),
    "a loss as a list": score(loss=[]),
    "a score too many": score(speed=1),
    "images as nothing": score(images=None),
    "generator of another type": tensor("generator", torch.Tensor.float),
    "generator too short": tensor("generator", lambda values: values[:100].clone()),
    "generator of zeros": tensor("generator", torch.zeros_like),
    "steps as a list": tensor("steps", lambda values: torch.arange(5)),
    "steps as a fraction": tensor("steps", lambda values: values + 0.5),
    "weights that are no numbers": tensor("network.input1.weight", lambda values: values * NAN),
    "weights of another type": tensor("network.input1.weight", torch.Tensor.double),
    "weights of another shape": tensor("network.input1.weight", torch.Tensor.flatten),
    "momentum of another shape": tensor("optimizer.0.0.momentum", torch.Tensor.flatten),
    "momentum of another type": tensor("optimizer.0.0.momentum", torch.Tensor.double),
    "momentum that is no number": tensor("optimizer.0.0.momentum", lambda values: values * NAN),
    "negative squares": tensor("optimizer.1.0.exp_avg_sq", lambda values: values - 1),
    "negative steps": tensor("optimizer.1.0.step", lambda values: values - 1e6),
    "a tensor too many": lambda note, tensors: tensors.update(more=torch.zeros(3)),
    "a tensor too few": lambda note, tensors: tensors.pop("optimizer.1.0.exp_avg"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_it_is_refused_in_one_line(trained, sample_folder, capsys, name):
    folder, path, note, tensors = trained
    note, tensors = json.loads(json.dumps(note)), dict(tensors)
    CHANGES[name](note, tensors)
    write(path, note, tensors)
    assert cli.main(["train", "--data-dir", str(sample_folder), "--resume", "--out", str(folder)]) == 1
    line = capsys.readouterr().err
    assert line.startswith("Error: ")
    assert line.count("\n") == 1
    assert str(path) in line
    assert "start anew with --overwrite instead of --resume" in line
    assert len(line) < 400 + 2 * len(str(path))


@pytest.mark.parametrize("place", [0.0, 0.5, 0.999])
def test_four_bytes_that_were_overwritten_are_noticed(trained, sample_folder, capsys, place):
    folder, path, note, tensors = trained
    write(path, note, tensors)
    content = bytearray(path.read_bytes())
    begin = 8 + int.from_bytes(content[:8], "little")  # behind the header
    at = begin + int(place * (len(content) - begin)) // 4 * 4
    content[at : at + 4] = bytes(byte ^ 1 for byte in content[at : at + 4])
    path.write_bytes(content)
    assert cli.main(["train", "--data-dir", str(sample_folder), "--resume", "--out", str(folder)]) == 1
    assert f"{path}: it is damaged: its checksum differs; start anew" in capsys.readouterr().err


def test_another_file_in_its_place_is_refused(trained, sample_folder, capsys):
    folder, path, *_ = trained
    for content, words in (
        (path.read_bytes()[:-10], "isn't a whole safetensors file"),
        ((folder / "checkpoint.safetensors").read_bytes(), "isn't a training to go on with"),
    ):
        path.write_bytes(content)
        assert cli.main(["train", "--data-dir", str(sample_folder), "--resume", "--out", str(folder)]) == 1
        assert f"{path} {words}" in capsys.readouterr().err


def test_unchanged_it_goes_on(trained, sample_folder, capsys):
    folder, path, note, tensors = trained
    write(path, note, tensors)
    assert cli.main(["train", "--data-dir", str(sample_folder), "--resume", "--out", str(folder)]) == 0
    assert "going on after epoch 2 of 3" in capsys.readouterr().out
