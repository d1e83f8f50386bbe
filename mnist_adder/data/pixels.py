"""The scale on which the network sees grey values."""

from torch import Tensor

MEAN = 0.1307
STD = 0.3081


def normalise(pixels: Tensor) -> Tensor:
    """Bring grey values to mean 0 and standard deviation 1 over MNIST.

    Args:
        pixels: grey values 0 to 255 as floats, of any shape.

    Returns:
        The normalised values, of the same shape.
    """
    return (pixels - 255 * MEAN) / (255 * STD)
