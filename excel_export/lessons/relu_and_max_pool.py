"""Lesson 5: ReLU and max pool: who gets the gradient, and what a dead unit is."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from excel_export.lessons.lesson import Lesson, Misconception, Network, Question

PICTURE = [[1.0, 4.0, 2.0, 0.0], [3.0, 2.0, 1.0, 1.0], [0.0, 1.0, 3.0, 2.0], [2.0, 0.0, 1.0, 5.0]]


class TwoUnits(nn.Module):
    """Two units look at every pixel; ReLU, max pool, and a weighted sum of what is left."""

    def __init__(self) -> None:
        super().__init__()
        self.units = nn.Conv2d(1, 2, 1, dtype=torch.float64)
        self.units.weight.data = torch.tensor([1.0, 2.0], dtype=torch.float64).reshape(2, 1, 1, 1)
        self.units.bias = nn.Parameter(torch.tensor([-2.5, -12.0], dtype=torch.float64))
        self.answer = nn.Linear(8, 1, bias=False, dtype=torch.float64)
        self.answer.weight.data = torch.tensor([[0.5, 1.0, -1.0, 0.5, 1.0, 1.0, 1.0, 1.0]], dtype=torch.float64)
        self.tensor_names = {"relu": "behind ReLU", "max_pool2d": "largest"}

    def forward(self, picture: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, for a picture (1, 1, 4, 4) and a target (1, 1)."""
        shown = nn.functional.max_pool2d(torch.relu(self.units(picture)), 2)
        return nn.functional.mse_loss(self.answer(shown.flatten(1)), target)


def two_units() -> Network:
    """The units, with a picture that wakes only the first of them."""
    return TwoUnits(), {"picture": torch.tensor([[PICTURE]]), "target": torch.tensor([[4.0]])}


def counts(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Count what is above zero behind ReLU, and what gets a gradient through the pool, unit by unit."""
    x = torch.relu(module.get_submodule("units")(inputs["picture"])).detach().requires_grad_()
    (reached,) = torch.autograd.grad(nn.functional.max_pool2d(x, 2).sum(), x)
    return {"positive": (x > 0).sum((0, 2, 3)), "largest": reached.sum((0, 2, 3))}


LESSON = Lesson(
    name="relu-and-max-pool",
    number=5,
    title="ReLU and max pool",
    make=two_units,
    learning_rate=0.01,
    minutes=40,
    before=("lesson 1: the chain rule", "lesson 4: what a filter and a map are; here a filter has a single weight"),
    also=counts,
    shows=["Update"],
    questions=[
        Question(
            "predict",
            "Each unit gives 16 numbers. The pool keeps the largest of every 2×2. To how many of the 16 can a "
            "gradient come back? What is the gradient of one that is not the largest?",
            "To {largest[0]:.0f} at most, one for each 2×2: the loss depends on the largest only. The others have the "
            "gradient 0: they could change a little, and nothing behind the pool would notice.",
            where="grad.relu[0,0,1,0]",
        ),
        Question(
            "predict",
            "Look at the upper left 2×2 of the picture: {picture[0,0,0,0]:.0f} and {picture[0,0,0,1]:.0f}, below them "
            "{picture[0,0,1,0]:.0f} and {picture[0,0,1,1]:.0f}. Which of the four pixels gets a gradient?",
            "The one with {picture[0,0,0,1]:.0f}, the largest: {grad.picture[0,0,0,1]}. The other three get "
            "{grad.picture[0,0,0,0]:.0f}.",
            where="grad.picture[0,0,0,1]",
        ),
        Question(
            "change",
            "Another pixel of the upper left is the largest now. Where is the gradient?",
            "It has moved there: {grad.picture[0,0,0,0]}. The pixel that had it before has "
            "{grad.picture[0,0,0,1]:.0f}.",
            where="grad.picture[0,0,0,0]",
            change={"picture[0,0,0,0]": 6.0},
        ),
        Question(
            "change",
            "The second unit gave 0 for every pixel. Now its bias is larger. What has changed for its gradients?",
            "It is awake: {positive[1]:.0f} of its 16 numbers are above 0, and its weight has the gradient "
            "{grad.units.weight[1,0,0,0]}, where before it had none.",
            where="grad.units.weight[1,0,0,0]",
            change={"units.bias[1]": -5.0},
        ),
        Question(
            "explain",
            "At first, the second unit gives 0 for every pixel. Why does no step of gradient descent wake it?",
            "Each of its sums is below 0, where ReLU is flat: its slope is 0. So the gradients of its weight and of "
            "its bias are 0, and a step changes nothing: the bias is {units.bias[1]:.0f} before and "
            "{after.units.bias[1]:.0f} after. Only other pictures, or the layers before it, could wake it.",
            where="after.units.bias[1]",
        ),
    ],
    misconceptions=[
        Misconception(
            "The pool shares the gradient among the four numbers that it has looked at.",
            "grad.relu[0,0,1,0]",
            "Three of the four get nothing. An average pool would share it.",
        ),
        Misconception(
            "A unit that gives nothing but 0 will learn, if it takes more steps.",
            "grad.units.bias[1]",
            "Its gradient is exactly 0, so a thousand steps change as much as one. It is called a dead unit.",
        ),
        Misconception(
            "The larger a weight, the larger its gradient.",
            "grad.units.weight[1,0,0,0]",
            "The weight of the second unit is {units.weight[1,0,0,0]:.0f}, twice that of the first, and its gradient "
            "is {grad.units.weight[1,0,0,0]:.0f}. The first has {grad.units.weight[0,0,0,0]}.",
        ),
    ],
    glossary={
        "ReLU": "max(0, x): numbers above 0 stay, others become 0. Its slope is 1 above 0, and 0 below.",
        "max pool": "Keeps the largest of every 2×2, so a map becomes half as wide and half as high.",
        "unit": "A neuron, or a filter: what has weights of its own.",
        "dead unit": "One whose ReLU gives 0 for every input: no gradient passes, so it does not learn.",
    },
)
