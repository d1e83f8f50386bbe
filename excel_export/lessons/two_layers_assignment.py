"""Lesson 2, as the assignment that many courses set: backpropagation in a spreadsheet, one row a step."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from excel_export.authoring import LearningRates
from excel_export.lessons import hand_in_sheet, one_row_a_step_sheet
from excel_export.lessons.lesson import Lesson, Misconception, Network, Question
from excel_export.lessons.locators import styled
from excel_export.lessons.two_layers import layer
from excel_export.sheets.training import learning_rates

RATE, RATES, STEPS_OF_RATES = 0.5, (0.1, 0.2, 0.5, 0.8, 1.0, 2.0), 60
LARGE, FAR_TOO_LARGE = 100.0, 1000.0


class Assignment(nn.Module):
    """The 2-2-2 network of the assignment: sigmoids, and no biases."""

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
    """The network with its inputs and targets."""
    inputs = {
        "i": torch.tensor([0.05, 0.10], dtype=torch.float64), "t": torch.tensor([0.01, 0.99], dtype=torch.float64),
    }  # fmt: skip
    return Assignment(), inputs


def trained(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """E_total as PyTorch's plain steps lower it, at each rate; and each way from the first hidden neuron to it."""
    found = {}
    for rate in (*RATES, LARGE, FAR_TOO_LARGE):
        learner = copy.deepcopy(module)
        optimizer = torch.optim.SGD(learner.parameters(), rate)
        for step in range(1, STEPS_OF_RATES + 1):
            optimizer.zero_grad()
            loss = learner(**inputs)
            found[f"loss_{step}_at_{rate:g}"] = loss.detach()
            loss.backward()
            optimizer.step()
    assert isinstance(module, Assignment)
    a_o = torch.sigmoid(module.output(torch.sigmoid(module.hidden(inputs["i"]))))
    slopes = (a_o - inputs["t"]) * a_o * (1 - a_o)
    return found | {"way": slopes * module.output.weight[:, 0]}


LAST_AT_THE_LAST_RATE = styled(learning_rates.NAME, "fine_loss")
RATES_IN_WORDS = (
    f"The same network takes {STEPS_OF_RATES} steps from the same weights at six learning rates. The smallest crawls. "
    f"Change the yellow rates, {FAR_TOO_LARGE:g} for the last, say: one step goes past the targets, to where the "
    "sigmoid is flat, and from there nothing more is learned."
)

LESSON = Lesson(
    name="two-layers-assignment",
    number=2,
    title="Two layers by hand, one row a step",
    make=assignment,
    learning_rate=RATE,
    minutes=60,
    before=("lesson 2: two layers", "how a formula is copied down in a spreadsheet, and what $ in it does"),
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
    questions=[
        Question(
            "predict",
            "Compute h1 = w1·i1 + w2·i2 = {hidden.weight[0,0]}·{i[0]} + {hidden.weight[0,1]}·{i[1]}. Is a_h1, its "
            "sigmoid, below or above one half?",
            "h1 is {hidden[0]}. It is above zero, so a_h1 is above one half: {sigmoid[0]:.6f}.",
            where="hidden[0]",
        ),
        Question(
            "predict",
            "The outputs are {sigmoid_1[0]} and {sigmoid_1[1]}, the targets {t[0]} and {t[1]}. Which of the eight "
            "weights will a step make smaller, and which larger?",
            "The first output is too large: w5 and w6, which lead to it, become smaller. The second is too small: w7 "
            "and w8 become larger. w1 to w4 act on both outputs. Their gradients are above zero, so they become "
            "smaller.",
            where="grad.output.weight[0,0]",
        ),
        Question(
            "change",
            "This is the variant with other targets. What are the signs of the gradients of w7 and w8 now, and why?",
            "They are above zero now: {grad.output.weight[1,0]:.6f} and {grad.output.weight[1,1]:.6f}. The second "
            "output, {sigmoid_1[1]}, lies above its new target, so it must fall as well. E_total is {loss:.6f}.",
            where="grad.output.weight[1,0]",
            change={"t[0]": 0.5, "t[1]": 0.5},
        ),
        Question(
            "change",
            "On Start, set the learning rate to 2. What is E_total at step 40 on the sheet One row a step? Then set it "
            "to 0.5 again.",
            "With 2 it is {loss_40_at_2:.6f} at step 40, and with 0.5 it is {loss_40_at_0.5:.6f}. All forty rows are "
            "computed anew, since each takes the rate from one cell, whose address has $ in it.",
            where=one_row_a_step_sheet.at("E_total", 40),
            step="after.output.weight[0,0]",
        ),
        Question(
            "explain",
            "The gradient of w5 is more than 300 times as large as that of w1. Which factors make that of w1 so small?",
            "Three. Its input i1 is only {i[0]}, while w5 has a_h1 = {sigmoid[0]}. Its sigmoid has the slope 0.25. And "
            "the two ways from a_h1 to E_total almost cancel: {way[0]:.4f} through the first output, {way[1]:.4f} "
            "through the second, together {grad.sigmoid[0]:.4f}.",
            where="grad.hidden.weight[0,0]",
        ),
        Question(
            "explain",
            "Somebody builds such a table with one slip in it, a_h2 where a_h1 belongs. E_total falls from row to row "
            "all the same. Why?",
            "The two are {sigmoid[0]:.4f} and {sigmoid[1]:.4f}: the gradient is wrong by less than one percent, and a "
            "step still goes about the right way. So a falling loss proves nothing. Nudge a weight and compare the "
            "slopes, or have the sheet checked.",
            where="grad.output.weight[0,0]",
            on="Nudge",
        ),
    ],
    misconceptions=[
        Misconception(
            "w1 acts on the first output only.",
            "grad.sigmoid[0]",
            "w1 leads to a_h1, and a_h1 to both outputs. So its gradient is a sum over two ways.",
        ),
        Misconception(
            "All weights learn at the same pace.",
            "after.hidden.weight[0,0]",
            "A step moves each by its own gradient. Here, w1 moves from {hidden.weight[0,0]} to "
            "{after.hidden.weight[0,0]:.5f}, and w5 from {output.weight[0,0]} to {after.output.weight[0,0]:.5f}.",
        ),
        Misconception(
            "The larger the learning rate, the closer to 0 is E_total in the end.",
            LAST_AT_THE_LAST_RATE,
            f"Of these six rates, the largest is the best. But type {LARGE:g} as the last rate on Learning rates: "
            f"E_total ends at {{loss_{STEPS_OF_RATES}_at_{LARGE:g}:.6f}}. With {FAR_TOO_LARGE:g} it ends at "
            f"{{loss_{STEPS_OF_RATES}_at_{FAR_TOO_LARGE:g}:.6f}}, and no step makes it smaller: the first one took "
            "both outputs past their targets, to about 0 and 1, where the sigmoid is flat and its slope almost 0.",
        ),
    ],
    glossary={
        "w1 … w8": "The weights, row by row: w1 to w4 of the hidden layer, then w5 to w8 of the output.",
        "h, o": "What goes into a neuron's sigmoid: the weighted sum of its inputs.",
        "a_h, a_o": "What comes out of it, its activation.",
        "E_total": "The loss: half the squared error of each output, added up.",
        "η": "The learning rate: how much of its gradient a step subtracts from a weight.",
    },
    shows=["Update", "Nudge"],
)
