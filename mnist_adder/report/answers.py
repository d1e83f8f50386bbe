"""What a network says about every image, with every number."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from mnist_adder.data.dataset import Digits
from mnist_adder.data.pixels import normalise
from mnist_adder.network.loss import sum_is_right
from mnist_adder.network.model import AdderNetwork, encode_number
from mnist_adder.network.scoring import AT_ONCE


@dataclass(frozen=True)
class Answers:
    """The answers to N images: the true `digit` and the one `read`, int (N,); `probability`, that of the one read.

    `loss` is the cross-entropy of the digit, (N,); `sum_right`, bool (N, 10), tells by number whether the sum is.
    """

    digit: np.ndarray
    read: np.ndarray
    probability: np.ndarray
    loss: np.ndarray
    sum_right: np.ndarray

    def __len__(self) -> int:
        return len(self.digit)


@torch.no_grad()
def ask(model: AdderNetwork, digits: Digits) -> Answers:
    """Let `model` read each image once and add each number, 0 to 9, to it; both are on one device."""
    parts = [_ask(model, digits, slice(start, start + AT_ONCE)) for start in range(0, len(digits), AT_ONCE)]
    return Answers(*(torch.cat(column).cpu().numpy() for column in zip(*parts, strict=True)))


def _ask(model: AdderNetwork, digits: Digits, chosen: slice) -> tuple[torch.Tensor, ...]:
    digit = digits.digits[chosen]
    logits = model.classify(normalise(digits.pixels[chosen].float()))
    read = logits.argmax(dim=1)
    probability = F.softmax(logits, dim=1).gather(1, read[:, None])[:, 0]
    right = []
    for value in range(10):
        number = torch.full((len(digit),), float(value), device=digits.device)
        right.append(sum_is_right(model.head, model.add(logits, encode_number(number, model.head)), digit, number))
    return digit, read, probability, F.cross_entropy(logits, digit, reduction="none"), torch.stack(right, dim=1)
