"""Lesson 2, with the numbers of a published worked example.

Matt Mazur, "A Step by Step Backpropagation Example" (2015): a 2-2-2 network whose total error is 0.298371109.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from excel_export.lessons.lesson import Network, descent, read_lesson
from excel_export.lessons.lesson_places import LOSS_AFTER_THE_STEP
from excel_export.lessons.two_layers import layer

RATE = 0.5


class Mazur(nn.Module):
    """The 2-2-2 network of a published worked example, Mazur()(i, target); its biases, one a layer, do not learn."""

    b1: Tensor
    """The bias of both hidden neurons, which does not learn."""
    b2: Tensor
    """The bias of both outputs, which does not learn."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layer([[0.15, 0.20], [0.25, 0.30]])
        self.output = layer([[0.40, 0.45], [0.50, 0.55]])
        self.register_buffer("b1", torch.tensor(0.35, dtype=torch.float64))
        self.register_buffer("b2", torch.tensor(0.60, dtype=torch.float64))
        self.tensor_names = {
            "add": "net h", "sigmoid": "out h", "add_1": "net o", "sigmoid_1": "out o", "sub": "target − out o",
        }  # fmt: skip

    def forward(self, i: Tensor, target: Tensor) -> Tensor:
        """Return half the sum of the squared errors, for inputs (2,) and targets (2,)."""
        out_h = torch.sigmoid(self.hidden(i) + self.b1)
        out_o = torch.sigmoid(self.output(out_h) + self.b2)
        return (0.5 * torch.square(target - out_o)).sum()


def mazur() -> Network:
    """Return (Mazur(), {'i': tensor (2,), 'target': tensor (2,)}), the published network and its numbers."""
    inputs = {
        "i": torch.tensor([0.05, 0.10], dtype=torch.float64), "target": torch.tensor([0.01, 0.99], dtype=torch.float64),
    }  # fmt: skip
    return Mazur(), inputs


def further(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return numbers for the lesson's texts, as tensors, after one step of SGD with the rate `RATE`.

    `module` is a float64 `Mazur`, which stays as it is; `inputs` are its 'i' and 'target'.

    Returns:
        'loss_after': PyTorch's loss after the step, 0.29103; 'b1': the first biases before it. 'mixed': the hidden
            weights after a step whose gradients are computed with the new output weights instead of the old ones;
            'loss_mixed': the loss with these, 0.291027924, which is the loss in the published example.
    """
    assert isinstance(module, Mazur)
    *_, (stepped, loss) = descent(module, inputs, 1, RATE)
    mixed = copy.deepcopy(stepped)
    out_h = torch.sigmoid(module.hidden(inputs["i"]) + module.b1)
    out_o = torch.sigmoid(module.output(out_h) + module.b2)
    net_o = (out_o - inputs["target"]) * out_o * (1 - out_o)
    net_h = (net_o @ stepped.output.weight) * out_h * (1 - out_h)
    mixed.hidden.weight.data = module.hidden.weight - RATE * torch.outer(net_h, inputs["i"])
    return {
        "loss_after": loss, "loss_mixed": mixed(**inputs), "mixed": mixed.hidden.weight, "b1": module.b1,
    }  # fmt: skip


LESSON = read_lesson(
    __file__,
    make=mazur,
    cells={"the loss after the step": LOSS_AFTER_THE_STEP},
    learning_rate=RATE,
    shows=["Update"],
    also=further,
)
