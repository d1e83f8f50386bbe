import numpy as np
import pytest

from mnist_adder.data.dataset import DigitDataset


@pytest.fixture
def numbered() -> DigitDataset:
    """1,000 images, each recognisable by its first two pixels, which hold its position."""
    pixels = np.zeros((1000, 28, 28), np.uint8)
    pixels[:, 0, 0], pixels[:, 0, 1] = np.divmod(np.arange(1000), 256)
    return DigitDataset(pixels, np.arange(1000) % 10)
