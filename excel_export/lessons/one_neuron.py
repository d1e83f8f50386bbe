"""Lesson 1: one neuron with one input, y = w·x + b, and the chain rule."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from excel_export.lessons import chain_rule_sheet
from excel_export.lessons.lesson import Network, descent, read_lesson
from excel_export.lessons.lesson_places import LOSS_AFTER_THE_STEP

RATE = 0.01


class OneNeuron(nn.Module):
    """y = w·x + b, and the square of its distance from the target."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor(2.0, dtype=torch.float64))
        self.b = nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
        self.tensor_names = {"mul": "w·x", "add": "y", "sub": "error"}

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, for an input and a target that are scalars."""
        y = self.w * x + self.b
        error = y - target
        return torch.square(error)


def one_neuron() -> Network:
    """The neuron with an input that gives 7, where 10 is right."""
    return OneNeuron(), {"x": torch.tensor(3.0), "target": torch.tensor(10.0)}


def losses_after_a_step(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Take one step at each of two learning rates, as PyTorch takes it."""
    return {f"loss_after_{rate}": [*descent(module, inputs, 1, rate)][-1][1] for rate in (0.05, 0.1)}


LESSON = read_lesson(
    __file__,
    make=one_neuron,
    cells={"the loss after the step": LOSS_AFTER_THE_STEP},
    learning_rate=RATE,
    also=losses_after_a_step,
    sheets=[chain_rule_sheet.SHEET],
    shows=["Update"],
)
