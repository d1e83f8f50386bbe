"""Lesson 4: a picture of 4×4 pixels and one filter of 2×2: forward, both gradients, and shared weights."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from excel_export.lessons.lesson import Network, read_lesson
from excel_export.lessons.lesson_places import LOSS_AFTER_THE_STEP

EDGE = [[-1.0, 1.0], [-1.0, 1.0]]
"""The filter that makes the target: it is positive where ink begins, from left to right."""
PICTURE = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0]]


class OneFilter(nn.Module):
    """A convolution with one filter: OneFilter()(picture, target) is the mean squared error of its result."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 2, bias=False, dtype=torch.float64)
        self.conv.weight.data = torch.tensor([[[[0.25, 0.5], [-0.5, 1.0]]]], dtype=torch.float64)
        self.tensor_names = {"conv": "map"}

    def forward(self, picture: Tensor, target: Tensor) -> Tensor:
        """Return the mean squared error, a scalar, for a picture (1, 1, 4, 4) and a target (1, 1, 3, 3)."""
        return nn.functional.mse_loss(self.conv(picture), target)


def one_filter() -> Network:
    """Return (OneFilter(), {'picture': tensor (1, 1, 4, 4), 'target': the convolution with `EDGE`, (1, 1, 3, 3)})."""
    picture = torch.tensor([[PICTURE]])
    return OneFilter(), {"picture": picture, "target": nn.functional.conv2d(picture, torch.tensor([[EDGE]]))}


def counts(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return numbers for the lesson's texts: {'places': 9.0, 'shared': 4.0, 'apart': 36.0, …}, as tensors.

    Returns:
        'places': the number of the filter's positions; 'shared': of its weights; 'apart': of the weights if each
            position had its own; 'met': of the positions at which the first weight meets a number other than 0;
            'dense': of the weights of a linear layer from the whole picture to all positions.
    """
    places = inputs["target"].numel()
    shared = torch.tensor(float(sum(p.numel() for p in module.parameters())))
    return {"places": torch.tensor(float(places)), "shared": shared, "apart": shared * places,
            "met": (inputs["picture"][0, 0, :-1, :-1] != 0).sum(),
            "dense": torch.tensor(float(places * inputs["picture"].numel()))}  # fmt: skip


LESSON = read_lesson(
    __file__,
    make=one_filter,
    cells={"the loss after the step": LOSS_AFTER_THE_STEP},
    learning_rate=0.5,
    also=counts,
)
