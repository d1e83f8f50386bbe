"""All answers of a network, for every image with every number, and tables of them."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from mnist_adder.data.dataset import DigitDataset, normalise
from mnist_adder.network.loss import sum_is_right
from mnist_adder.network.model import AdderNetwork, encode_number
from mnist_adder.network.scoring import BATCH_SIZE


@dataclass(frozen=True)
class Answers:
    """The answers of a network for N images with each of the numbers 0 to 9, as `answer_all` returns them.

    len(answers) is N. Index k, from 0 on, is the same image in all arrays.

    Attributes:
        digit: the true digits, int (N,).
        read: the digits that the network reads, int (N,).
        probability: the probability that it gives to the digit it reads, (N,).
        loss: the cross-entropy of the digit, (N,), in nats.
        sum_right: for each image and number, True if the sum is right, bool (N, 10): [k, 7] for image k and the number
            7.
    """

    digit: np.ndarray
    read: np.ndarray
    probability: np.ndarray
    loss: np.ndarray
    sum_right: np.ndarray

    def __len__(self) -> int:
        return len(self.digit)


@torch.no_grad()
def answer_all(model: AdderNetwork, dataset: DigitDataset) -> Answers:
    """Return the answers of a network for each image with each of the numbers 0 to 9.

    `model` is on the device of the images, and in evaluation mode; the answers are arrays on the CPU.
    """
    starts = range(0, len(dataset), BATCH_SIZE)
    parts = [_answer(model, dataset, slice(start, start + BATCH_SIZE)) for start in starts]
    return Answers(*(torch.cat(column).cpu().numpy() for column in zip(*parts, strict=True)))


def _answer(model: AdderNetwork, dataset: DigitDataset, chosen: slice) -> tuple[torch.Tensor, ...]:
    digit = dataset.labels[chosen]
    logits = model.classify(normalise(dataset.pixels[chosen].float()))
    read = logits.argmax(dim=1)
    probability = F.softmax(logits, dim=1).gather(1, read[:, None])[:, 0]
    right = []
    for value in range(10):
        number = torch.full((len(digit),), float(value), device=dataset.device)
        right.append(sum_is_right(model.head, model.add(logits, encode_number(number, model.head)), digit, number))
    return digit, read, probability, F.cross_entropy(logits, digit, reduction="none"), torch.stack(right, dim=1)


def confusion(answers: Answers) -> np.ndarray:
    """Return the number of images by true digit (row) and digit read (column), int (10, 10): 5s read as 3 in [5, 3]."""
    table = np.zeros((10, 10), dtype=int)
    np.add.at(table, (answers.digit, answers.read), 1)
    return table


def digit_by_number(answers: Answers) -> np.ndarray:
    """Return the share of right sums, 0 to 1, by digit (rows) and number (columns), (10, 10); NaN without an image."""
    images = np.bincount(answers.digit, minlength=10)[:, None]
    right = np.zeros((10, 10))
    np.add.at(right, answers.digit, answers.sum_right)
    return np.divide(right, images, out=np.full((10, 10), np.nan), where=images > 0)


def worst_mistakes(answers: Answers, count: int) -> list[int]:
    """Return the indices, from 0 on, of images whose digit is read wrongly, those with the highest loss first.

    There are `count` of them, or all if there are fewer; [] if every digit is right.
    """
    wrong = np.flatnonzero(answers.read != answers.digit)
    return wrong[np.argsort(-answers.loss[wrong], kind="stable")][:count].tolist()
