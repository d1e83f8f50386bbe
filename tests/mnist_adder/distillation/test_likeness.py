"""How alike two networks answer, against numbers that are computed by hand."""

import copy
import math

import pytest
import torch

from mnist_adder.data.dataset import DigitDataset
from mnist_adder.distillation.likeness import compare, divergence
from mnist_adder.network.model import AdderNetwork


def test_the_divergence_is_that_of_kullback_and_leibler():
    p, q = torch.tensor([[0.5, 0.25, 0.25]]), torch.tensor([[0.25, 0.5, 0.25]])
    by_hand = 0.5 * math.log(2) + 0.25 * math.log(0.5)
    assert divergence(p.log() + 3, q.log() - 1).tolist() == pytest.approx([by_hand])
    assert divergence(p.log(), p.log()).tolist() == pytest.approx([0])


class Says(AdderNetwork):
    """Takes each image for the digit that its first pixel says, less what is added."""

    def __init__(self, added: int) -> None:
        super().__init__("slice")
        self.added = added

    def classify(self, image):
        found = (image[:, 0, 0, 0] * 78.5655 + 33.3285).round().long()  # MNIST's deviation and mean
        return 5.0 * torch.nn.functional.one_hot(torch.where(found > 6, found - self.added, found), 10).float()


def test_what_both_read_right_wrong_and_alike_is_counted():
    pixels, labels = torch.zeros(10, 28, 28), torch.tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 1])
    pixels[:, 0, 0] = torch.arange(10.0)
    images = DigitDataset(pixels.numpy(), labels.numpy())
    same, other = compare(Says(0), [Says(0), Says(1)], images)
    assert (same.images, same.digit_accuracy, same.agreement, same.divergence) == (10, pytest.approx(0.9), 1, 0)
    assert (same.misread, same.misread_alike, same.misread_divergence) == (1, 1, 0)
    assert (other.digit_accuracy, other.agreement) == (pytest.approx(0.7), pytest.approx(0.7))
    assert (other.misread, other.misread_alike) == (1, 0)
    p = math.exp(5) / (math.exp(5) + 9)
    apart = 5 * (p - (1 - p) / 9)
    assert other.divergence == pytest.approx(0.3 * apart, rel=1e-5)
    assert other.misread_divergence == pytest.approx(apart, rel=1e-5)


def test_the_teacher_is_taken_at_its_temperature():
    """At half of it, five more than the others is ten more; which digits are read stays the same."""
    pixels = torch.zeros(3, 28, 28)
    images = DigitDataset(pixels.numpy(), torch.tensor([0, 0, 1]).numpy())
    [likeness] = compare(Says(0), [Says(0)], images, 0.5)
    p, q = math.exp(10) / (math.exp(10) + 9), math.exp(5) / (math.exp(5) + 9)
    by_hand = p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))
    assert likeness.divergence == pytest.approx(by_hand, rel=1e-4)
    assert (likeness.agreement, likeness.misread) == (1, 1)


def test_without_a_misread_digit_there_is_no_divergence_on_them(few, make_model):
    network = make_model().eval()
    images = copy.copy(few[1])
    with torch.no_grad():
        images.labels = network.classify((images.pixels.float() - 33.3285) / 78.5655).argmax(1)
    [likeness] = compare(network, [network], images)
    assert (likeness.misread, likeness.misread_divergence) == (0, 0.0)
