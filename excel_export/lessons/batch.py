"""Lesson 6: a batch of four examples, a fifth that is held out, and overfitting."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from excel_export.authoring import Training
from excel_export.lessons.lesson import Network, descent, read_lesson
from excel_export.lessons.lesson_places import at_training_step, indexed

RATE = 0.3
"""The learning rate of the training."""
SLOWER = 0.1
"""A rate that a question asks to try."""
STEPS = 40
BEST = 6
"""The step with the lowest held-out loss."""
X, TARGETS = (-1.0, -0.5, 0.5, 1.0), (-0.5, -0.9, 0.8, 0.6)
HELD_OUT = {"x": torch.tensor([[1.25]]), "target": torch.tensor([[1.25]])}
"""The example that no step takes."""
TEXT = (
    "Each step moves w and v a little against the gradient of the loss on the batch of four examples. The "
    "fifth example is held out: its loss is shown but not used for learning. Change the learning rate, and all "
    "steps are recomputed."
)


class BentLine(nn.Module):
    """y = w·x + v·x³, a straight line with a bend: BentLine()(x, target) is the mean of the squared errors."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, 2, dtype=torch.float64))
        self.tensor_names = {
            "weight": "w, v", "pow_1": "x³", "cat": "x, x³", "linear": "y", "sub": "error", "square": "squared error",
        }  # fmt: skip

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """Return the mean squared error, a scalar, for inputs and targets of shape (N, 1)."""
        # As one product, so that a sheet of the story shows the gradient of w example by example.
        y = F.linear(torch.cat([x, x**3], dim=1), self.weight)
        error = y - target
        return torch.square(error).mean()


def batch() -> Network:
    """Return (BentLine(), {'x': tensor (4, 1), 'target': tensor (4, 1)}): four points near the line y = x."""
    return BentLine(), {
        "x": torch.tensor(X, dtype=torch.float64)[:, None],
        "target": torch.tensor(TARGETS, dtype=torch.float64)[:, None],
    }


def alone_and_trained(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return numbers for the lesson's texts, each a float64 scalar but 'best_step', a whole number.

    Args:
        module: a float64 `BentLine`; its gradients are overwritten.
        inputs: 'x' and 'target', (N, 1) each.

    Returns:
        'alone_1' to 'alone_N': the gradient of w by the loss of that example alone. Of a training with the rate `RATE`:
            'best_step', the step from 1 on at which the held-out loss is least, 'best', that loss, and 'last' and
            'held_last', both losses at the last step. 'slow_best_step' and so on: the same with the rate `SLOWER`.
    """
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
    """Return two tensors (STEPS,): the losses of the batch, and of the held-out example, before each step of SGD.

    The module is left as it is: a copy is trained. `inputs` are the batch, `rate` is the learning rate.
    """
    held_out = {name: tensor.double() for name, tensor in HELD_OUT.items()}
    each = [(loss, now(**held_out).detach()) for now, loss in descent(module, inputs, STEPS - 1, rate)]
    losses, held = map(torch.stack, zip(*each, strict=True))
    return losses, held


LESSON = read_lesson(
    __file__,
    make=batch,
    cells={
        "the lowest held-out loss": at_training_step(BEST, "held_out"),
        "the last held-out loss": at_training_step(STEPS, "held_out"),
        "the held-out target": indexed("target", "held out 1", 0, 0),
    },
    learning_rate=RATE,
    training=Training(
        [batch()[1]], STEPS, RATE, held_out=[HELD_OUT], rules=["SGD"], title="40 steps on the batch", text=TEXT
    ),
    also=alone_and_trained,
)
