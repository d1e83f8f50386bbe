"""Lesson 2, with a task that one layer cannot learn: exclusive or, learned live."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from excel_export.authoring import LearningRates, Training
from excel_export.lessons.lesson import Lesson, Misconception, Network, Question
from excel_export.lessons.locators import at_training_step, styled
from excel_export.lessons.two_layers import layer

STEPS, RATE, RATES = 40, 3.0, (0.5, 3, 8)


class Xor(nn.Module):
    """A 2-2-1 network, and the cross-entropy of its answers, a mean over all cases."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layer([[0.1, -0.5], [0.4, -0.2]], [-0.4, 0.4])
        self.output = layer([[0.5, -0.6]], [-0.4])
        self.tensor_names = {"tanh": "h", "output": "score"}

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, for inputs (N, 2) and targets (N, 1) of 0 or 1."""
        h = torch.tanh(self.hidden(x))
        return nn.functional.binary_cross_entropy_with_logits(self.output(h), target)


CASES = {
    "x": torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]),
    "target": torch.tensor([[0.0], [1.0], [1.0], [0.0]]),
}
"""All four cases; a step takes them together."""


def xor() -> Network:
    """The network at its beginning, with all four cases."""
    return Xor(), CASES


def trained(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Train it as PyTorch does, at each rate; what is shown last is the loss before the last step."""
    found = {}
    for rate in RATES:
        learner = copy.deepcopy(module)
        optimizer = torch.optim.SGD(learner.parameters(), rate)
        for step in range(1, STEPS + 1):
            optimizer.zero_grad()
            loss = learner(**inputs)
            loss.backward()
            optimizer.step()
            if step in (10, STEPS):
                found[f"loss_{step}_at_{rate:g}"] = loss.detach()
    half = torch.full_like(inputs["target"], 0.5)
    even = nn.functional.binary_cross_entropy(half, inputs["target"])
    return found | {"even": even}


LESSON = Lesson(
    name="two-layers-xor",
    number=2,
    title="Two layers learn exclusive or",
    make=xor,
    learning_rate=RATE,
    minutes=40,
    before=("lesson 2: two layers", "exclusive or: one of two, but not both"),
    training=Training([CASES], STEPS, RATE, rules=["SGD"]),
    rates=LearningRates(RATES, steps=STEPS, bounds=(0.01, 10)),
    also=trained,
    questions=[
        Question(
            "predict",
            "Draw the four cases as points of a plane, x₁ to the right and x₂ upwards. Mark where the target is 1. "
            "Can one straight line part the marked points from the others?",
            "No: the marked points lie at opposite corners. One neuron parts a plane by a straight line, so one layer "
            "cannot learn this.",
            where="x[0,0]",
        ),
        Question(
            "predict",
            "A network that answers one half in all cases has the loss {even:.4f}. Is this one better before its "
            "first step?",
            "No. Its loss is {loss:.4f}: its weights are some numbers that nobody has chosen well.",
            where="loss",
        ),
        Question(
            "change",
            "On Training, set the learning rate to 0.5. What is the loss at step 40? Then set it to 3 again.",
            "{loss_40_at_0.5:.4f}, instead of {loss_40_at_3:.4f}: each step is shorter, so it has not come as far.",
            where=at_training_step(40),
            step="loss",
        ),
        Question(
            "change",
            "Both hidden neurons are now the same. Compare their gradients. Can they ever become different?",
            "No. The weights of both have the gradients {grad.hidden.weight[1,0]:.4f} and "
            "{grad.hidden.weight[1,1]:.4f}, so after every step they are the same again, and do the work of one. That "
            "is why weights begin at random.",
            where="grad.hidden.weight[1,0]",
            change={
                "hidden.weight[1,0]": 0.1,
                "hidden.weight[1,1]": -0.5,
                "hidden.bias[1]": -0.4,
                "output.weight[0,1]": 0.5,
            },
        ),
        Question(
            "explain",
            "For about ten steps, the loss stays near {even:.2f}; then it falls fast. Why is it slow at first?",
            "At first the hidden neurons do not tell the cases apart, so the best that the output can do is one half. "
            "The gradients of the four cases almost cancel each other. Only when the neurons differ has the output "
            "something to work with.",
            where=at_training_step(10),
            step="loss",
        ),
    ],
    misconceptions=[
        Misconception(
            "A larger learning rate learns faster.",
            styled("Training", "fine_loss"),
            "At the rate 8, the loss is {loss_40_at_8:.4f} at step 40, more than the {loss:.4f} at the beginning: "
            "each step jumps over the valley.",
        ),
        Misconception(
            "A loss that hardly falls shows that the network cannot learn more.",
            at_training_step(STEPS),
            "At step 10 it has come from {loss:.4f} to {loss_10_at_3:.4f} only. At step 40 it is {loss_40_at_3:.4f}.",
        ),
        Misconception(
            "The case 0, 0 teaches nothing, as its inputs are 0.",
            "grad.tanh[0,0]",
            "Its answer has an error like the others, and the gradient comes to the hidden neurons, and to their "
            "biases. Only the weights that multiply a 0 gain nothing from it.",
        ),
    ],
    glossary={
        "exclusive or": "1 where one of two inputs is 1, and 0 where none or both are.",
        "cross-entropy": "The loss −ln p, where p is the probability that the network gives to the truth.",
        "symmetry": "Neurons with the same numbers get the same gradients, and stay the same.",
    },
)
