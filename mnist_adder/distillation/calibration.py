"""The temperature that makes a network as sure of its answers as they are right."""

from torch import Tensor

COOLEST = 0.25
"""The least temperature: a few images, all read right, would make every answer a certainty."""
HOTTEST = 4.0
"""The largest temperature."""
ROUNDS = 40
"""The number of halvings of the interval, to some twelve digits."""


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """Return the temperature by which digit logits are divided, so that the probabilities fit the labels best.

    That is where the cross-entropy is least (C. Guo et al., "On calibration of modern neural networks", 2017). The most
    probable digit stays the same. A network that learned smooth labels is right more often than it says, and gets a
    temperature below 1; one that is too sure gets one above.

    Args:
        logits: of images that the network didn't learn from, if possible; floats (N, 10).
        labels: their digits, int64 (N,).

    Returns:
        The temperature, from 0.25 to 4.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[4.0, 0.0], [4.0, 0.0], [4.0, 0.0], [4.0, 0.0]])  # 98 % sure of class 0
        >>> round(fit_temperature(logits, torch.tensor([0, 0, 0, 1])), 2)  # right in three of four
        3.64
    """
    logits = logits.double()
    right = logits.gather(1, labels[:, None])[:, 0].mean()
    # By the inverse of the temperature the cross-entropy is convex, and this is its slope.
    low, high = 1 / HOTTEST, 1 / COOLEST
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        slope = ((middle * logits).softmax(1) * logits).sum(1).mean() - right
        low, high = (low, middle) if slope > 0 else (middle, high)
    return 2 / (low + high)
