"""Lesson 2, with the numbers of a published worked example.

Matt Mazur, "A Step by Step Backpropagation Example" (2015): a 2-2-2 network whose total error is 0.298371109.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from excel_export.lessons.lesson import Lesson, Misconception, Network, Question
from excel_export.lessons.locators import LOSS_AFTER_THE_STEP
from excel_export.lessons.two_layers import layer

RATE = 0.5


class Mazur(nn.Module):
    """The 2-2-2 network of a published worked example; its biases, one for each layer, do not learn."""

    b1: Tensor
    b2: Tensor

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
    """The published network with its inputs and targets."""
    inputs = {
        "i": torch.tensor([0.05, 0.10], dtype=torch.float64), "target": torch.tensor([0.01, 0.99], dtype=torch.float64),
    }  # fmt: skip
    return Mazur(), inputs


def further(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Compute the loss after a step as PyTorch takes it, and after one that mixes old and new weights.

    The page's own number for it, 0.291027924, is the mixed one; its weights after the step are those of PyTorch.
    """
    assert isinstance(module, Mazur)
    stepped = copy.deepcopy(module)
    stepped(**inputs).backward()
    torch.optim.SGD(stepped.parameters(), RATE).step()
    mixed = copy.deepcopy(stepped)
    out_h = torch.sigmoid(module.hidden(inputs["i"]) + module.b1)
    out_o = torch.sigmoid(module.output(out_h) + module.b2)
    net_o = (out_o - inputs["target"]) * out_o * (1 - out_o)
    net_h = (net_o @ stepped.output.weight) * out_h * (1 - out_h)
    mixed.hidden.weight.data = module.hidden.weight - RATE * torch.outer(net_h, inputs["i"])
    return {
        "loss_after": stepped(**inputs), "loss_mixed": mixed(**inputs), "mixed": mixed.hidden.weight, "b1": module.b1,
    }  # fmt: skip


LESSON = Lesson(
    name="two-layers-mazur",
    number=2,
    title="Two layers, a published example",
    make=mazur,
    learning_rate=RATE,
    minutes=40,
    before=(
        "lesson 2: two layers",
        "Matt Mazur's page “A Step by Step Backpropagation Example”, whose numbers these are",
    ),
    questions=[
        Question(
            "predict",
            "Compute what goes into the first hidden neuron: {hidden.weight[0,0]}·{i[0]} + "
            "{hidden.weight[0,1]}·{i[1]} + {b1}.",
            "{add[0]}. Its sigmoid is {sigmoid[0]:.9f}, as on the page.",
            where="add[0]",
        ),
        Question(
            "predict",
            "The outputs are {sigmoid_1[0]} and {sigmoid_1[1]}, the targets {target[0]} and {target[1]}. Which of the "
            "two gives more of the total error, {loss:.9f}?",
            "The first, which is far too large: half its squared error is {mul[0]:.9f}, that of the second "
            "{mul[1]:.9f}.",
            where="mul[0]",
        ),
        Question(
            "change",
            "The first output now almost meets its target. What happens to the gradients of its two weights, w5 and "
            "w6?",
            "They almost vanish: {grad.output.weight[0,0]:.6f} and {grad.output.weight[0,1]:.6f}. Those of the second "
            "output stay as they are.",
            where="grad.output.weight[0,0]",
            change={"target[0]": 0.75},
        ),
        Question(
            "change",
            "The first input is now 0. Which two of the eight weights have the gradient 0, and why?",
            "w1 and w3, which multiply the first input: whatever they are, the product is 0. All others still have "
            "one.",
            where="grad.hidden.weight[0,0]",
            change={"i[0]": 0.0},
        ),
        Question(
            "explain",
            "The first hidden neuron acts on both outputs. How does its gradient, {grad.sigmoid[0]:.9f}, come about?",
            "As the sum over both ways. On each it is the gradient of the output's net input times the weight between: "
            "{grad.add_1[0]:.6f}·{output.weight[0,0]} + ({grad.add_1[1]:.6f})·{output.weight[1,0]}.",
            where="grad.sigmoid[0]",
        ),
        Question(
            "explain",
            "On the page, w5 is 0.35891648 after the step. Say how that comes out of three numbers of this workbook.",
            "w5 before, less the learning rate times its gradient: {output.weight[0,0]} − "
            "0.5·{grad.output.weight[0,0]:.9f} = {after.output.weight[0,0]:.8f}.",
            where="after.output.weight[0,0]",
        ),
    ],
    misconceptions=[
        Misconception(
            "The gradients of the first layer are computed with the new weights of the second.",
            "after.hidden.weight[0,0]",
            "They are of the same moment, with the old weights: w1 becomes {after.hidden.weight[0,0]:.9f}, as on the "
            "page. With new ones it would be {mixed[0,0]:.9f}. (The page's error after the step, {loss_mixed:.9f}, is "
            "what comes out of such a mixture.)",
        ),
        Misconception(
            "A step moves a weight by its gradient.",
            "after.output.weight[0,0]",
            "By the learning rate times the gradient. The gradient of w5 is {grad.output.weight[0,0]}, and w5 moves "
            "from {output.weight[0,0]} to {after.output.weight[0,0]} only.",
        ),
        Misconception(
            "After one step, the outputs are right.",
            LOSS_AFTER_THE_STEP,
            "A step goes a short way downhill. The total error falls from {loss:.9f} to {loss_after:.9f}; on the page "
            "it takes 10,000 steps to come close to 0.",
        ),
    ],
    glossary={
        "net input": "What goes into a neuron's sigmoid: the weighted sum of its inputs, and the bias.",
        "total error": "The loss of this example: half the squared error of each output, added up.",
        "w1 … w8": "The weights by the names of the page, row by row: w1 to w4 of the hidden layer, then the output.",
    },
    shows=["Update"],
    also=further,
)
