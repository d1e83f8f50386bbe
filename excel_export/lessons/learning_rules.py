"""Lesson 7: plain steps, momentum, weight decay and Adam in the same narrow valley."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from excel_export.authoring import LearningRates
from excel_export.lessons import valley_sheet
from excel_export.lessons.lesson import Network, descent, read_lesson
from excel_export.lessons.lesson_places import indexed
from excel_export.sheets.training.learning_rates import each_step_at

START, BOTTOM, STEEP = (-1.0, 2.0), (3.0, 1.0), 50.0
STEPS = 40
"""The steps of each rule."""
RATE = 0.03
"""The rate of all rules but Adam."""
RATE_OF_ADAM = 0.3
"""The rate of Adam."""
TOO_LARGE = 0.041
"""A rate at which SGD climbs the steep side."""
MOMENTUM, MORE_MOMENTUM, DECAY = 0.8, 0.95, 0.5
TEXT = (
    "Four learning rules start at the same point in the same valley. None knows where the bottom is, only the "
    "gradient at its current point. The valley is flat along x and steep along y. Change a yellow cell, and all steps "
    "are recomputed."
)


class Valley(nn.Module):
    """A module without an input to learn from: Valley()(torch.tensor(50.0)) is ((x − 3)² + 50·(y − 1)²) / 2, a scalar.

    Its parameters are x and y, which start at `START`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.x = nn.Parameter(torch.tensor(START[0], dtype=torch.float64))
        self.y = nn.Parameter(torch.tensor(START[1], dtype=torch.float64))
        self.tensor_names = {
            "sub": "x − 3", "square": "(x − 3)²", "sub_1": "y − 1", "square_1": "(y − 1)²",
            "mul": "steep·(y − 1)²", "add": "sum",
        }  # fmt: skip

    def forward(self, steep: Tensor) -> Tensor:
        """Return the loss, ((x − 3)² + steep · (y − 1)²) / 2, a scalar; `steep` is a scalar, 50."""
        flat_part = torch.square(self.x - BOTTOM[0])
        steep_part = steep * torch.square(self.y - BOTTOM[1])
        return (flat_part + steep_part) / 2


def valley() -> Network:
    """Return a valley that is 50 times as steep across as along, and its inputs: {'steep': tensor(50.0)}."""
    return Valley(), {"steep": torch.tensor(STEEP)}


def descents(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return x, y and the loss on the ways of six trainings from `START`, each of STEPS − 1 steps, as scalars by name.

    Args:
        module: not used; the trainings start from a new `Valley`.
        inputs: {'steep': tensor}.

    Returns:
        For each training 'plain' (SGD), 'momentum', 'more' (more momentum), 'decay' (weight decay), 'adam' and
        'too_large' (a rate too large): 'plain_x_first' and 'plain_y_first', after the first step; 'plain_x_last' and
        'plain_loss_last', after the last one.
    """
    start, steps = Valley(), STEPS - 1
    ways = {
        "plain": descent(start, inputs, steps, RATE),
        "momentum": descent(start, inputs, steps, RATE, momentum=MOMENTUM),
        "more": descent(start, inputs, steps, RATE, momentum=MORE_MOMENTUM),
        "decay": descent(start, inputs, steps, RATE, weight_decay=DECAY),
        "adam": descent(start, inputs, steps, RATE_OF_ADAM, torch.optim.Adam),
        "too_large": descent(start, inputs, steps, TOO_LARGE),
    }
    found: dict[str, Tensor] = {}
    for name, way in ways.items():
        each = [(here.x.detach().clone(), here.y.detach().clone(), loss) for here, loss in way]
        found[f"{name}_x_first"], found[f"{name}_y_first"], _ = each[1]
        found[f"{name}_x_last"], _, found[f"{name}_loss_last"] = each[-1]
    return found


PLAIN, WITH_MOMENTUM, WITH_DECAY, ADAM = (each_step_at(number) for number in (1, 2, 3, 4))

LESSON = read_lesson(
    __file__,
    make=valley,
    cells={
        "the last loss of SGD": indexed("loss", PLAIN, STEPS - 1),
        "the last loss with momentum": indexed("loss", WITH_MOMENTUM, STEPS - 1),
        "the last loss of Adam": indexed("loss", ADAM, STEPS - 1),
        "x after the first step of SGD": indexed("x", f"parameter {PLAIN}", 1),
        "x after the first step of Adam": indexed("x", f"parameter {ADAM}", 1),
        "the first velocity of x": indexed("x", f"mean of gradients {WITH_MOMENTUM}", 0),
        "the last x with weight decay": indexed("x", f"parameter {WITH_DECAY}", STEPS - 1),
    },
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
        title="Which rule is fastest down the valley?",
        then=[valley_sheet.sheet(BOTTOM, STEEP, STEPS)],
        text=TEXT,
    ),
    also=descents,
)
