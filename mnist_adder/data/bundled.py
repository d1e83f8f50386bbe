"""Real digits of the MNIST test set that ship with the package: twenty that were chosen, and the first hundred.

Of the twenty there are two of each, a clear one and a messy one, because a network that is sure has nothing to learn.
They were chosen by the probability that an earlier slice gave to the true digit: the first test image with more than
0.8, and the first with 0.3 to 0.7. The messy 3 is another one since: the first that today's slice takes for a 3 with
0.5 to 0.7, which a person could take for a 5, too. (It is number 1611 of the test set, counted from 0.)
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from mnist_adder.data.idx import read_idx

FOLDER = Path(__file__).parent / "digits"


@dataclass(frozen=True)
class Digit:
    """A picture of a digit, and the digit: Digit(pixels, 7).

    Attributes:
        pixels: grey values, light on black, uint8 (28, 28).
        label: the digit, 0 to 9.
    """

    pixels: np.ndarray
    label: int


@cache
def bundled_digits() -> tuple[Digit, ...]:
    """Return the twenty digits: two zeros, two ones and so on, the clear one of each pair first.

    Example:
        >>> [digit.label for digit in bundled_digits()][:6]
        [0, 0, 1, 1, 2, 2]
    """
    images = read_idx(FOLDER / "images-idx3-ubyte", 3)
    labels = read_idx(FOLDER / "labels-idx1-ubyte", 1)
    return tuple(Digit(image, int(label)) for image, label in zip(images, labels, strict=True))


@cache
def hundred_digits() -> tuple[Digit, ...]:
    """Return a hundred test images, the first ten of each digit, in the order 0, 1, …, 9, 0, 1, …, 9, ….

    Each is a `Digit`, an image and its label: that at index 13 (from 0 on) is the second 3.
    """
    with np.load(FOLDER / "hundred.npz") as file:
        return tuple(Digit(image, int(label)) for image, label in zip(file["images"], file["labels"], strict=True))
