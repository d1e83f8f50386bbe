"""The likeness of the answers of two networks: a small one, and the one that taught it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mnist_adder.data.dataset import DigitDataset, normalise
from mnist_adder.network.model import AdderNetwork
from mnist_adder.network.scoring import BATCH_SIZE


@dataclass(frozen=True)
class Likeness:
    """The likeness of the answers of two networks, a small one and its teacher, for the same images.

    Attributes:
        images: the number of images.
        digit_accuracy: the share of the digits that the small network reads right, 0 to 1.
        agreement: the share of the images for which both read the same digit, 0 to 1.
        divergence: the mean Kullback-Leibler divergence of the small network's probabilities of the digits from the
            teacher's, at the temperature that fits it, in nats; 0 where they are the same.
        misread: the number of digits that the teacher reads wrong.
        misread_alike: the number of these that the small network takes for the same wrong digit.
        misread_divergence: the mean divergence on the images that the teacher reads wrong; 0 if there are none.
    """

    images: int
    digit_accuracy: float
    agreement: float
    divergence: float
    misread: int
    misread_alike: int
    misread_divergence: float


def divergence(teacher_logits: Tensor, logits: Tensor) -> Tensor:
    """Return the Kullback-Leibler divergence of the probabilities of logits, (N, 10), from the teacher's, (N,) in nats.

    It is the sum of p·log(p / q), with the teacher's p and the other q.

    Example:
        >>> round(divergence(torch.tensor([[0.0, 0.0]]), torch.tensor([[0.0, 1.0]])).item(), 4)
        0.1201
    """
    teacher_logits = teacher_logits.log_softmax(1)
    return (teacher_logits.exp() * (teacher_logits - logits.log_softmax(1))).sum(1)


@torch.no_grad()
def digit_logits(
    network: AdderNetwork, images: DigitDataset, progress: Callable[[float], None] = lambda share: None
) -> Tensor:
    """Return a network's digit logits for all images, (N, 10); the network is in evaluation mode.

    `progress` is called with the share of images that are done, 0 to 1.
    """
    found: list[Tensor] = []
    for pixels in images.pixels.split(BATCH_SIZE):
        progress(len(found) * BATCH_SIZE / len(images))
        found.append(network.classify(normalise(pixels.float())))
    return torch.cat(found)


def compare(
    teacher: AdderNetwork, networks: Sequence[AdderNetwork], images: DigitDataset, temperature: float = 1.0
) -> list[Likeness]:
    """Return the likeness of each of some networks to the teacher, from the digits that all read in some images.

    All are in evaluation mode. The teacher's logits are divided by `temperature`, which makes its probabilities more or
    less sure, and changes none of its digits.

    Example:
        >>> import numpy as np
        >>> from mnist_adder.data.bundled import hundred_digits
        >>> from mnist_adder.data.dataset import DigitDataset
        >>> from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
        >>> digits = hundred_digits()
        >>> images = DigitDataset(np.stack([each.pixels for each in digits]), np.array([each.label for each in digits]))
        >>> full_network, _ = load_checkpoint(bundled_checkpoint("full", "regression"))
        >>> slice_network, _ = load_checkpoint(bundled_checkpoint("slice", "regression"))
        >>> [found] = compare(full_network, [slice_network], images)
        >>> round(found.agreement, 4)
        0.99
    """
    teacher_logits = digit_logits(teacher, images) / temperature
    return [likeness(teacher_logits, digit_logits(network, images), images.labels) for network in networks]


def likeness(teacher_logits: Tensor, logits: Tensor, labels: Tensor) -> Likeness:
    """Return the likeness of digit logits of the same images, (N, 10) each: agreement 1.0 for equal ones.

    Args:
        teacher_logits: the teacher's logits, divided by their temperature.
        logits: the other network's.
        labels: the true digits, int64 (N,).
    """
    apart, alike = divergence(teacher_logits, logits), teacher_logits.argmax(1) == logits.argmax(1)
    misread = teacher_logits.argmax(1) != labels
    return Likeness(
        images=len(labels),
        digit_accuracy=float((logits.argmax(1) == labels).float().mean()),
        agreement=float(alike.float().mean()),
        divergence=float(apart.mean()),
        misread=int(misread.sum()),
        misread_alike=int((misread & alike).sum()),
        misread_divergence=float(apart[misread].mean()) if misread.any() else 0.0,
    )
