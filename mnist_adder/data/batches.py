"""Batches: the order of an epoch through a data set, and the random numbers of its batches."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from mnist_adder.data.augment import augment_images, draw_augmentations, generator_on
from mnist_adder.data.dataset import DigitDataset, evenly_spaced, normalise

AT_ONCE_ON_CPU = 1
"""The number of batches that are made at once: a CPU has small caches."""
AT_ONCE_ON_GPU = 32
"""The number on a GPU, which takes hardly longer for many batches than for one."""


class Batch(NamedTuple):
    """N examples for one step: Batch(images, numbers, digits).

    Attributes:
        image: normalised images, (N, 1, 28, 28).
        number: the numbers to add, whole floats 0 to 9, (N,).
        digit: the true digits, int64 (N,).
    """

    image: Tensor
    number: Tensor
    digit: Tensor


def epoch_batches(
    dataset: DigitDataset,
    batch_size: int,
    generator: torch.Generator,
    *,
    shuffle: bool = True,
    augment: float = 0.0,
    count: int | None = None,
    at_once: int | None = None,
) -> Iterator[Batch]:
    """Yield batches of all images, or as many as asked for, each with a new random number to add: Batch(…), ….

    All random numbers are drawn before the first batch, so that no device has to wait: the order and the numbers to
    add from `generator`, the same for every device, and those of the augmentation on the device.

    Args:
        dataset: the images.
        batch_size: the number of images in a batch; the last batch may be smaller.
        generator: the source of all random numbers, on the CPU.
        shuffle: True for a random order, False for that of the data set.
        augment: the strength of the augmentation, 0 to 1.
        count: the number of images to visit, the first in the order; None for all.
        at_once: the number of batches that are made at once; None for 1 on a CPU and 32 on a GPU.
    """
    order = torch.randperm(len(dataset), generator=generator) if shuffle else torch.arange(len(dataset))
    numbers = torch.randint(0, 10, (len(dataset),), generator=generator).float()
    order, numbers = order.to(dataset.device), numbers.to(dataset.device)
    draws = torch.empty(len(dataset), 0, device=dataset.device)
    if augment:
        draws = augment * draw_augmentations(len(dataset), generator_on(dataset.device, generator))
    end = len(dataset) if count is None else count
    images = batch_size * (at_once or (AT_ONCE_ON_CPU if dataset.device.type == "cpu" else AT_ONCE_ON_GPU))
    for first in range(0, end, images):
        chosen, number, draw = (drawn[first : min(first + images, end)] for drawn in (order, numbers, draws))
        pixels = dataset.pixels[chosen].float()
        if augment:
            pixels = augment_images(pixels, draw)
        parts = (normalise(pixels), number, dataset.labels[chosen])
        yield from map(Batch, *(part.split(batch_size) for part in parts))


def spread_batches(dataset: DigitDataset, count: int, batch_size: int) -> list[Tensor]:
    """Return images that stand for the whole set, in batches and without randomness.

    They are `count` images, or all if there are fewer, evenly spaced over the set, and so are those of each batch.

    Returns:
        Normalised images, (N, 1, 28, 28), N at most `batch_size`: of 5 images by 2 those at 0 and 3, at 1 and 4, at 2.
    """
    count = min(count, len(dataset))
    chosen = dataset.pixels[torch.as_tensor(evenly_spaced(count, len(dataset)), device=dataset.device)]
    batches = -(-count // batch_size)
    return [normalise(chosen[i::batches].float()) for i in range(batches)]
