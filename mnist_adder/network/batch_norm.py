"""Batch normalisation as a scaffold: it helps the network to learn, and folds into its convolutions at the end."""

from collections.abc import Iterable
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnist_adder.compute.device import move
from mnist_adder.compute.workers import ALONE, Workers
from mnist_adder.network.model import AdderNetwork

MOMENTUM = 0.02


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation (S. Ioffe and C. Szegedy, 2015) over the shares of all the workers together.

    Its scale is never negative, so it may trade places with a maximum.
    """

    momentum: float

    def __init__(self, channels: int, workers: Workers) -> None:
        super().__init__(channels, momentum=MOMENTUM)
        self.workers = workers

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (N, C, H, W) over all but C."""
        if self.training and self.workers.count > 1:
            return self._together(x)
        return F.batch_norm(
            x, self.running_mean, self.running_var, self.weight.abs(), self.bias, self.training, self.momentum, self.eps
        )

    def _together(self, x: Tensor) -> Tensor:
        """The same, where each worker has only its share; PyTorch's own is for GPUs only."""
        wide = x.float()
        count = torch.full((1,), x.numel() / x.shape[1], device=x.device)
        over = (0, 2, 3)
        total, count = self.workers.add_up_with_gradient(torch.cat((wide.sum(over), count))).split((x.shape[1], 1))
        mean = total / count
        # A second pass, because the difference of two large numbers would be a coarse variance.
        apart = (wide - mean.view(-1, 1, 1)).square().sum(over)
        variance = self.workers.add_up_with_gradient(apart) / count
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)  # type: ignore[union-attr, arg-type]
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)  # type: ignore[union-attr, arg-type]
        scale = self.weight.abs() / (variance + self.eps).sqrt()
        return (wide * scale.view(-1, 1, 1) + (self.bias - mean * scale).view(-1, 1, 1)).to(x.dtype)


class NormalisedNetwork(AdderNetwork):
    """An `AdderNetwork` that normalises what each of its hidden convolutions gives; `folded` is the plain one.

    Normalising takes the place of the biases. It stands behind the max pool, where there is only a quarter to
    do, which gives the same result for a trained network: a maximum keeps its place when all of a channel is
    scaled by the same positive number and shifted.
    """

    def __init__(self, preset: str, head: str, workers: Workers = ALONE) -> None:
        super().__init__(preset, head)
        self.hidden = (*self.size.before_pool, *self.size.after_pool[:-1])
        for layer in self.hidden:
            self.get_submodule(layer.name).register_parameter("bias", None)
        self.norms = nn.ModuleDict({layer.name: BatchNorm(layer.out_channels, workers) for layer in self.hidden})

    def classify(self, image: Tensor) -> Tensor:
        """Turn normalised images (N, 1, 28, 28) into digit logits (N, 10)."""
        x = F.avg_pool2d(image, self.size.shrink) if self.size.shrink > 1 else image
        for layer in self.hidden:
            x = self.get_submodule(layer.name)(x)
            if layer is self.size.before_pool[-1]:
                x = self.pool(x)
            x = F.relu(self.norms[layer.name](x))
        return torch.flatten(self.get_submodule(self.size.after_pool[-1].name)(x), start_dim=1)

    @torch.no_grad()
    def settle(self, batches: Iterable[Tensor]) -> None:
        """Normalise from now on by what is found in these normalised images, (N, 1, 28, 28) a batch.

        The running averages are of other images, distorted ones, and of the weights as they were on the way
        (P. Izmailov et al., "Averaging weights leads to wider optima", 2018). All of it is done in this process.
        """
        norms = cast("list[BatchNorm]", list(self.norms.values()))
        self.train()
        for count, image in enumerate(batches, start=1):
            for norm in norms:
                norm.workers, norm.momentum = ALONE, 1 / count
            self.classify(image)

    @torch.no_grad()
    def folded(self) -> AdderNetwork:
        """Give the plain network that, for a trained network's running averages, does the same."""
        plain = AdderNetwork(self.preset, self.head)
        move(plain, self.out2.weight.device)
        tensors: dict[str, Any] = {name: value for name, value in self.state_dict().items() if "norms." not in name}
        for layer in self.hidden:
            norm = cast(Any, self.norms[layer.name])
            scale = norm.weight.abs() / (norm.running_var + norm.eps).sqrt()
            tensors[f"{layer.name}.weight"] = tensors[f"{layer.name}.weight"] * scale.view(-1, 1, 1, 1)
            tensors[f"{layer.name}.bias"] = norm.bias - norm.running_mean * scale
        plain.load_state_dict(tensors)
        return plain
