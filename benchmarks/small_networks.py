"""Thirty small networks, each with its inputs: of every kind that people export, and of few formulas."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

Made = tuple[nn.Module, tuple[torch.Tensor, ...]]


class Loss(nn.Module):
    """A network, and a loss of its result."""

    def __init__(self, network: nn.Module, loss: Callable[..., torch.Tensor] = lambda y: y.square().sum()) -> None:
        super().__init__()
        self.network, self.loss = network, loss

    def forward(self, *args: torch.Tensor) -> torch.Tensor:
        x, *targets = args
        return self.loss(self.network(x), *targets)


class Apply(nn.Module):
    """A loss that is a function of its inputs, squared and added up."""

    def __init__(self, function: Callable[..., torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *args: torch.Tensor) -> torch.Tensor:
        return self.function(*args).square().sum()


class Last(nn.Module):
    """What a recurrent layer gives after the last step."""

    def __init__(self, layer: nn.Module, width: int, classes: int) -> None:
        super().__init__()
        self.layer, self.head = layer, nn.Linear(width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.layer(x)[0][-1])


class SelfAttention(nn.Module):
    """A sequence that attends to itself."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.attention(x, x, x, need_weights=False)[0]


def mlp(activation: nn.Module, *between: nn.Module) -> Made:
    """A classifier of two layers."""
    layers = nn.Sequential(nn.Linear(4, 5), *between, activation, nn.Linear(5, 3))
    return Loss(layers, F.cross_entropy), (torch.randn(2, 4), torch.tensor([0, 2]))


def pictures(*layers: nn.Module) -> Made:
    """A small convolutional network."""
    return Loss(nn.Sequential(nn.Conv2d(1, 2, 3), *layers)), (torch.randn(1, 1, 8, 8),)


def sequence(layer: nn.Module, width: int) -> Made:
    """A classifier of sequences."""
    return Loss(Last(layer, width, 2), F.cross_entropy), (torch.randn(4, 1, 3), torch.tensor([1]))


def function(of: Callable[..., torch.Tensor], *shapes: tuple[int, ...]) -> Made:
    """A function of random numbers."""
    return Apply(of), tuple(torch.rand(shape) + 0.1 for shape in shapes)


SMALL: dict[str, Callable[[], Made]] = {
    "one neuron": lambda: (Loss(nn.Linear(2, 1)), (torch.randn(1, 2),)),
    "MLP, ReLU": lambda: mlp(nn.ReLU()),
    "MLP, tanh": lambda: mlp(nn.Tanh()),
    "MLP, sigmoid": lambda: mlp(nn.Sigmoid()),
    "MLP, GELU": lambda: mlp(nn.GELU()),
    "MLP, SiLU": lambda: mlp(nn.SiLU()),
    "MLP, batch norm": lambda: mlp(nn.ReLU(), nn.BatchNorm1d(5)),
    "MLP, layer norm": lambda: mlp(nn.ReLU(), nn.LayerNorm(5)),
    "MLP, RMS norm": lambda: mlp(nn.ReLU(), nn.RMSNorm(5)),
    "MLP, dropout": lambda: mlp(nn.ReLU(), nn.Dropout(0.3)),
    "MLP, mean squares": lambda: (Loss(nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)), F.mse_loss),
                                  (torch.randn(3, 3), torch.randn(3, 1))),
    "convolution": lambda: pictures(nn.ReLU()),
    "convolution, max pool": lambda: pictures(nn.ReLU(), nn.MaxPool2d(2)),
    "convolution, mean pool": lambda: pictures(nn.ReLU(), nn.AvgPool2d(2)),
    "two convolutions": lambda: pictures(nn.ReLU(), nn.Conv2d(2, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32, 2)),
    "transposed convolution": lambda: (Loss(nn.ConvTranspose2d(1, 1, 3, 2)), (torch.randn(1, 1, 3, 3),)),
    "group norm": lambda: pictures(nn.GroupNorm(2, 2)),
    "upsampling": lambda: pictures(nn.AvgPool2d(2), nn.Upsample(scale_factor=2, mode="bilinear")),
    "RNN": lambda: sequence(nn.RNN(3, 3), 3),
    "GRU": lambda: sequence(nn.GRU(3, 3), 3),
    "LSTM": lambda: sequence(nn.LSTM(3, 3), 3),
    "attention": lambda: (Loss(SelfAttention(4, 2)), (torch.randn(1, 3, 4),)),
    "transformer layer": lambda: (Loss(nn.TransformerEncoderLayer(4, 2, 6, 0.0, batch_first=True)),
                                  (torch.randn(1, 3, 4),)),
    "embedding": lambda: (Loss(nn.Sequential(nn.Embedding(6, 3), nn.Linear(3, 2))), (torch.tensor([1, 4, 1]),)),
    "grid_sample": lambda: (Apply(lambda x, grid: F.grid_sample(x, grid, align_corners=False)),
                            (torch.randn(1, 1, 4, 4), torch.rand(1, 3, 3, 2) * 1.6 - 0.8)),
    "einsum": lambda: function(lambda a, b: torch.einsum("ij,jk->ik", a, b), (3, 4), (4, 2)),
    "distances": lambda: function(torch.cdist, (4, 3), (5, 3)),
    "logsumexp, sort": lambda: function(lambda x: x.sort(1).values.logsumexp(1), (3, 5)),
    "standard deviation": lambda: function(lambda x: (x - x.mean(0)) / x.std(0), (4, 3)),
    "many small steps": lambda: function(lambda x: sum(x[k] * x[k - 1] / (1 + k) for k in range(12)), (12, 2)),
}  # fmt: skip
