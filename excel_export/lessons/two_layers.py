"""Lesson 2: two inputs, two hidden neurons, one output: the way of a gradient to the first layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from excel_export.lessons.lesson import Network, read_lesson


def layer(weight: list[list[float]], bias: list[float] | None = None) -> nn.Linear:
    """Return a float64 linear layer with the given weights and biases.

    Args:
        weight: one list for each output: [[1.0, 2.0]] for two inputs and one output.
        bias: one number for each output; None for a layer without biases.

    Example:
        >>> layer([[1.0, 2.0]], [0.5])(torch.tensor([3.0, 4.0], dtype=torch.float64)).tolist()
        [11.5]
    """
    made = nn.Linear(len(weight[0]), len(weight), bias=bias is not None, dtype=torch.float64)
    made.weight.data = torch.tensor(weight, dtype=torch.float64)
    if bias is not None:
        made.bias.data = torch.tensor(bias, dtype=torch.float64)
    return made


class TwoLayers(nn.Module):
    """A module with two inputs, two hidden units and one output, all sigmoids, and fixed first weights.

    `TwoLayers()(x, target)` is the squared error, a scalar, for float64 tensors `x` (2,) and `target` (1,).
    """

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layer([[0.5, 0.0], [1.0, 1.0]], [0.0, 2.0])
        self.output = layer([[1.0, -2.0]], [0.5])
        self.tensor_names = {"sigmoid": "h", "sigmoid_1": "y"}

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """Return the squared error, a scalar, for inputs (2,) and a target (1,)."""
        h = torch.sigmoid(self.hidden(x))
        y = torch.sigmoid(self.output(h))
        return nn.functional.mse_loss(y, target)


def two_layers() -> Network:
    """Return (TwoLayers(), {'x': tensor([2., 1.]), 'target': tensor([1.])}): the result is below the target."""
    return TwoLayers(), {"x": torch.tensor([2.0, 1.0]), "target": torch.tensor([1.0])}


LESSON = read_lesson(__file__, make=two_layers, learning_rate=1.0)
