import pytest
import torch
from torch import nn

from mnist_adder.training.ema import EVERY, Average


@pytest.fixture
def network():
    return nn.Linear(1, 1, bias=False)


def walk(network, average, values) -> None:
    for step, value in enumerate(values, start=1):
        nn.init.constant_(network.weight, value)
        average.update(step)


def written(network, average) -> float:
    copy = nn.Linear(1, 1, bias=False)
    average.write_to(copy)
    return copy.weight.item()


def test_it_is_the_moving_average_of_every_few_steps(network):
    average = Average(network, decay=0.5)
    expected = network.weight.item()
    walk(network, average, range(1, 6 * EVERY + 1))
    for sample in range(1, 7):
        kept = min(0.5, sample / (sample + 9))
        expected = kept * expected + (1 - kept) * sample * EVERY
    assert written(network, average) == pytest.approx(expected)


def test_the_random_start_is_forgotten(network):
    nn.init.constant_(network.weight, 1e6)
    average = Average(network, decay=0.998)
    walk(network, average, 40 * EVERY * [1.0])
    assert written(network, average) == pytest.approx(1, abs=1e-2)


def test_without_decay_it_is_the_network_itself(network):
    average = Average(network, decay=0.0)
    walk(network, average, [1.0, 2.0, 3.0])
    assert written(network, average) == 3
    assert torch.equal(network.weight, torch.tensor([[3.0]]))
