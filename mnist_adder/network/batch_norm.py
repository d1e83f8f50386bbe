"""Batch normalisation: it helps the network to learn, and is folded into the convolutions when training is over."""

from collections.abc import Iterable
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnist_adder.compute.device import move
from mnist_adder.network.model import AdderNetwork

MOMENTUM = 0.02


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation (S. Ioffe and C. Szegedy, 2015): BatchNorm(16) for 16 channels.

    Its scale is |weight|, which is never negative, so that it may come after a max pool instead of before it.
    """

    momentum: float
    """The weight of a batch in the running mean and variance, 0 to 1, as in PyTorch."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, momentum=MOMENTUM)

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, C, H, W) with each channel normalised: by the batch in training, else by running statistics."""
        return F.batch_norm(
            x, self.running_mean, self.running_var, self.weight.abs(), self.bias, self.training, self.momentum, self.eps
        )


class BatchNormNetwork(AdderNetwork):
    """An `AdderNetwork` for training, batch-normalised after each hidden convolution; `folded` returns the trained one.

    The preset is 'full' or 'slice', the head 'regression' or 'onehot'.

    Where a max pool follows, the normalisation comes after the pool, which leaves it a quarter of the numbers. A
    trained network gives the same result: a maximum stays the maximum if a channel is shifted, and scaled by a positive
    number.
    """

    def __init__(self, preset: str, head: str) -> None:
        super().__init__(preset, head)
        self.hidden = (*self.size.before_pool, *self.size.after_pool[:-1])
        for layer in self.hidden:
            self.get_submodule(layer.name).register_parameter("bias", None)
        self.norms = nn.ModuleDict({layer.name: BatchNorm(layer.out_channels) for layer in self.hidden})

    def classify(self, image: Tensor) -> Tensor:
        """Return digit logits (N, 10) of normalised images (N, 1, 28, 28)."""
        return self.classify_shrunk(F.avg_pool2d(image, self.size.shrink) if self.size.shrink > 1 else image)

    def classify_shrunk(self, x: Tensor) -> Tensor:
        """Return digit logits (N, 10) of normalised images after the network's own average pooling.

        `x` is (N, 1, 14, 14) for the slice, which halves both sides, and (N, 1, 28, 28) for the full network.
        """
        for layer in self.hidden:
            x = self.get_submodule(layer.name)(x)
            if layer is self.size.before_pool[-1]:
                x = self.pool(x)
            x = F.relu(self.norms[layer.name](x))
        return torch.flatten(self.get_submodule(self.size.after_pool[-1].name)(x), start_dim=1)

    @torch.no_grad()
    def update_bn(self, batches: Iterable[Tensor]) -> None:
        """Replace the running means and variances by those of some batches of normalised images, (N, 1, 28, 28).

        Training leaves statistics of augmented images, and of the weights of many steps (P. Izmailov et al., "Averaging
        weights leads to wider optima", 2018).
        """
        norms = cast("list[BatchNorm]", list(self.norms.values()))
        self.train()
        for count, image in enumerate(batches, start=1):
            for norm in norms:
                norm.momentum = 1 / count
            self.classify(image)

    @torch.no_grad()
    def folded(self) -> AdderNetwork:
        """Return a network without batch normalisation that gives the same results as this one in evaluation mode.

        Each filter is multiplied by the scale s = |γ|/√(σ² + ε), and its bias is β − μ·s.
        """
        plain = AdderNetwork(self.preset, self.head)
        move(plain, self.out2.weight.device)
        tensors: dict[str, Any] = {name: value for name, value in self.state_dict().items() if "norms." not in name}
        for layer in self.hidden:
            norm = cast(Any, self.norms[layer.name])
            # As torch.nn.utils.fusion does, which rounds a third of the weights differently in the last bit; so the
            # networks that ship can be made again.
            scale = norm.weight.abs() / (norm.running_var + norm.eps).sqrt()
            tensors[f"{layer.name}.weight"] = tensors[f"{layer.name}.weight"] * scale.view(-1, 1, 1, 1)
            tensors[f"{layer.name}.bias"] = norm.bias - norm.running_mean * scale
        plain.load_state_dict(tensors)
        return plain
