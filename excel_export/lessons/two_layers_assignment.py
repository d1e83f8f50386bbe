"""Lesson 2 as an assignment of many courses: backpropagation in a spreadsheet, one row a step."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from excel_export.authoring import LearningRates
from excel_export.lessons import hand_in_sheet, one_row_a_step_sheet
from excel_export.lessons.lesson import Network, descent, read_lesson
from excel_export.lessons.lesson_places import styled
from excel_export.lessons.two_layers import layer
from excel_export.sheets.training import learning_rates

RATE = 0.5
RATES = (0.1, 0.2, 0.5, 0.8, 1.0, 2.0)
STEPS_OF_RATES = 60
"""The steps at each of RATES."""
LARGE = 100.0
FAR_TOO_LARGE = 1000.0
"""A rate at which one step leads to where the sigmoid is flat."""


class Assignment(nn.Module):
    """A 2-2-2 network with sigmoids and no biases, to be computed by hand: Assignment()(i, t) is E_total."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layer([[0.15, 0.20], [0.25, 0.30]])
        self.output = layer([[0.40, 0.45], [0.50, 0.55]])
        self.tensor_names = {
            "hidden": "h", "sigmoid": "a_h", "output": "o", "sigmoid_1": "a_o", "sub": "t − a_o",
            "square": "(t − a_o)²", "mul": "E", "sum_1": "E_total",
        }  # fmt: skip

    def forward(self, i: Tensor, t: Tensor) -> Tensor:
        """Return E_total, half the sum of the squared errors, for inputs (2,) and targets (2,)."""
        a_h = torch.sigmoid(self.hidden(i))
        a_o = torch.sigmoid(self.output(a_h))
        return (0.5 * torch.square(t - a_o)).sum()


def assignment() -> Network:
    """Return (Assignment(), {'i': tensor (2,), 't': tensor (2,)}), the network with its inputs and targets."""
    inputs = {
        "i": torch.tensor([0.05, 0.10], dtype=torch.float64), "t": torch.tensor([0.01, 0.99], dtype=torch.float64),
    }  # fmt: skip
    return Assignment(), inputs


def trained(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the losses of trainings by SGD, and the two terms of a gradient, as tensors by name.

    `module` is a float64 `Assignment`, which stays as it is; `inputs` are its 'i' and 't'.

    Returns:
        'loss_1_at_0.1': the loss before step 1 with the rate 0.1, and so on for `STEPS_OF_RATES` steps and each rate;
        'way': the shares of the two outputs in the gradient of the first hidden unit's result, (2,).
    """
    found = {}
    for rate in (*RATES, LARGE, FAR_TOO_LARGE):
        for step, (_, loss) in enumerate(descent(module, inputs, STEPS_OF_RATES - 1, rate), start=1):
            found[f"loss_{step}_at_{rate:g}"] = loss
    assert isinstance(module, Assignment)
    a_o = torch.sigmoid(module.output(torch.sigmoid(module.hidden(inputs["i"]))))
    slopes = (a_o - inputs["t"]) * a_o * (1 - a_o)
    return found | {"way": slopes * module.output.weight[:, 0]}


RATES_IN_WORDS = (
    f"The same network takes {STEPS_OF_RATES} steps from the same weights at each of six learning rates. At the lowest "
    f"rate, it learns slowly. Try other rates in the yellow cells: at {FAR_TOO_LARGE:g}, for example, one "
    "step drives the outputs past the targets into the flat part of the sigmoid, and learning stops."
)

LESSON = read_lesson(
    __file__,
    make=assignment,
    cells={
        "E_total at step 40": one_row_a_step_sheet.at("E_total", 40),
        "the last loss at the last rate": styled(learning_rates.NAME, "fine_loss"),
    },
    learning_rate=RATE,
    rates=LearningRates(
        RATES,
        [assignment()[1]],
        STEPS_OF_RATES,
        text=RATES_IN_WORDS,
        bounds=(0.0, 0.3),
        chart_title="E_total at six learning rates",
        y_title="E_total",
        then=[one_row_a_step_sheet.SHEET, hand_in_sheet.sheet(len(RATES), STEPS_OF_RATES)],
    ),
    also=trained,
    shows=["Update", "Nudge"],
)
