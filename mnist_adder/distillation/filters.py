"""The choice of the filters of a network's first layer that a smaller network keeps."""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnist_adder.distillation.likeness import divergence
from mnist_adder.network.model import AdderNetwork


@torch.no_grad()
def choose_filters(teacher: AdderNetwork, image: Tensor, count: int) -> list[int]:
    """Choose the filters of the first layer without which the network's answers would change most, one by one.

    It begins with none of them: instead of what a filter finds, the layers behind get its mean over all images. Then
    the filter is added with which the probabilities of the digits come nearest to those of the whole network, measured
    by the mean Kullback-Leibler divergence, and so on.

    Args:
        teacher: the network, in evaluation mode.
        image: normalised images, (N, 1, 28, 28); a hundred are enough.
        count: the number of filters to choose.

    Returns:
        Their indices in the layer, from 0, in ascending order.

    Example:
        >>> import numpy as np
        >>> from mnist_adder.data.bundled import hundred_digits
        >>> from mnist_adder.data.dataset import DigitDataset, normalise
        >>> from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
        >>> digits = hundred_digits()
        >>> images = DigitDataset(np.stack([each.pixels for each in digits]), np.array([each.label for each in digits]))
        >>> full_network, _ = load_checkpoint(bundled_checkpoint("full", "regression"))
        >>> choose_filters(full_network, normalise(images.pixels.float()), 5)
        [3, 5, 8, 12, 15]
    """
    logits = teacher.classify(image)
    layer = _first_layer(teacher)
    mean = F.relu(layer(image)).mean((0, 2, 3))

    def change(kept: list[int]) -> float:
        reduced = copy.deepcopy(teacher)
        first, out = _first_layer(reduced), [k for k in range(layer.out_channels) if k not in kept]
        first.weight[out], first.bias[out] = 0.0, mean[out]  # type: ignore[index]
        return float(divergence(logits, reduced.classify(image)).mean())

    chosen: list[int] = []
    while len(chosen) < count:
        rest = [k for k in range(layer.out_channels) if k not in chosen]
        chosen.append(min(rest, key=lambda k: change([*chosen, k])))
    return sorted(chosen)


@torch.no_grad()
def keep_filters(teacher: AdderNetwork, network: AdderNetwork, chosen: list[int]) -> None:
    """Copy filters of the teacher's first layer, by indices `chosen`, into that of a network, and freeze them.

    The network's first layer has as many filters as are chosen; its biases stay as they are.
    """
    layer = _first_layer(network)
    layer.weight.copy_(_first_layer(teacher).weight[chosen])
    layer.weight.requires_grad_(False)


def _first_layer(network: AdderNetwork) -> nn.Conv2d:
    layer = network.get_submodule(network.size.before_pool[0].name)
    assert isinstance(layer, nn.Conv2d)
    return layer
