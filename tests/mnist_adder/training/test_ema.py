import copy

import pytest
import torch
from torch import nn

from mnist_adder.network.batch_norm import BatchNormNetwork
from mnist_adder.training.optimizers import ema_weight, update_ema


@pytest.fixture
def network():
    return nn.Linear(1, 1, bias=False)


def average(network, decay: float, values) -> float:
    """Give the average after an update with each of the values in turn as the weight."""
    ema = copy.deepcopy(network)
    for step, value in enumerate(values, start=1):
        nn.init.constant_(network.weight, value)
        update_ema(ema, network, ema_weight(decay, 4 * step))
    return ema.weight.item()


def test_it_is_a_moving_average_that_keeps_less_at_first(network):
    expected = network.weight.item()
    for update in range(1, 21):
        kept = min(0.5, update / (update + 9))
        expected = kept * expected + (1 - kept) * update
    assert average(network, 0.5, range(1, 21)) == pytest.approx(expected)


def test_the_random_start_is_forgotten(network):
    nn.init.constant_(network.weight, 1e6)
    assert average(network, 0.998, 40 * [1.0]) == pytest.approx(1, abs=1e-2)


def test_one_step_in_four_counts():
    assert [ema_weight(0.9, step) > 0 for step in range(1, 9)] == 2 * [False, False, False, True]


def test_it_leaves_the_network_as_it_is(network):
    average(network, 0.9, [1.0, 2.0, 3.0])
    assert network.weight.item() == 3


def test_an_update_reads_nothing_from_the_device():
    """Tensors on the device `meta` have no values: to read one is an error. From a GPU, it would be a wait."""
    network = nn.Linear(3, 2, device="meta")
    for weight in (0.1, torch.tensor(0.1, device="meta")):
        update_ema(copy.deepcopy(network), network, weight)


def test_running_statistics_are_averaged_too():
    network = BatchNormNetwork("slice", "regression")
    ema = copy.deepcopy(network)
    with torch.no_grad():
        network.norms["input1"].running_mean.fill_(10)
        network.norms["input1"].num_batches_tracked.fill_(7)
    update_ema(ema, network, 0.9)
    # The first update keeps a tenth of the start, which is 0.
    norm = ema.norms["input1"]
    assert norm.running_mean.tolist() == pytest.approx([9.0] * norm.num_features)
    assert norm.num_batches_tracked == 0
