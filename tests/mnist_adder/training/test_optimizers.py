import pytest
import torch

from mnist_adder.network.batch_norm import BatchNormNetwork
from mnist_adder.network.model import AdderNetwork
from mnist_adder.training.optimizers import make_optimizers
from mnist_adder.training.recipe import OPTIMIZERS

NETWORKS = pytest.mark.parametrize("kind", [AdderNetwork, BatchNormNetwork])


@NETWORKS
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_together_they_have_every_parameter_once(recipe_of, kind, optimizer):
    network = kind("full", "onehot")
    optimizers = make_optimizers(recipe_of("full", "onehot", optimizer=optimizer), network)
    held = [parameter for one in optimizers for group in one.param_groups for parameter in group["params"]]
    assert len(held) == len(list(network.parameters()))
    assert {id(parameter) for parameter in held} == {id(parameter) for parameter in network.parameters()}


@NETWORKS
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weight_decay_shrinks_the_weights_of_the_classifier_and_nothing_else(recipe_of, kind, optimizer):
    recipe = recipe_of(optimizer=optimizer, learning_rate=0.1, weight_decay=0.5)
    network = kind(recipe.preset, recipe.head)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.ones_like(parameter))
            parameter.grad = torch.zeros_like(parameter)
    for one in make_optimizers(recipe, network):
        one.step()
    decayed = 1.0 if optimizer == "adam" else 1 - 0.1 * 0.5  # Adam has no decay: the baseline's is 0
    for parameter in network.classifier_parameters():
        expected = decayed if parameter.ndim > 1 else 1.0
        assert parameter.flatten().tolist() == pytest.approx(parameter.numel() * [expected])
    for parameter in network.adder_parameters():
        assert torch.equal(parameter, torch.ones_like(parameter))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_learning_rates_are_those_of_the_recipe(recipe_of, make_model, optimizer):
    recipe = recipe_of(optimizer=optimizer, learning_rate=0.03, adder_speed=7.0)
    network = make_model(recipe.preset, recipe.head)
    rates = {
        id(parameter): group["lr"]
        for one in make_optimizers(recipe, network)
        for group in one.param_groups
        for parameter in group["params"]
    }
    assert {rates[id(parameter)] for parameter in network.classifier_parameters()} == {0.03}
    assert {rates[id(parameter)] for parameter in network.adder_parameters()} == {7.0 * 0.03}
