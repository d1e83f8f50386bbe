"""Lesson 1: one neuron with one input, y = w·x + b, and the chain rule."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from excel_export.lessons import chain_rule_sheet
from excel_export.lessons.lesson import Lesson, Misconception, Network, Question
from excel_export.lessons.locators import LOSS_AFTER_THE_STEP

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
    found = {}
    for rate in (0.05, 0.1):
        stepped = copy.deepcopy(module)
        stepped(**inputs).backward()
        torch.optim.SGD(stepped.parameters(), rate).step()
        found[f"loss_after_{rate}"] = stepped(**inputs)
    return found


LESSON = Lesson(
    name="one-neuron",
    number=1,
    title="One neuron",
    make=one_neuron,
    learning_rate=RATE,
    also=losses_after_a_step,
    minutes=30,
    before=("what a function is", "that a slope says how fast y changes when x changes"),
    questions=[
        Question(
            "predict",
            "The neuron computes y = w·x + b. With w = {w}, x = {x} and b = {b}: what is y, and what is the loss, the "
            "square of y − target, where the target is {target}?",
            "y = {w}·{x} + {b} = {add}, the error is {add} − {target} = {sub}, and the loss is its square, {loss}.",
            where="loss",
        ),
        Question(
            "predict",
            "You make w a little larger. Does the loss grow or fall? How many times as fast as w?",
            "It falls: the slope is {grad.w}. y rises {x} times as fast as w, and the loss changes by 2·error = "
            "{grad.add} for each unit of y. The slope is the product of both.",
            where="grad.w",
        ),
        Question(
            "change",
            "Let the input x be 0. What is the slope of the loss for w now, and why?",
            "It is {grad.w}. The slope is 2·error·x, and x is {x}: w has no influence on y, so to change w changes "
            "nothing. The slope for b is not 0, but {grad.b}.",
            where="grad.w",
            change={"x": 0.0},
        ),
        Question(
            "change",
            "Let w be 4. What is the slope of the loss for w now? In which direction should w go?",
            "y is {add}, the error is {sub}, and the slope is {grad.w}, above zero: when w grows, the loss grows. So w "
            "must become smaller. A step subtracts a part of the slope, and does just that.",
            where="grad.w",
            change={"w": 4.0},
        ),
        Question(
            "change",
            "On Start, set the learning rate to 0.05, then to 0.1. What is the loss after one step, each time? Then "
            f"set it to {RATE} again.",
            "With 0.05, it is {loss_after_0.05}: the step ends at the very bottom. With 0.1, the step is twice as "
            "long, and ends as far behind the bottom as it began before it: {loss_after_0.1}. A longer step is not "
            "always a better one.",
            where=LOSS_AFTER_THE_STEP,
            step="after.w",
        ),
        Question(
            "explain",
            "Explain with the chain rule why the slope for w is x times the slope for b.",
            "Both ways lead through y. From y on they share all links, so these give the same product. Before it, the "
            "way of w has the link ∂y/∂w = x = {x}, and the way of b has the link ∂y/∂b = 1.",
            where="grad.w",
            on="Chain rule",
        ),
    ],
    misconceptions=[
        Misconception(
            "The gradient of w says how wrong w is.",
            "grad.w",
            "It says how fast the loss changes with w, here. At x = 0 it would be 0, however wrong w is.",
        ),
        Misconception(
            "The error and the gradient are the same.",
            "grad.add",
            "The error is {sub}. The slope of its square is twice that. What reaches w is again x times as much.",
        ),
        Misconception(
            "A gradient below zero means that the number should become smaller.",
            "after.w",
            "The step subtracts the gradient. Below zero, w grows: from {w} to {after.w} at a learning rate of "
            f"{RATE}.",
        ),
    ],
    glossary={
        "weight, bias": "The numbers w and b, which learning changes.",
        "target": "What y should be.",
        "loss": "How wrong the answer is, as one number: 0 is perfect.",
        "gradient": "The slope of the loss for one number: how fast the loss changes when this number grows.",
        "chain rule": "When a number acts through others, one after another, its slope is the product of their slopes.",
        "forward, backward": "From the input to the loss; and from the loss back to each number, slope by slope.",
        "learning rate": "Which part of the gradient a step subtracts from the weight.",
    },
    sheets=[chain_rule_sheet.SHEET],
    shows=["Update"],
)
