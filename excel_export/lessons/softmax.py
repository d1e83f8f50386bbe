"""Lesson 3: softmax and cross-entropy, three classes, and where p − y comes from."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from excel_export.lessons import softmax_sheet
from excel_export.lessons.lesson import Network, read_lesson
from excel_export.lessons.two_layers import layer


class ThreeClasses(nn.Module):
    """A layer that gives each of three classes a score, and the cross-entropy of the true one."""

    def __init__(self) -> None:
        super().__init__()
        self.scores = layer([[1.0, 1.0], [1.0, 0.0], [2.0, -1.0]], [0.0, 0.0, 0.0])
        self.tensor_names = {"scores": "z"}

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        """Return the loss, a scalar, for inputs (1, 2) and a label (1,) of 0, 1 or 2."""
        return nn.functional.cross_entropy(self.scores(x), label)


def three_classes() -> Network:
    """The layer with an input whose true class is not the one with the largest score."""
    return ThreeClasses(), {"x": torch.tensor([[1.0, 2.0]]), "label": torch.tensor([1])}


def probabilities(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Compute what the loss does not return: p (3,), its sum, and each score's part of the sum of the scores."""
    z = module.get_submodule("scores")(inputs["x"])[0]
    p = torch.softmax(z, 0)
    return {"p": p, "sum_of_p": p.sum(), "part": z / z.sum()}


LESSON = read_lesson(
    __file__,
    make=three_classes,
    also=probabilities,
    sheets=[softmax_sheet.SHEET],
)
