"""The adder as the last lesson of a course: the workbook of the trained slice, with questions."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from excel_export import Story
from excel_export.lessons.lesson import Network, read_lesson
from excel_export.lessons.locators import styled
from mnist_adder.data.bundled import bundled_digits
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.network.loss import AdderLoss
from mnist_adder.workbook.teaching_workbook import LEARNING_RATE, arguments

HEAD, LABEL, NUMBER = "regression", 3, 5


def _arguments() -> tuple[nn.Module, dict[str, Tensor], Story]:
    network, _ = load_checkpoint(bundled_checkpoint("slice", HEAD))
    return arguments(network, bundled_digits()[2 * LABEL + 1], NUMBER)


def adder() -> Network:
    """The trained slice with its loss, a messy 3, and 5 to add."""
    module, inputs, _ = _arguments()
    return module, inputs


def probabilities(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Compute the probabilities p (10,) of the digits, and what is left beside the 3 and the 5."""
    assert isinstance(module, AdderLoss)
    image = (inputs["pixels"] - module.mean) / module.std
    p = torch.softmax(module.classify(image)[0], 0)
    return {"p": p, "others": 1 - p[3] - p[5]}


LESSON = read_lesson(
    __file__,
    make=adder,
    cells={"the gradient of the sum's loss": styled("Two heads", "table_grad", row=3, col=1)},
    learning_rate=LEARNING_RATE,
    also=probabilities,
    story=lambda: _arguments()[2],
)
