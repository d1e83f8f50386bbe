"""The temperature of a network's answers, against networks of which it is known how sure they may be."""

import pytest
import torch
import torch.nn.functional as F

from mnist_adder.distillation.calibration import fit_temperature


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_answers_that_are_too_sure_or_too_unsure_by_a_factor_are_found_out(temperature):
    """Labels are drawn with the probabilities of some logits; then these logits are multiplied."""
    generator = torch.Generator().manual_seed(0)
    fitting = 2 * torch.randn(50_000, 10, generator=generator)
    labels = torch.multinomial(fitting.softmax(1), 1, generator=generator)[:, 0]
    assert fit_temperature(temperature * fitting, labels) == pytest.approx(temperature, rel=0.03)


def test_no_other_temperature_gives_a_smaller_cross_entropy(teacher, sample):
    images = sample[1].some(500)
    logits = teacher.classify((images.pixels.float() - 33.3285) / 78.5655).detach()  # MNIST's mean and deviation
    found = fit_temperature(logits, images.labels)
    least = F.cross_entropy(logits / found, images.labels)
    assert 0.25 < found < 4
    assert all(least < F.cross_entropy(logits / (found * factor), images.labels) for factor in (0.95, 1.05))


def test_all_right_or_all_wrong_stays_within_the_limits():
    logits = 3 * torch.eye(10)
    assert fit_temperature(logits, torch.arange(10)) == pytest.approx(0.25)
    assert fit_temperature(logits, torch.arange(10).roll(1)) == pytest.approx(4)
