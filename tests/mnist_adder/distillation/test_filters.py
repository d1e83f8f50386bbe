"""Which filters a slice keeps: those without which the full network would answer otherwise."""

import copy

import pytest
import torch

from mnist_adder.data.dataset import normalise
from mnist_adder.distillation.filters import choose_filters, keep_filters
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.network.model import AdderNetwork


@pytest.fixture(scope="module")
def image(sample):
    return normalise(sample[0].pixels[::400].float())


@pytest.fixture(scope="module")
def of_two(sample):
    """A full network that reads by its filters 2 and 11 alone."""
    network, _ = load_checkpoint(bundled_checkpoint("full", "regression"))
    reduced = copy.deepcopy(network)
    with torch.no_grad():
        for k in range(16):
            if k not in (2, 11):
                reduced.conv1.weight[:, k] = 0
    return reduced


def test_the_filters_by_which_it_reads_are_chosen_and_no_others_before_them(of_two, image):
    assert choose_filters(of_two, image, 2) == [2, 11]
    assert {2, 11} < set(choose_filters(of_two, image, 3))


def test_a_filter_that_always_finds_the_same_is_not_chosen(image):
    """Its mean says all that it says, however large it is."""
    network, _ = load_checkpoint(bundled_checkpoint("full", "regression"))
    before = choose_filters(network, image, 1)
    with torch.no_grad():
        network.input1.weight[before] = 0
        network.input1.bias[before] = 50.0
    assert choose_filters(network, image, 1) != before


def test_choosing_leaves_the_network_as_it_is(of_two, image):
    before = {name: value.clone() for name, value in of_two.state_dict().items()}
    choose_filters(of_two, image[:4], 1)
    assert all(torch.equal(value, before[name]) for name, value in of_two.state_dict().items())


def test_a_layer_keeps_the_filters_and_learns_them_no_more(of_two):
    network = AdderNetwork("slice")
    keep_filters(of_two, network, [1, 2, 3, 5, 11])
    assert torch.equal(network.input1.weight, of_two.input1.weight[[1, 2, 3, 5, 11]])
    assert not network.input1.weight.requires_grad
    assert network.input1.bias.requires_grad
    assert network.conv1.weight.requires_grad
