"""Twenty real digits of the MNIST test set that ship with the package.

There are two of each. The first is the digit's first test image. The second is the first one whose digit
the bundled slice gives a probability between 0.3 and 0.7: a network that is sure has nothing to learn.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from mnist_adder.idx import read_idx

FOLDER = Path(__file__).parent / "digits"


@dataclass(frozen=True)
class Digit:
    """A picture of a digit, grey values uint8 (28, 28), light on black, and what it shows."""

    pixels: np.ndarray
    label: int


@cache
def bundled_digits() -> tuple[Digit, ...]:
    """Give the twenty digits: two zeros, two ones and so on, the clear one of each pair first."""
    images = read_idx(FOLDER / "images-idx3-ubyte", 3)
    labels = read_idx(FOLDER / "labels-idx1-ubyte", 1)
    return tuple(Digit(image, int(label)) for image, label in zip(images, labels, strict=True))
