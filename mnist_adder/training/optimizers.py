"""The optimizers that a recipe asks for."""

from typing import Any

from torch.optim import Adam, AdamW, Optimizer

from mnist_adder.network.model import AdderNetwork
from mnist_adder.training.muon import Muon
from mnist_adder.training.recipe import Recipe

ADAM_BETAS = (0.9, 0.99)


def make_optimizers(recipe: Recipe, network: AdderNetwork) -> list[Optimizer]:
    """Make the optimizers of a network.

    Weight decay is for the weights of the classifier only, not for biases nor for the adder.

    Args:
        recipe: how to train.
        network: the network to train.

    Returns:
        Optimizers that together have every parameter exactly once.
    """
    weights = [parameter for parameter in network.classifier_parameters() if parameter.ndim > 1]
    vectors = [parameter for parameter in network.classifier_parameters() if parameter.ndim == 1]
    rate, decay = recipe.learning_rate, recipe.weight_decay
    adder: dict[str, Any] = {"params": network.adder_parameters(), "lr": recipe.adder_speed * rate}
    if recipe.optimizer == "adam":
        return [Adam([{"params": weights + vectors, "lr": rate}, adder], fused=True)]
    if recipe.optimizer == "adamw":
        groups: list[dict[str, Any]] = [{"params": weights, "weight_decay": decay}, {"params": vectors}, adder]
        return [AdamW(groups, rate, ADAM_BETAS, weight_decay=0, fused=True)]
    # Muon is for matrices only.
    rest = AdamW([{"params": vectors}, adder], rate, ADAM_BETAS, weight_decay=0, fused=True)
    return [Muon(weights, rate, recipe.momentum, decay), rest]
