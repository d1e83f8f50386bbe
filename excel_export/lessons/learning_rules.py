"""Lesson 7: plain steps, momentum, weight decay and Adam in the same narrow valley."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from excel_export.authoring import LearningRates
from excel_export.lessons import valley_sheet
from excel_export.lessons.lesson import Lesson, Misconception, Network, Question
from excel_export.lessons.locators import indexed
from excel_export.sheets.training.learning_rates import each_step_at

START, BOTTOM, STEEP = (-1.0, 2.0), (3.0, 1.0), 50.0
STEPS, RATE, RATE_OF_ADAM, TOO_LARGE = 40, 0.03, 0.3, 0.041
MOMENTUM, MORE_MOMENTUM, DECAY = 0.8, 0.95, 0.5
TEXT = (
    "Four learning rules start at the same place in the same valley, and none knows where the bottom is: each sees the "
    "gradient where it stands. Along x the valley is flat, along y it is steep. Change a yellow cell, and all steps "
    "are computed anew."
)


class Valley(nn.Module):
    """loss = ((x − 3)² + steep·(y − 1)²) / 2: its bottom is at x = 3, y = 1."""

    def __init__(self) -> None:
        super().__init__()
        self.x = nn.Parameter(torch.tensor(START[0], dtype=torch.float64))
        self.y = nn.Parameter(torch.tensor(START[1], dtype=torch.float64))
        self.tensor_names = {
            "sub": "x − 3", "square": "(x − 3)²", "sub_1": "y − 1", "square_1": "(y − 1)²",
            "mul": "steep·(y − 1)²", "add": "sum",
        }  # fmt: skip

    def forward(self, steep: Tensor) -> Tensor:
        """Return the loss, a scalar; `steep` is a scalar."""
        flat_part = torch.square(self.x - BOTTOM[0])
        steep_part = steep * torch.square(self.y - BOTTOM[1])
        return (flat_part + steep_part) / 2


def valley() -> Network:
    """A valley that is 50 times as steep across as along."""
    return Valley(), {"steep": torch.tensor(STEEP)}


def descents(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Where PyTorch's own optimizers stand after the first step and after the last, and their loss there."""
    optimizers: dict[str, tuple[Callable[..., torch.optim.Optimizer], dict[str, float]]] = {
        "plain": (torch.optim.SGD, {"lr": RATE}),
        "momentum": (torch.optim.SGD, {"lr": RATE, "momentum": MOMENTUM}),
        "more": (torch.optim.SGD, {"lr": RATE, "momentum": MORE_MOMENTUM}),
        "decay": (torch.optim.SGD, {"lr": RATE, "weight_decay": DECAY}),
        "adam": (torch.optim.Adam, {"lr": RATE_OF_ADAM}),
        "too_large": (torch.optim.SGD, {"lr": TOO_LARGE}),
    }
    found: dict[str, Tensor] = {}
    for name, (kind, numbers) in optimizers.items():
        here = Valley()
        optimizer = kind(here.parameters(), **numbers)
        for step in range(STEPS):
            optimizer.zero_grad()
            loss = here(**inputs)
            loss.backward()
            found |= {f"{name}_x_last": here.x.detach().clone(), f"{name}_loss_last": loss.detach()}
            optimizer.step()
            if step == 0:
                found |= {f"{name}_x_first": here.x.detach().clone(), f"{name}_y_first": here.y.detach().clone()}
    return found


PLAIN, WITH_MOMENTUM, WITH_DECAY, ADAM = (each_step_at(number) for number in (1, 2, 3, 4))

