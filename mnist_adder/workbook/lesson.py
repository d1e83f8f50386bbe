"""The adder as the last lesson of a course: the workbook of the trained slice, with questions."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from excel_export.lessons.lesson import read_lesson
from excel_export.lessons.lesson_places import styled
from mnist_adder.network.loss import AdderLoss
from mnist_adder.workbook.practice import slice_regression
from mnist_adder.workbook.teaching_workbook import LEARNING_RATE, messy_three


def probabilities(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors {'p': (10,), 'others': ()}: the probabilities of the digits, and the sum without those of 3 and 5.

    `module` is an `AdderLoss`; `inputs` has 'pixels', grey values (1, 1, 28, 28).
    """
    assert isinstance(module, AdderLoss)
    image = (inputs["pixels"] - module.mean) / module.std
    p = torch.softmax(module.classify(image)[0], 0)
    return {"p": p, "others": 1 - p[3] - p[5]}


LESSON = read_lesson(
    __file__,
    make=slice_regression,
    cells={"the gradient of the sum's loss": styled("Two heads", "table_grad", row=3, col=1)},
    learning_rate=LEARNING_RATE,
    also=probabilities,
    story=lambda: messy_three("slice-regression")[2],
)
