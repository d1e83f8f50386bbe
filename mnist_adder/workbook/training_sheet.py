"""What the training sheets train: the slice on a few digits, and the adder alone at several learning rates."""

from collections.abc import Mapping
from dataclasses import replace

import torch
import torch.nn.functional as F
from excel_export.formulas.formula import table
from excel_export.sheets.draft import Draft
from torch import Tensor, nn

from excel_export.formulas.grid import Grid
from excel_export.formulas.operator import Expressions
from excel_export.sheets import learning_rates, training
from excel_export.sheets.learning_rates import Comparison
from excel_export.sheets.training import Choice, Column, Curves, Group, Plan, Setting
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.styles import BACKWARD, FORWARD, image_scale
from mnist_adder.data.bundled import bundled_digits
from mnist_adder.data.pixels import MEAN, STD
from mnist_adder.network.loss import AdderLoss, adder_loss
from mnist_adder.network.model import ADDER_LAYERS, AdderNetwork, encode_number
from mnist_adder.workbook import digits_sheet
from mnist_adder.workbook.digits_sheet import DigitsSheet

# Thirty steps on one digit each are too few to learn ten classes: with all twenty pictures in turn the loss stays
# where it was. On six pictures of three digits, five times over, it falls for most seeds; this one shows it best
# of 0 to 11, and the learner may put any picture into any step.
SEED = 10
PICTURES = (0, 2, 4, 1, 3, 5)
NUMBERS = (7, 3, 8, 1, 5, 0)
PASSES = 5
LEARNING_RATE = 0.1
# The squared error of a sum has gradients up to some hundred times those of a cross-entropy.
ADDER_SPEED = {"regression": 0.02, "onehot": 4.0}
_WHY_A_SPEED = {
    "regression": "the adder's rate, as a multiple: its squared error has far larger gradients than the digit's loss",
    "onehot": "the adder's rate, as a multiple: at the pace of the other layers it would lag behind",
}
SMALL = "Small digits"

# Ten pairs whose sums are well mixed, five times over. In tens, the classic rates run from slow to too fast.
PAIRS = ((3, 7), (8, 6), (1, 2), (6, 9), (0, 4), (9, 3), (4, 8), (7, 1), (2, 0), (5, 5))
RATES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)


class PooledAdderLoss(AdderLoss):
    """The slice with its loss, from images that are already normalised and shrunk.

    What a training repeats at every step starts here: nothing before it depends on a parameter.
    """

    def __init__(self, network: AdderNetwork) -> None:
        super().__init__(network)
        self.size = replace(self.size, shrink=1)

    def forward(self, image: Tensor, number: Tensor, digit: Tensor) -> Tensor:  # type: ignore[override]
        """Give the loss as a scalar; `image` is (N, 1, 14, 14), `number` and `digit` as for `AdderLoss`."""
        digit_logits, sum_output = AdderNetwork.forward(self, image, encode_number(number, self.head))
        return adder_loss(self.head, digit_logits, sum_output, digit, number)


class AdderAlone(nn.Module):
    """The three layers of the regression head, given the true digit: can they learn to add?"""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.input2 = nn.Linear(2, 5)
            self.layer1 = nn.Linear(5, 5)
            self.out2 = nn.Linear(5, 1)

    def forward(self, digit: Tensor, number: Tensor) -> Tensor:
        """Give the squared error of the sum, all three numbers in tens; `digit` and `number` are (1,)."""
        x = torch.stack((digit, number), dim=1) / 10
        return F.mse_loss(self.out2(self.layer1(self.input2(x))).flatten(), (digit + number) / 10)


