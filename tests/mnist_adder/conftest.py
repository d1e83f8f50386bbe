import struct
from pathlib import Path

import pytest
import torch

from mnist_adder import cli
from mnist_adder.data.dataset import DigitDataset
from mnist_adder.data.mnist import FILES, load_digits
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.network.model import AdderNetwork
from mnist_adder.report.all_answers import Answers, answer_all
from mnist_adder.training.recipe import Recipe, make_recipe


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> tuple[DigitDataset, DigitDataset]:
    return load_digits("sample", tmp_path_factory.mktemp("nothing"))


@pytest.fixture(scope="session")
def sample_folder(sample, tmp_path_factory) -> Path:
    """The sample as MNIST's files, which are read in a tenth of the time."""
    folder = tmp_path_factory.mktemp("mnist") / "data"
    folder.mkdir()
    for dataset, (images, labels) in zip(sample, FILES.values(), strict=True):
        pixels = dataset.pixels.to(torch.uint8).numpy()
        (folder / images).write_bytes(struct.pack(">IIII", 0x803, len(pixels), 28, 28) + pixels.tobytes())
        (folder / labels).write_bytes(struct.pack(">II", 0x801, len(pixels)) + bytes(dataset.labels.tolist()))
    return folder


@pytest.fixture
def offline(monkeypatch) -> None:
    """Every download fails: its way leads to a port at which nobody answers."""
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


@pytest.fixture(scope="session")
def few(sample) -> tuple[DigitDataset, DigitDataset]:
    """Four batches of 128 and a short one to learn from, and 200 images to test on."""
    return tuple(
        DigitDataset(dataset.pixels[::step].numpy(), dataset.labels[::step].numpy())
        for dataset, step in zip(sample, (7, 5), strict=True)
    )


@pytest.fixture(scope="session")
def mistaken_network() -> AdderNetwork:
    """A network that ships, a little disturbed, so that it makes mistakes of every kind however good it gets."""
    model, _ = load_checkpoint(bundled_checkpoint("slice", "onehot"))
    torch.manual_seed(0)
    with torch.no_grad():
        for value in model.parameters():
            value += 0.15 * value.std() * torch.randn_like(value)
    return model


@pytest.fixture(scope="session")
def answers(mistaken_network, sample) -> Answers:
    return answer_all(mistaken_network, sample[1])


@pytest.fixture
def make_model():
    """Makes a network whose parameters depend on its preset and head only."""

    def make(preset: str = "slice", head: str = "regression") -> AdderNetwork:
        torch.manual_seed(0)
        return AdderNetwork(preset, head)

    return make


@pytest.fixture
def recipe_of():
    """Makes a recipe of two epochs with all that training knows: batch norm, Muon, augmentation, an average."""

    def make(preset: str = "slice", head: str = "regression", **changes) -> Recipe:
        settings = {
            "epochs": 2,
            "batch_size": 128,
            "optimizer": "muon",
            "normalise": True,
            "augment": 1,
            "ema_decay": 0.9,
            "precision": "float32",
        }
        return make_recipe("reference", preset, head, "sample", **{**settings, **changes})

    return make


@pytest.fixture
def fails(capsys):
    """Runs a command that must fail with one line, and prints what begins with `said` before; gives that line."""

    def fails(*arguments: object, code: int = 1, said: str = "") -> str:
        assert cli.main([str(argument) for argument in arguments]) == code
        out, err = capsys.readouterr()
        assert out.startswith(said) if said else out == ""
        assert err.startswith("Error: ")
        assert err.count("\n") == 1
        assert err.endswith("\n")
        return err

    return fails


@pytest.fixture
def lines() -> list[str]:
    """What a training logged; pass its `append`."""
    return []
