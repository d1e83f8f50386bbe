"""The adder as the last lesson of a course: the workbook of the trained slice, with questions."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from excel_export import Story
from excel_export.lessons.lesson import Lesson, Misconception, Network, Question
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


LESSON = Lesson(
    name="adder",
    number=10,
    title="A network that reads a digit and adds a number",
    make=adder,
    learning_rate=LEARNING_RATE,
    minutes=45,
    before=("lessons 1 to 5", "that a test with one picture says little: this network reads most digits well"),
    also=probabilities,
    story=lambda: _arguments()[2],
    questions=[
        Question(
            "predict",
            "Look at the picture on the Lens, step 1. Which two digits could it be? Which of the ten probabilities "
            "will be large?",
            "3 and 5: the network gives the 3 {p[3]:.3f} and the 5 {p[5]:.3f}. All others together have {others:.6f}.",
            where="cross_entropy/probability[0,3]",
            step="pixels",
        ),
        Question(
            "predict",
            "The true digit is 3. Which logit should grow, and which one should fall most? What are their gradients?",
            "The gradient is p − y. The logit of the 3 should grow: {grad.flatten[0,3]:.4f}. That of the 5 should "
            "fall: {grad.flatten[0,5]:.4f}.",
            where="grad.flatten[0,3]",
        ),
        Question(
            "change",
            "The bias of the 5 was {conv6.bias[5]:.2f}, so its logit is larger now. What happens to the probability of "
            "the 3, and to the loss?",
            "It is now {p[3]:.3f}: the 5 has taken it. The network reads a 5, so the sum is wrong, too. The loss has "
            "become {loss:.4f}.",
            where="loss",
            change={"conv6.bias[5]": 4.0},
        ),
        Question(
            "explain",
            "The sum has an error, too. Look at Two heads: why does this error teach the classifier nothing?",
            "The adder reads the digit through arg-max. Nudge a logit a little, and the largest is still the largest: "
            "the sum stays as it is. So every slope of the sum's loss at the logits is 0.",
            where=styled("Two heads", "table_grad", row=3, col=1),
            step="grad.flatten[0,3]",
        ),
    ],
    misconceptions=[
        Misconception(
            "Every error teaches every layer.",
            styled("Two heads", "table_grad", row=3, col=1),
            "Where a step function lies on the way, as arg-max does here, the slope is 0, and nothing passes.",
        ),
        Misconception(
            "A number that ReLU has made 0 gets a smaller gradient.",
            "grad.input1[0,3,2,7]",
            "It gets none. Here {input1[0,3,2,7]:.2f} came in, and ReLU is flat there.",
        ),
        Misconception(
            "A right answer has no loss, so there is nothing to learn.",
            "cross_entropy",
            "It reads the 3 as a 3, but gives it {p[3]:.3f} only. The loss is −ln of that, and its gradient makes it "
            "surer.",
        ),
    ],
    glossary={
        "logits": "The ten scores of the digits, from which softmax makes probabilities.",
        "arg-max": "The place of the largest number. It jumps, so its slope is 0 almost everywhere.",
        "head": "The last part of a network, here the part that adds.",
        "classifier": "The part that reads the digit.",
    },
)