def untrained(head: str) -> PooledAdderLoss:
    """Give the slice with the random weights that the training sheet starts from."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return PooledAdderLoss(AdderNetwork("slice", head))


def draw_training(draft: Draft, head: str) -> None:
    """Draw the training of the slice: the small digits, the table and the steps."""
    small = _small_digits()
    draft.add(small, "the twenty digits as the network sees them: normalised, and 14×14 pixels")
    training.draw(draft, plan(head))


def draw_learning_rates(draft: Draft) -> None:
    """Draw the adder trained from scratch at several learning rates."""
    learning_rates.draw(draft, comparison())


def comparison() -> Comparison:
    """Say what the learning rates sheet trains."""
    pairs = [{"digit": torch.tensor([float(d)]), "number": torch.tensor([float(n)])} for d, n in PAIRS]
    return Comparison(
        title="Which learning rate?",
        text="The adder alone learns to add a digit and a number, from the same random weights and with the same "
        "pairs, at six learning rates. Too small a rate crawls, too large a one overshoots further at every step until "
        "it diverges: change the yellow rates.",
        module=AdderAlone(),
        steps=pairs * PASSES,
        rates=RATES,
        recent=len(PAIRS),
        chart_title="The same steps at six learning rates",
        y_title="squared error, mean of the last ten steps",
        alt="The loss over fifty steps at six learning rates, on a logarithmic axis: at 0.02 it falls slowly, at 0.2 "
        "fastest, at 0.3 unsteadily, and at 0.5 it leaves the chart at the top.",
        lowest=0.00001,
        highest=10,
    )


def plan(head: str) -> Plan:
    """Say what the training sheet trains, and what it shows."""
    names = [name for name, _ in DigitsSheet(bundled_digits()[0], 0).pictures][1:]
    first, last = digits_sheet.FIRST_ROW + 1, digits_sheet.FIRST_ROW + len(names)
    listed, labels = (f"{digits_sheet.NAME}!${letter}${first}:${letter}${last}" for letter in "BC")
    reads = "{argmax}" if head == "regression" else "MATCH(MAX({flatten}),{flatten},0)-1"
    sum_loss = "{mse_loss}" if head == "regression" else "{cross_entropy_1}"
    first_sum, most = ("squared error", 100) if head == "regression" else ("cross-entropy", 6)
    return Plan(
        title="Thirty steps of learning",
        text="A network with random weights meets one digit at a time, and each step moves every weight a little "
        "against its gradient: new weight = weight − learning rate · gradient. Change a yellow cell, the learning rate "
        "first of all, and all thirty steps are computed anew.",
        module=untrained(head),
        example={
            "image": torch.zeros(1, 1, 14, 14), "number": torch.zeros(1), "digit": torch.zeros(1, dtype=torch.long)
        },
        inputs=_inputs,
        settings=(
            Setting("Learning rate", "training_rate", LEARNING_RATE, "try 0.01, 0.05, 0.2, 1 and 10"),
            Setting("Adder, times", "adder_speed", ADDER_SPEED[head], _WHY_A_SPEED[head]),
        ),
        groups=(
            Group("adder's rate", "training_rate*adder_speed", lambda name: name.startswith(ADDER_LAYERS)),
            Group("rate", "training_rate", lambda name: True),
        ),
        choices=(
            Choice("picture", "picture", [names[k] for k in PICTURES] * PASSES, listed, 12),
            Choice("number", "number", [*NUMBERS] * PASSES, '"0,1,2,3,4,5,6,7,8,9"'),
        ),
        columns=(
            Column("place", "place in list", f"MATCH({{picture}},{listed},0)", "whole", width=6),
            Column("label", "true digit", f"INDEX({labels},{{place}})", "whole", width=7),
            Column("reads", "it reads", reads, "whole", width=7),
            Column("right", "right?", "IF({reads}={label},1,0)", "tick", width=7),
            Column("accuracy", f"right, last {len(PICTURES)}", "AVERAGE({right_recent})", "percent"),
            Column("digit_loss", "loss of the digit", "{cross_entropy}", "loss", True),
            Column("digit_loss_mean", f"its mean, last {len(PICTURES)}", "AVERAGE({digit_loss_recent})", "loss", True),
            Column("sum_loss", "loss of the sum", sum_loss, "loss", True),
            Column("sum_loss_mean", f"its mean, last {len(PICTURES)}", "AVERAGE({sum_loss_recent})", "loss", True),
            Column("loss", "loss", "{add_1}", "loss", True),
        ),
        curves=(
            Curves("Reading the digit: loss", "cross-entropy",
                   "The loss of the digit at each of thirty steps, and its mean over the last six: it falls.",
                   (("digit_loss", "9CC3E6", True), ("digit_loss_mean", FORWARD, False)), 5, "0"),
            Curves("Reading the digit: accuracy", "right",
                   "How many of the last six digits were read right: from none to all.",
                   (("accuracy", FORWARD, False),), 1, "0%"),
            Curves("Adding: loss", first_sum,
                   "The loss of the sum at each of thirty steps, and its mean over the last six: it falls.",
                   (("sum_loss", "F2C48D", True), ("sum_loss_mean", BACKWARD, False)), most, "0"),
        ),
        recent=len(PICTURES),
    )  # fmt: skip


def _inputs(cells: Mapping[str, str]) -> dict[str, Expressions]:
    """Let a step read its picture, its number and its label."""
    rows = 14 * len(bundled_digits())

    def pixel(_: int, __: int, row: int, col: int) -> str:
        column = Grid(SMALL, 5, 3 + col, (rows,), (1,), (0,)).seen_from_elsewhere()[:].ranges[0]
        return f"INDEX({column},14*({cells['place']}-1)+{row + 1})"

    return {
        "image": table((1, 1, 14, 14), pixel),
        "number": table((1,), lambda _: cells["number"]),
        "digit": table((1,), lambda _: cells["label"]),
    }


def _small_digits() -> Canvas:
    """Draw the digits as the network sees them, from their pixels on the Digits sheet."""
    canvas = Canvas(SMALL, FORWARD, freeze="A5", zoom=80, row_height=15)
    canvas.widths = {1: 2, 2: 16} | dict.fromkeys(range(3, 17), 3.3)
    canvas.say(1, 2, "The digits as the network sees them", "title")
    canvas.say(2, 2, "Each number is the mean of 2×2 pixels of the Digits sheet, less the mean of all of MNIST and "
               "divided by its deviation. The training reads them here.", "text")  # fmt: skip
    canvas.merged.append("B2:P2")
    canvas.heights[2] = 64
    for k, (name, _) in enumerate(DigitsSheet(bundled_digits()[0], 0).pictures[1:]):
        pixels = Grid(digits_sheet.NAME, digits_sheet.FIRST_ROW + digits_sheet.SIDE * (k + 1),
                      digits_sheet.PICTURE_COL, (28, 28), (1, 0), (0, 1)).seen_from_elsewhere()  # fmt: skip
        grid = Grid(SMALL, 5 + 14 * k, 3, (14, 14), (1, 0), (0, 1))
        canvas.say(grid.row, 2, name, "title_forward")
        canvas.fill(grid, table((14, 14), lambda i, j, of=pixels: (
            f"=(AVERAGE({of[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].ranges[0]})-{255 * MEAN!r})/{255 * STD!r}"
        )), "small_picture")  # fmt: skip
        canvas.rules.append((grid.area, image_scale()))
    return canvas
