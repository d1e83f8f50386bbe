"""The scale on which the network sees grey values."""

from torch import Tensor

MEAN = 0.1307
STD = 0.3081


def normalise(pixels: Tensor) -> Tensor:
    """Bring grey values, floats 0 to 255 of any shape, to mean 0 and standard deviation 1 over MNIST."""
    return (pixels - 255 * MEAN) / (255 * STD)
