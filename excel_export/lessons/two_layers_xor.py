"""Lesson 2 with a task that one layer cannot learn: exclusive or, trained in the workbook."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from excel_export.authoring import LearningRates, Training
from excel_export.lessons.lesson import Network, descent, read_lesson
from excel_export.lessons.lesson_places import at_training_step, styled
from excel_export.lessons.two_layers import layer

STEPS = 40
"""The steps at each rate."""
RATE = 3.0
"""The rate of the training."""
RATES = (0.5, 3, 8)
"""The rates that are compared."""


class Xor(nn.Module):
    """A 2-2-1 network: Xor()(x, target) is the cross-entropy, a mean over all cases."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layer([[0.1, -0.5], [0.4, -0.2]], [-0.4, 0.4])
        self.output = layer([[0.5, -0.6]], [-0.4])
        self.tensor_names = {"tanh": "h", "output": "score"}

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """Return the mean cross-entropy, a scalar, for inputs (N, 2) and targets (N, 1) of 0 or 1."""
        h = torch.tanh(self.hidden(x))
        return nn.functional.binary_cross_entropy_with_logits(self.output(h), target)


CASES = {
    "x": torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]),
    "target": torch.tensor([[0.0], [1.0], [1.0], [0.0]]),
}
"""All four cases, which each step takes together."""


def xor() -> Network:
    """Return (Xor(), {'x': tensor (4, 2), 'target': tensor (4, 1)}): untrained, with all four cases."""
    return Xor(), CASES


def trained(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the loss at each step of SGD for each rate of `RATES`, {'loss_1_at_0.5': …, …, 'even': …}, as scalars.

    'loss_1_at_0.5' is the loss before the first step with the rate 0.5, 'even' that if the answer were ½ in every case.
    `module` is left as it is; `inputs` are its 'x' and 'target'.
    """
    found = {}
    for rate in RATES:
        for step, (_, loss) in enumerate(descent(module, inputs, STEPS - 1, rate), start=1):
            found[f"loss_{step}_at_{rate:g}"] = loss
    half = torch.full_like(inputs["target"], 0.5)
    even = nn.functional.binary_cross_entropy(half, inputs["target"])
    return found | {"even": even}


LESSON = read_lesson(
    __file__,
    make=xor,
    cells={
        "the loss at step 10": at_training_step(10),
        "the loss at step 40": at_training_step(STEPS),
        "the last loss": styled("Training", "fine_loss"),
    },
    learning_rate=RATE,
    training=Training([CASES], STEPS, RATE, rules=["SGD"]),
    rates=LearningRates(RATES, steps=STEPS, bounds=(0.01, 10)),
    also=trained,
)
