"""Lesson 3: softmax and cross-entropy, three classes, and where p − y comes from."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from excel_export.lessons import softmax_sheet
from excel_export.lessons.lesson import Lesson, Misconception, Network, Question
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


LESSON = Lesson(
    name="softmax",
    number=3,
    title="Softmax and cross-entropy",
    make=three_classes,
    minutes=45,
    before=("lesson 1: the chain rule", "the exponential function and the logarithm"),
    also=probabilities,
    sheets=[softmax_sheet.SHEET],
    questions=[
        Question(
            "predict",
            "The three scores are {scores[0,0]}, {scores[0,1]} and {scores[0,2]}. Softmax makes probabilities p of "
            "them: e to the power of each, divided by the sum. Which is the largest, and what is the sum of all three, "
            "before a sheet rounds them?",
            "The first: {p[0]}, {p[1]} and {p[2]}. The sum is {sum_of_p}, always.",
            where="cross_entropy/probability[0,0]",
        ),
        Question(
            "predict",
            "The true class is the second, so y = 0, 1, 0. Which sign has the gradient of each score?",
            "It is p − y. Above zero for the first and the third, {grad.scores[0,0]} and {grad.scores[0,2]}: they "
            "must become smaller. Below zero for the second, {grad.scores[0,1]}: it must grow.",
            where="grad.scores[0,1]",
        ),
        Question(
            "change",
            "Each score is now larger by 5. What becomes of the probabilities and of the loss?",
            "They stay as they were: p is {p[0]}, {p[1]} and {p[2]}, and the loss {loss}. Only differences between "
            "scores count: e⁵ is in each term of the fraction, and cancels.",
            where="cross_entropy/probability[0,0]",
            change={"scores.bias[0]": 5.0, "scores.bias[1]": 5.0, "scores.bias[2]": 5.0},
        ),
        Question(
            "change",
            "The first class is now the true one. What are the gradients of the scores?",
            "{grad.scores[0,0]}, {grad.scores[0,1]} and {grad.scores[0,2]}. Only y has changed, so only where the 1 "
            "is taken away. They are small, because the answer is almost right.",
            where="grad.scores[0,0]",
            change={"label[0]": 0},
        ),
        Question(
            "explain",
            "Why is the sum of the three gradients always 0?",
            "The sum of p is 1, and so is the sum of y. So the sum of p − y is 0: what one score gains, the others "
            "lose.",
            where="grad.scores[0,0]",
            on="Derivation",
        ),
        Question(
            "explain",
            "Go through the sheet Derivation. Why do the fractions of the loss, 1/p, not appear in p − y?",
            "The slope of the loss for the true p is −1/p. Each slope of the softmax for this p has p as a factor. In "
            "the product, p cancels. So the gradient is never larger than 1, however small p is.",
            where="cross_entropy/probability[0,1]",
            on="Derivation",
            step="grad.scores[0,0]",
        ),
    ],
    misconceptions=[
        Misconception(
            "Softmax divides each score by the sum of the scores.",
            "cross_entropy/probability[0,0]",
            "That would be {part[0]} for the first class. Softmax takes e to the power of each first: {p[0]}. So "
            "scores may be below zero, too.",
        ),
        Misconception(
            "Only the score of the true class has a gradient.",
            "grad.scores[0,0]",
            "The others have p, as they take part in the sum: the loss falls when they become smaller.",
        ),
        Misconception(
            "A loss is between 0 and 1, like a probability.",
            "loss",
            "It is −ln p of the true class. With p = {p[1]} it is {loss}; near p = 0 it grows without end.",
        ),
    ],
    glossary={
        "score, logit": "The number that a network gives a class before softmax: any number.",
        "softmax": "Makes probabilities of scores: pₖ = exp(zₖ) / Σⱼ exp(zⱼ).",
        "label": "The true class. Counted from 0: {@label[0]} holds {label[0]}, the second.",
        "y": "The label as a list: 1 for the true class, 0 for the others. Also called one-hot.",
        "cross-entropy": "The loss −ln p of the true class.",
    },
)
