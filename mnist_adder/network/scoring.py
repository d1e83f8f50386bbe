"""The score of a network: its loss, and the shares of right answers."""

from dataclasses import dataclass

import torch
from torch import Tensor

from mnist_adder.data.batches import epoch_batches
from mnist_adder.data.dataset import DigitDataset
from mnist_adder.network.loss import Objective
from mnist_adder.network.model import AdderNetwork

# The activations of more images don't fit into a CPU's caches.
BATCH_SIZE = 125


@dataclass(frozen=True)
class Score:
    """The mean loss over some images, and the shares of right answers.

    Attributes:
        images: the number of images.
        loss: the mean loss, 0.25, of digit and sum together.
        digit_accuracy: the share of digits read right, 0 to 1: 0.9891 for 9,891 of 10,000.
        sum_accuracy: the share of right sums, 0 to 1.
        sum_accuracy_given_digit: the share of right sums among the images whose digit is read right; 0 without any.
    """

    images: int
    loss: float
    digit_accuracy: float
    sum_accuracy: float
    sum_accuracy_given_digit: float


class Tally:
    """A score that is added up without waiting for the device: add(loss, digit_right, sum_right), then score()."""

    def __init__(self, device: torch.device) -> None:
        self._totals = torch.zeros(5, device=device)

    def clear(self) -> None:
        """Set all counts to 0."""
        self._totals.zero_()

    def add(self, loss: Tensor, digit_right: Tensor, sum_right: Tensor) -> None:
        """Add a batch: the sum of its losses, a scalar, and which digits and which sums are right, bool (N,) each."""
        counts = (digit_right.sum(), sum_right.sum(), (digit_right & sum_right).sum())
        self._totals += torch.stack((loss.detach(), *counts, loss.new_full((), len(digit_right))))

    def score(self) -> Score:
        """Return the score of all batches so far, Score(250, loss=0.25, …), which must have an image at least."""
        loss, digits, sums, both, images = self._totals.tolist()
        return Score(
            images=int(images),
            loss=loss / images,
            digit_accuracy=digits / images,
            sum_accuracy=sums / images,
            sum_accuracy_given_digit=both / digits if digits else 0.0,
        )


@torch.no_grad()
def evaluate(model: AdderNetwork, dataset: DigitDataset, seed: int = 0, batch_size: int = BATCH_SIZE) -> Score:
    """Return a network's score on each image once, each with a random number to add: Score(10000, 0.25, 0.9891, …).

    The network must be on the device of the images; its mode stays as it was. `seed` fixes the numbers, the same for
    all networks; `batch_size` is the number of images computed at a time.
    """
    was_training = model.training
    model.eval()
    tally, objective = Tally(dataset.device), Objective(model, "float32")
    generator = torch.Generator().manual_seed(seed)
    for batch in epoch_batches(dataset, batch_size, generator, shuffle=False):
        tally.add(*objective(*batch))
    model.train(was_training)
    return tally.score()
