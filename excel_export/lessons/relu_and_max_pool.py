"""Lesson 5: ReLU and max pool: who gets the gradient, and what a dead unit is."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from excel_export.lessons.lesson import Network, read_lesson
from excel_export.lessons.two_layers import layer

PICTURE = [[1.0, 4.0, 2.0, 0.0], [3.0, 2.0, 1.0, 1.0], [0.0, 1.0, 3.0, 2.0], [2.0, 0.0, 1.0, 5.0]]


class TwoUnits(nn.Module):
    """A convolution with two filters of one pixel, ReLU, max pool, linear: TwoUnits()(picture, target) is the loss."""

    def __init__(self) -> None:
        super().__init__()
        self.units = nn.Conv2d(1, 2, 1, dtype=torch.float64)
        self.units.weight.data = torch.tensor([1.0, 2.0], dtype=torch.float64).reshape(2, 1, 1, 1)
        self.units.bias = nn.Parameter(torch.tensor([-2.5, -12.0], dtype=torch.float64))
        self.answer = layer([[0.5, 1.0, -1.0, 0.5, 1.0, 1.0, 1.0, 1.0]])
        self.tensor_names = {"relu": "after ReLU", "max_pool2d": "largest"}

    def forward(self, picture: Tensor, target: Tensor) -> Tensor:
        """Return the squared error, a scalar, for a picture (1, 1, 4, 4) and a target (1, 1)."""
        shown = nn.functional.max_pool2d(torch.relu(self.units(picture)), 2)
        return nn.functional.mse_loss(self.answer(shown.flatten(1)), target)


def two_units() -> Network:
    """Return (TwoUnits(), {'picture': tensor (1, 1, 4, 4), 'target': tensor (1, 1)}); only the first filter
    is active.
    """
    return TwoUnits(), {"picture": torch.tensor([[PICTURE]]), "target": torch.tensor([[4.0]])}


def counts(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return two counts for each of the two filters: {'positive': tensor (2,), 'largest': tensor (2,)}.

    'positive' is the number of positions at which the ReLU lets a number above 0 through; 'largest' is the number of
    positions that a 2×2 max pool after it chooses, which alone get a gradient. `module` has the filters as 'units', and
    `inputs` the 'picture'.
    """
    x = torch.relu(module.get_submodule("units")(inputs["picture"])).detach().requires_grad_()
    (reached,) = torch.autograd.grad(nn.functional.max_pool2d(x, 2).sum(), x)
    return {"positive": (x > 0).sum((0, 2, 3)), "largest": reached.sum((0, 2, 3))}


LESSON = read_lesson(
    __file__,
    make=two_units,
    learning_rate=0.01,
    also=counts,
    shows=["Update"],
)
