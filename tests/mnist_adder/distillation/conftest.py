import pytest

from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.network.model import AdderNetwork


@pytest.fixture(scope="session")
def teacher() -> AdderNetwork:
    return load_checkpoint(bundled_checkpoint("full", "regression"))[0]
