"""Load the digits to train on and to test on, by the name of their source."""

from pathlib import Path

import torch

from mnist_adder.data.dataset import DigitDataset
from mnist_adder.data.mnist import load_mnist
from mnist_adder.data.sample import load_sample


def load_digits(source: str, data_dir: Path, device: torch.device | str = "cpu") -> tuple[DigitDataset, DigitDataset]:
    """Load the training set and the test set.

    Args:
        source: `mnist` or `sample`.
        data_dir: where MNIST is, or is downloaded to; the sample doesn't need it.
        device: where the images are kept.

    Returns:
        The training set and the test set.

    Raises:
        UserError: MNIST is neither there nor can be downloaded, one of its files is damaged, or the sample isn't
            installed.
    """
    train, test = load_sample() if source == "sample" else load_mnist(data_dir)
    return DigitDataset(*train, device), DigitDataset(*test, device)
