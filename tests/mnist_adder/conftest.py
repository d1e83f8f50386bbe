import pytest
import torch

from mnist_adder.data import Digits, load_digits
from mnist_adder.model import AdderNetwork
from mnist_adder.recipe import Recipe


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> tuple[Digits, Digits]:
    return load_digits("sample", tmp_path_factory.mktemp("nothing"))


@pytest.fixture
def make_model():
    """Makes a network whose parameters depend on its preset and head only."""

    def make(preset: str = "slice", head: str = "regression") -> AdderNetwork:
        torch.manual_seed(0)
        return AdderNetwork(preset, head)

    return make


@pytest.fixture
def make_recipe():
    def make(**changes) -> Recipe:
        settings = {
            "preset": "slice",
            "head": "regression",
            "data": "sample",
            "epochs": 2,
            "batch_size": 128,
            "learning_rate": 0.01,
            "adder_speed": 1.0,
            "distort": True,
            "seed": 0,
        }
        return Recipe(**{**settings, **changes})

    return make