LESSON = Lesson(
    name="learning-rules",
    number=7,
    title="Learning rules in a narrow valley",
    make=valley,
    learning_rate=RATE,
    rates=LearningRates(
        (
            f"SGD:{RATE}",
            f"momentum:{RATE}:momentum={MOMENTUM}",
            f"SGD:{RATE}:weight_decay={DECAY}",
            f"Adam:{RATE_OF_ADAM}",
        ),
        [valley()[1]],
        STEPS,
        title="Who comes down the valley fastest?",
        then=[valley_sheet.sheet(BOTTOM, STEEP, STEPS)],
        text=TEXT,
    ),
    also=descents,
    minutes=45,
    before=("what a gradient is (lesson 1)", "what the learning rate does (lesson 1)"),
    questions=[
        Question(
            "predict",
            "The gradient of y is 50·(y − 1). So a plain step multiplies the distance y − 1 by 1 − 50·rate. By what is "
            f"it multiplied at the rate {RATE}, and by what is x − 3? At which rate does y no longer come nearer to 1?",
            "y − 1 by −0.5: each step crosses the valley and halves the distance. x − 3 by 0.97: x crawls. At 0.04, y "
            "is multiplied by −1 and swings for ever; above, it swings further and further. The steep side limits the "
            "rate, and the flat side pays.",
            where="grad.y",
        ),
        Question(
            "predict",
            f"Adam divides the gradient by its usual size. How far does its first step move x and y, at the rate "
            f"{RATE_OF_ADAM}? The gradients are {{grad.x}} and {{grad.y}}.",
            f"Both by {RATE_OF_ADAM}: x to {{adam_x_first}}, y to {{adam_y_first}}. At first the usual size is the "
            "size of the gradient itself, so only its sign is left.",
            where=indexed("x", f"parameter {ADAM}", 1),
            step="after.x",
        ),
        Question(
            "change",
            f"On Learning rules, type {TOO_LARGE} as the first learning rate, that of plain SGD. What does its loss "
            f"do? Then type {RATE} again.",
            f"It grows at every step, to {{too_large_loss_last}} at step {STEPS}: y − 1 is multiplied by −1.05 "
            "each time.",
            where=indexed("loss", PLAIN, STEPS - 1),
            step="after.x",
        ),
        Question(
            "change",
            f"On Learning rules, type {MORE_MOMENTUM} as momentum, then 0, then {MOMENTUM} again. How does its "
            "way change?",
            f"With {MORE_MOMENTUM} it overshoots and swings: its loss at step {STEPS} is {{more_loss_last}}, with "
            f"{MOMENTUM} it is {{momentum_loss_last}}. With 0 nothing is remembered, and the column is that of plain "
            "SGD.",
            where=indexed("loss", WITH_MOMENTUM, STEPS - 1),
            on=valley_sheet.NAME,
            step="after.x",
        ),
        Question(
            "explain",
            "Follow both velocities on Rule steps. Why does momentum help along the valley, and not across it?",
            "Across it, the gradient changes its sign every few steps, so the terms of the sum cancel in part. Along "
            "it, the sign stays at first, and the steps add up: to five times the gradient, were it always the same, "
            f"as 1 / (1 − {MOMENTUM}) = 5.",
            where=indexed("x", f"mean of gradients {WITH_MOMENTUM}", 0),
            step="after.x",
        ),
        Question(
            "explain",
            f"With a weight decay of {DECAY}, {DECAY}·x is added to the gradient of x. At which x do these steps come "
            "to rest? And why does y hardly change?",
            f"Where x − 3 + {DECAY}·x = 0, at x = 2 instead of 3; at step {STEPS} it is at {{decay_x_last}}. For y, "
            f"50·(y − 1) + {DECAY}·y = 0 gives 0.99: in a steep direction the pull of the decay is small beside the "
            "gradient.",
            where=indexed("x", f"parameter {WITH_DECAY}", STEPS - 1),
            step="after.x",
        ),
    ],
    misconceptions=[
        Misconception(
            "The gradient points to the bottom, so a plain step goes there.",
            indexed("x", f"parameter {PLAIN}", 1),
            "It goes where the slope is steepest: across the valley. The bottom is 4 to the right. The first step goes "
            "0.12 to the right, to {plain_x_first}, and 1.5 across.",
        ),
        Misconception(
            "Adam is always the best.",
            indexed("loss", ADAM, STEPS - 1),
            f"Here its loss is {{adam_loss_last}} at step {STEPS}, and that of momentum is {{momentum_loss_last}}. "
            "Which rule is best depends on the valley, on the rate and on the number of steps.",
        ),
        Misconception(
            "Weight decay leads to the same bottom, only more slowly.",
            indexed("x", f"parameter {WITH_DECAY}", STEPS - 1),
            "It adds a pull towards 0, so the steps go to another place: x = 2, where the pull and the gradient "
            "balance.",
        ),
    ],
    glossary={
        "SGD": "Plain steps: new number = number − learning rate · gradient.",
        "momentum": "A part of the last step goes on. Its velocity is the gradient, and so much of the velocity "
        "before.",
        "weight decay": "A pull towards 0: a part of the number itself is added to its gradient.",
        "Adam": "It divides the mean of the gradients by their usual size, so each number has a pace of its own.",
        "diverge": "To go further and further away, until nothing is learned.",
    },
)
