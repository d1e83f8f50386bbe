"""How often the network is right."""

from dataclasses import dataclass

import torch
from torch import Tensor

from mnist_adder.compute.workers import Workers
from mnist_adder.data.dataset import Digits
from mnist_adder.network.loss import adder_loss, digit_is_right, sum_is_right
from mnist_adder.network.model import AdderNetwork, encode_number

# What a thousand images become no longer fits a CPU's caches, and takes fresh memory every time.
AT_ONCE = 125


@dataclass(frozen=True)
class Score:
    """The mean loss over a number of images, and how many of them were right; all shares are 0 to 1."""

    images: int
    loss: float
    digit_accuracy: float
    sum_accuracy: float
    sum_accuracy_given_digit: float


class Tally:
    """Adds up a score on the device; nothing waits for the device until `score` is called."""

    def __init__(self, device: torch.device) -> None:
        self._totals = torch.zeros(4, device=device)
        self._images = 0

    def add(self, loss: Tensor, digit_right: Tensor, sum_right: Tensor) -> None:
        """Count images: the sum of their losses (a scalar), and which digits and sums are right, bool (N,)."""
        counts = (digit_right.sum(), sum_right.sum(), (digit_right & sum_right).sum())
        self._totals += torch.stack((loss.detach(), *counts))
        self._images += len(digit_right)

    def gather(self, workers: Workers) -> None:
        """Add up what all the workers have counted, so that each of them has the whole score."""
        self._totals = workers.add_up(self._totals)
        self._images = int(workers.add_up(torch.tensor(self._images, device=self._totals.device)))

    def score(self) -> Score:
        """Give the score of everything counted so far, at least one image."""
        loss, digits, sums, both = self._totals.tolist()
        return Score(
            images=self._images,
            loss=loss / self._images,
            digit_accuracy=digits / self._images,
            sum_accuracy=sums / self._images,
            sum_accuracy_given_digit=both / digits if digits else 0.0,
        )


@torch.no_grad()
def evaluate(model: AdderNetwork, digits: Digits, seed: int = 0, batch_size: int = AT_ONCE) -> Score:
    """Score `model` on each image exactly once, with numbers drawn from `seed`; both are on one device."""
    was_training = model.training
    model.eval()
    tally = Tally(digits.device)
    for image, number, digit in digits.epoch(batch_size, torch.Generator().manual_seed(seed), shuffle=False):
        digit_logits, sum_output = model(image, encode_number(number, model.head))
        loss = adder_loss(model.head, digit_logits, sum_output, digit, number, reduction="sum")
        tally.add(loss, digit_is_right(digit_logits, digit), sum_is_right(model.head, sum_output, digit, number))
    model.train(was_training)
    return tally.score()
