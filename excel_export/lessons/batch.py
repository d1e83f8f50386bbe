"""Lesson 6: a batch of four examples, a fifth that is held out, and overfitting."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from excel_export.authoring import Training
from excel_export.lessons.lesson import Lesson, Misconception, Network, Question
from excel_export.lessons.locators import at_training_step, indexed

RATE, SLOWER, STEPS = 0.3, 0.1, 40
BEST = 6
"""The step with the lowest held-out loss."""
X, TARGETS = (-1.0, -0.5, 0.5, 1.0), (-0.5, -0.9, 0.8, 0.6)
HELD_OUT = {"x": torch.tensor([[1.25]]), "target": torch.tensor([[1.25]])}
TEXT = (
    "Each step takes the batch of four examples, and moves w and v a little against the gradient of its loss. The "
    "fifth example is held out: its loss is shown, but no step learns from it. Change the learning rate, and all steps "
    "are computed anew."
)


class Curve(nn.Module):
    """y = w·x + v·x³: a straight line, and a bend. The loss is the mean of the squared errors."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, 2, dtype=torch.float64))
        self.tensor_names = {
            "weight": "w, v", "pow_1": "x³", "cat": "x, x³", "linear": "y", "sub": "error", "square": "squared error",
        }  # fmt: skip

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, for inputs and targets of shape (N, 1)."""
        # As one product, so that Explain shows the gradient of w example by example.
        y = F.linear(torch.cat([x, x**3], dim=1), self.weight)
        error = y - target
        return torch.square(error).mean()


def batch() -> Network:
    """Four points that were measured: a straight line, y = x, and errors of measurement."""
    return Curve(), {
        "x": torch.tensor(X, dtype=torch.float64)[:, None],
        "target": torch.tensor(TARGETS, dtype=torch.float64)[:, None],
    }


def alone_and_trained(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The gradient of w for each example alone; and the losses of two trainings, as PyTorch trains."""
    found = {}
    for number in range(len(X)):
        module.zero_grad()
        module(**{name: tensor[number : number + 1] for name, tensor in inputs.items()}).backward()
        found[f"alone_{number + 1}"] = module.weight.grad[0, 0].clone()  # type: ignore[index]
    module.zero_grad()
    for name, rate in (("", RATE), ("slow_", SLOWER)):
        losses, held = losses_of_a_training(module, inputs, rate)
        best = int(held.argmin())
        found |= {f"{name}best_step": torch.tensor(best + 1), f"{name}best": held[best]}
        found |= {f"{name}last": losses[-1], f"{name}held_last": held[-1]}
    return found


def losses_of_a_training(module: nn.Module, inputs: Mapping[str, Tensor], rate: float) -> tuple[Tensor, Tensor]:
    """The loss of the batch and that of the held-out example before each step of plain SGD."""
    module = copy.deepcopy(module)
    optimizer = torch.optim.SGD(module.parameters(), rate)
    losses, held = [], []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = module(**inputs)
        loss.backward()
        losses.append(loss.detach())
        held.append(module(**{name: tensor.double() for name, tensor in HELD_OUT.items()}).detach())
        optimizer.step()
    return torch.stack(losses), torch.stack(held)


LESSON = Lesson(
    name="batch",
    number=6,
    title="A batch, and an example that is held out",
    make=batch,
    learning_rate=RATE,
    training=Training(
        [batch()[1]], STEPS, RATE, held_out=[HELD_OUT], rules=["SGD"], title="40 steps on the batch", text=TEXT
    ),
    also=alone_and_trained,
    minutes=40,
    before=("what a gradient is (lesson 1)", "what a step of learning does"),
    questions=[
        Question(
            "predict",
            "The network computes y = w·x + v·x³; the sheets call both weights 'w, v'. At first they are 0, so every y "
            "is 0, and each error is −target. For one example alone, the gradient of w is 2·error·x. Compute it for "
            "all four. What is the gradient for the batch, whose loss is the mean?",
            "{alone_1}, {alone_2}, {alone_3} and {alone_4}. The gradient of a mean is the mean of the gradients: "
            "{grad.weight[0, 0]}. On Explain, each of the four terms is a quarter of these.",
            where="grad.weight[0, 0]",
            on="Explain",
        ),
        Question(
            "predict",
            "The batch holds every example twice, eight in all. Is the gradient of w twice as large?",
            "No. Eight terms are added, but the sum is divided by 8: it is {grad.weight[0, 0]} as before. A larger "
            "batch makes no longer steps. If its examples differ, the mean is less at the mercy of each.",
            where="grad.weight[0, 0]",
        ),
        Question(
            "change",
            "The last target was measured badly. What is the gradient of w now? By how much does it change, and by how "
            "much does the gradient of this example alone?",
            "It is {grad.weight[0, 0]}. Alone, the last example now has {alone_4}. Of its change, a quarter reaches "
            "the mean, as there are four examples.",
            where="grad.weight[0, 0]",
            change={"target[3, 0]": 3.0},
        ),
        Question(
            "change",
            f"On Training: at which step is the held-out loss lowest? Set the learning rate to {SLOWER}. At which step "
            f"now? Then set it to {RATE} again.",
            f"At step {{best_step:.0f}}: it is {{best}}. With {SLOWER}, at step {{slow_best_step:.0f}}. Each time the "
            "loss of the batch falls further, and the held-out loss rises.",
            where=at_training_step(BEST, "held_out"),
            step="loss",
        ),
        Question(
            "explain",
            "The points come from a straight line, y = x, and each was measured with an error. Why does the held-out "
            "loss rise while the loss of the batch falls?",
            "First w learns the line, which also holds for the fifth point. Then v bends the curve to pass nearer to "
            "the four points, errors included. The fifth point lies on the line, not on "
            "this bend. This is overfitting.",
            where=at_training_step(STEPS, "held_out"),
            step="loss",
        ),
        Question(
            "explain",
            "You stop at the step with the lowest held-out loss. Why is that loss too good to be an honest measure?",
            "You chose the step by it, the best of all. Other points would have another best step. For an honest "
            "measure, take examples that neither learning nor choosing has seen: a test set.",
            where=at_training_step(BEST, "held_out"),
            step="loss",
        ),
    ],
    misconceptions=[
        Misconception(
            "The lower the loss, the better the network.",
            at_training_step(STEPS, "held_out"),
            f"At step {STEPS} the loss of the batch is at its lowest, {{last}}. The held-out loss is {{held_last}}, "
            "but it was {best} at step {best_step:.0f}.",
        ),
        Misconception(
            "The gradient for a batch is the sum over its examples, so a larger batch learns faster.",
            "grad.weight[0, 0]",
            "The loss is a mean, so the gradient is a mean: {grad.weight[0, 0]}. The sum would be four times as large.",
        ),
        Misconception(
            "The network also learns from the held-out example.",
            indexed("target", "held out 1", 0, 0),
            "No gradient contains this target. Type another: the held-out loss changes, the loss of the batch does "
            "not.",
        ),
    ],
    glossary={
        "batch": "The examples that one step takes together. Its loss is the mean of theirs.",
        "held out": "Kept apart: its loss is computed, but no step learns from it.",
        "overfitting": "Learning what holds for the training examples only, such as errors of measurement.",
        "test set": "Examples that are used once, at the very end, to measure how good a network is.",
    },
)
