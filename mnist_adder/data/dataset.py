"""A set of labelled images, whole, on one device, and the scale on which the network sees their grey values."""

import numpy as np
import torch
from torch import Tensor

from excel_export.shared.errors import UserError

PixelsAndLabels = tuple[np.ndarray, np.ndarray]
MEAN = 0.1307
STD = 0.3081


def normalise(pixels: Tensor) -> Tensor:
    """Return grey values, floats 0 to 255 of any shape, scaled to mean 0 and standard deviation 1 over MNIST.

    Example:
        >>> [round(value, 3) for value in normalise(torch.tensor([0.0, 255.0])).tolist()]
        [-0.424, 2.821]
    """
    return (pixels - 255 * MEAN) / (255 * STD)


class DigitDataset:
    """Images of digits and their labels, on one device: len(dataset) is 60000.

    Pixels and labels are given as NumPy arrays of whole numbers, (N, 28, 28) or (N, 784), and (N,).

    Attributes:
        pixels: grey values, uint8 (N, 1, 28, 28).
        labels: the digits, int64 (N,).
        device: the device of both.
    """

    def __init__(self, pixels: np.ndarray, labels: np.ndarray, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self.pixels = torch.tensor(pixels, dtype=torch.uint8, device=device).reshape(-1, 1, 28, 28)
        self.labels = torch.tensor(labels, dtype=torch.int64, device=device)

    def __len__(self) -> int:
        return len(self.labels)

    def some(self, count: int) -> "DigitDataset":
        """Return a new set of `count` images, evenly spaced, or of all if there are fewer: of 9 images 3 at 0, 3, 6."""
        chosen = evenly_spaced(min(count, len(self)), len(self))
        return DigitDataset(self.pixels.cpu().numpy()[chosen], self.labels.cpu().numpy()[chosen], self.device)

    def hold_out(self, count: int) -> tuple["DigitDataset", "DigitDataset"]:
        """Return two new sets: all images but `count`, and these `count`, evenly spaced as by `some`; neither is empty.

        Of 60,000 images with a count of 5,000: (55,000 to learn from, 5,000 held out). This set stays as it is.

        Raises:
            UserError: `count` is not from 1 to the number of images less 1.
        """
        if not 0 < count < len(self):
            raise UserError(f"can't hold out {count:,} of {len(self):,} training images; hold out fewer")
        is_held = np.zeros(len(self), dtype=bool)
        is_held[evenly_spaced(count, len(self))] = True
        pixels, labels = self.pixels.cpu().numpy(), self.labels.cpu().numpy()
        return (
            DigitDataset(pixels[~is_held], labels[~is_held], self.device),
            DigitDataset(pixels[is_held], labels[is_held], self.device),
        )


def evenly_spaced(count: int, total: int) -> np.ndarray:
    """Return `count` of the indices 0 to `total` - 1, evenly spaced; `total` is at least `count`.

    Example:
        >>> evenly_spaced(3, 9).tolist(), evenly_spaced(3, 10).tolist()
        ([0, 3, 6], [0, 3, 6])
    """
    return np.arange(count) * total // count
