"""Lesson 4: a picture of 4×4 pixels and one filter of 2×2: forward, both gradients, and shared weights."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from excel_export.lessons.lesson import Lesson, Misconception, Network, Question
from excel_export.lessons.locators import LOSS_AFTER_THE_STEP

EDGE = [[-1.0, 1.0], [-1.0, 1.0]]
"""The filter that makes the target: it answers where ink begins, from left to right."""
PICTURE = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0]]


class OneFilter(nn.Module):
    """A convolution with one filter, and the mean squared distance of its result from a target."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 2, bias=False, dtype=torch.float64)
        self.conv.weight.data = torch.tensor([[[[0.25, 0.5], [-0.5, 1.0]]]], dtype=torch.float64)
        self.tensor_names = {"conv": "map"}

    def forward(self, picture: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, for a picture (1, 1, 4, 4) and a target (1, 1, 3, 3)."""
        return nn.functional.mse_loss(self.conv(picture), target)


def one_filter() -> Network:
    """The filter at its beginning, with a picture and the map that the filter `EDGE` makes of it."""
    picture = torch.tensor([[PICTURE]])
    return OneFilter(), {"picture": picture, "target": nn.functional.conv2d(picture, torch.tensor([[EDGE]]))}


def counts(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Count places and weights, and the places at which the first weight meets something."""
    places = inputs["target"].numel()
    shared = torch.tensor(float(sum(p.numel() for p in module.parameters())))
    return {"places": torch.tensor(float(places)), "shared": shared, "apart": shared * places,
            "met": (inputs["picture"][0, 0, :-1, :-1] != 0).sum(),
            "dense": torch.tensor(float(places * inputs["picture"].numel()))}  # fmt: skip


LESSON = Lesson(
    name="convolution",
    number=4,
    title="Convolution",
    make=one_filter,
    learning_rate=0.5,
    minutes=45,
    before=("lesson 1: the chain rule", "that a picture is a table of numbers: here 0 is paper and 1 is ink"),
    also=counts,
    questions=[
        Question(
            "predict",
            "The filter has 2×2 weights, the picture 4×4 pixels. How many places are there for the filter, if it must "
            "not stick out? So how large is the map that it makes?",
            "3 from left to right and 3 from top to bottom: {places:.0f} places, and a map of 3×3.",
            where="conv[0,0,0,0]",
        ),
        Question(
            "predict",
            "Compute the first number of the map: the four pixels at the upper left, each times its weight, added up. "
            "Then the one on its right.",
            "The first four pixels are 0, so it is {conv[0,0,0,0]:.0f}. One place to the right, two pixels are 1: "
            "{conv.weight[0,0,0,1]} + {conv.weight[0,0,1,1]:.0f} = {conv[0,0,0,1]}.",
            where="conv[0,0,0,1]",
        ),
        Question(
            "change",
            "You have changed one pixel inside. How many numbers of the map follow, and how many would follow a pixel "
            "in the corner?",
            "Up to four: the pixel lies in four places of the filter, and meets another weight in each. So its "
            "gradient is a sum of four products. A corner lies in one place only.",
            where="conv[0,0,0,0]",
            change={"picture[0,0,1,1]": 5.0},
        ),
        Question(
            "change",
            "You have changed one weight of the filter. How many numbers of the map follow?",
            "{met:.0f} of {places:.0f}: the same weight is used at every place. It changes nothing only where the "
            "pixel that it meets is 0.",
            where="conv[0,0,0,0]",
            change={"conv.weight[0,0,0,0]": 2.0},
        ),
        Question(
            "explain",
            "How does the gradient of the first weight, {grad.conv.weight[0,0,0,0]}, come about? Choose it on Explain.",
            "At each of the {places:.0f} places, the gradient of the map there times the pixel that the weight meets "
            "there. The gradient of the weight is the sum of these products.",
            where="grad.conv.weight[0,0,0,0]",
            on="Explain",
        ),
        Question(
            "explain",
            "A layer without shared weights, from all pixels to all numbers of the map, would have {dense:.0f} "
            "weights. Why may a filter do with {shared:.0f}?",
            "A number of the map reads only the pixels nearby, and an edge is the same thing wherever it lies. So all "
            "places use the same weights, and every place teaches them.",
            where="conv.weight[0,0,0,0]",
        ),
    ],
    misconceptions=[
        Misconception(
            "Each place of the picture has weights of its own, {apart:.0f} in all.",
            "grad.conv.weight[0,0,0,0]",
            "There are {shared:.0f}, shared by all places. That is why the gradient of each is a sum over "
            "{places:.0f} places.",
        ),
        Misconception(
            "An empty pixel, which is 0, has no gradient.",
            "grad.picture[0,0,1,1]",
            "Its gradient does not contain its own value. It says what would happen if there were a little ink.",
        ),
        Misconception(
            "A filter is made by hand, to find edges.",
            LOSS_AFTER_THE_STEP,
            "It begins with any numbers, and learns. After one step the loss has fallen from {loss} to this number, "
            "and the filter is closer to one that finds edges.",
        ),
    ],
    glossary={
        "filter, kernel": "The small table of weights that is laid on the picture, place after place.",
        "convolution": "At every place, the weighted sum of the pixels under the filter.",
        "map": "The results of all places, as a picture: also called feature map.",
        "shared weights": "The same weights at every place. Their gradient is the sum of what each place gives.",
    },
)
