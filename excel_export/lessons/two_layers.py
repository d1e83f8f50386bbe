"""Lesson 2: two inputs, two hidden neurons, one output: how a gradient reaches the first layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from excel_export.lessons.lesson import Lesson, Misconception, Network, Question


def layer(weight: list[list[float]], bias: list[float] | None = None) -> nn.Linear:
    """A layer with given numbers, in float64; without biases where None are given."""
    made = nn.Linear(len(weight[0]), len(weight), bias=bias is not None, dtype=torch.float64)
    made.weight.data = torch.tensor(weight, dtype=torch.float64)
    if bias is not None:
        made.bias.data = torch.tensor(bias, dtype=torch.float64)
    return made


class TwoLayers(nn.Module):
    """A 2-2-1 network with sigmoids, and the square of its error."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layer([[0.5, 0.0], [1.0, 1.0]], [0.0, 2.0])
        self.output = layer([[1.0, -2.0]], [0.5])
        self.tensor_names = {"sigmoid": "h", "sigmoid_1": "y"}

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, for inputs (2,) and a target (1,)."""
        h = torch.sigmoid(self.hidden(x))
        y = torch.sigmoid(self.output(h))
        return nn.functional.mse_loss(y, target)


def two_layers() -> Network:
    """The network with an input whose answer should be larger."""
    return TwoLayers(), {"x": torch.tensor([2.0, 1.0]), "target": torch.tensor([1.0])}


LESSON = Lesson(
    name="two-layers",
    number=2,
    title="Two layers",
    make=two_layers,
    learning_rate=1.0,
    minutes=40,
    before=("lesson 1: the chain rule", "that sigmoid makes a number between 0 and 1 of any number"),
    questions=[
        Question(
            "predict",
            "The output y is {sigmoid_1[0]}, the target is {target[0]}. So y should grow. The first hidden neuron "
            "meets the weight {output.weight[0,0]}, the second one {output.weight[0,1]}. Which sign has the gradient "
            "of each?",
            "The loss falls when y grows. A positive weight passes that on: the gradient of the first hidden neuron "
            "is below zero, {grad.sigmoid[0]}. A negative one turns it round: that of the second is {grad.sigmoid[1]}.",
            where="grad.sigmoid[0]",
        ),
        Question(
            "predict",
            "The first hidden neuron gives {sigmoid[0]}, the second one {sigmoid[1]}. Which of the two output weights "
            "has the larger gradient?",
            "The weight of the second, as it meets the larger number. Each gradient is the gradient of the output's "
            "sum, {grad.output[0]}, times what the weight meets: {grad.output.weight[0,0]} and "
            "{grad.output.weight[0,1]}.",
            where="grad.output.weight[0,1]",
        ),
        Question(
            "change",
            "The first hidden neuron now has no way to the output. What are the gradients of its own two weights?",
            "Both are {grad.hidden.weight[0,0]}: the gradient comes back on the way on which the number goes forward, "
            "times the same weight. The output weight itself has a gradient, {grad.output.weight[0,0]}, so it will "
            "not stay 0.",
            where="grad.hidden.weight[0,0]",
            change={"output.weight[0,0]": 0.0},
        ),
        Question(
            "change",
            "The first hidden neuron is now almost 1, whatever x is. What happens to the gradient of its weights?",
            "It almost vanishes: {grad.hidden.weight[0,0]:.6f}. The slope of the sigmoid is h·(1 − h), and h is "
            "{sigmoid[0]:.5f}. Such a neuron is called saturated: it learns very slowly.",
            where="grad.hidden.weight[0,0]",
            change={"hidden.bias[0]": 9.0},
        ),
        Question(
            "explain",
            "The gradient of the first weight, {@hidden.weight[0,0]}, is a product of five numbers, one for each "
            "link of its chain. Name them.",
            "x₁ = {x[0]}; the slope of the hidden sigmoid, h·(1 − h) with h = {sigmoid[0]}; the output weight "
            "{output.weight[0,0]}; the slope of the output's sigmoid, y·(1 − y) with y = {sigmoid_1[0]}; and the "
            "slope of the loss, 2·(y − target) = {grad.sigmoid_1[0]}. The product is {grad.hidden.weight[0,0]}.",
            where="grad.hidden.weight[0,0]",
        ),
        Question(
            "explain",
            "All gradients of the hidden layer contain the same first two factors, from the loss to the output's sum. "
            "How does the backward pass make use of that?",
            "It computes them once, as the gradient of the output's sum, {grad.output[0]}, and every gradient before "
            "it takes this number. That is why it goes from the back to the front: it costs about as much as a "
            "forward pass.",
            where="grad.output[0]",
        ),
    ],
    misconceptions=[
        Misconception(
            "A hidden neuron needs a target of its own.",
            "grad.sigmoid[0]",
            "It has none. What it should do comes from behind: the gradient of the output's sum times the weight "
            "between.",
        ),
        Misconception(
            "A neuron whose output is close to 1 is sure, so it learns most.",
            "grad.hidden[1]",
            "There the sigmoid is almost flat. The second neuron gives {sigmoid[1]}, and little of the gradient "
            "{grad.sigmoid[1]} is left before its sigmoid: {grad.hidden[1]}.",
        ),
        Misconception(
            "A weight that is 0 does not learn.",
            "grad.hidden.weight[0,1]",
            "Its gradient is what it meets times the gradient behind it. Its own value is not in there.",
        ),
    ],
    glossary={
        "layer": "Neurons that read the same numbers, side by side.",
        "hidden": "Of a layer between the input and the output: nobody says what its numbers should be.",
        "sigmoid": "1 / (1 + e⁻ᶻ): any number z becomes one between 0 and 1. Its slope is h·(1 − h), at most 0.25.",
        "saturated": "So far out that the sigmoid is almost flat: the gradient almost vanishes.",
        "backpropagation": "The chain rule from the back to the front, where each gradient is computed once.",
    },
)
