"""The networks of the training sheets: a small slice on a few digits, and the adder alone at several learning rates."""

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from excel_export.authoring import (
    BACKWARD,
    BACKWARD_LIGHT,
    FORWARD,
    FORWARD_LIGHT,
    IF,
    INDEX,
    MATCH,
    MAX,
    RULES,
    TRAINING_RATE,
    Book,
    Canvas,
    Cells,
    Choice,
    Column,
    Curve,
    Curves,
    Drawn,
    Expression,
    Feed,
    Grid,
    Group,
    LearningRates,
    Name,
    Operand,
    OperandLike,
    Setting,
    SheetSpec,
    Stack,
    Training,
    equal,
    image_scale,
    reduce,
)
from mnist_adder.data.bundled import bundled_digits
from mnist_adder.data.dataset import MEAN, STD
from mnist_adder.network.loss import AdderLoss, adder_loss
from mnist_adder.network.model import ADDER_LAYERS, AdderNetwork, ConvolutionLayer, Preset, encode_number
from mnist_adder.workbook import digits_sheet
from mnist_adder.workbook.digits_sheet import picture_names
from mnist_adder.workbook.tensor_names import names_from_image

# The slice with fewer channels. It learns these pictures as well, and its thirty steps are half of the formulas.
SIZE = Preset(
    shrink=2,
    before_pool=(ConvolutionLayer("input1", 1, 2, 3),),
    after_pool=(
        ConvolutionLayer("oneconv1", 2, 2, 1),
        ConvolutionLayer("conv3", 2, 4, 3),
        ConvolutionLayer("conv6", 4, 10, 4),
    ),
    sum_features=5,
)
# Thirty steps on one digit each are too few to learn ten classes: with all twenty pictures in turn the loss stays
# where it was. On six pictures of three digits, five times over, it falls for most seeds; this one shows it best
# of 0 to 29, at rates from 0.03 to 0.1, and the learner may put any picture into any step.
SEED = 11
PICTURES = (0, 2, 4, 1, 3, 5)
NUMBERS = (7, 3, 8, 1, 5, 0)
PASSES = 5
LEARNING_RATE = 0.1
# The squared error of a sum has gradients up to some hundred times those of a cross-entropy.
ADDER_SPEED = {"regression": 0.02, "onehot": 8.0}
SPEED = Name("adder_speed")
_WHY_A_SPEED = {
    "regression": "the adder's rate ÷ the others': its squared error has far larger gradients than the digit's loss",
    "onehot": (
        "the adder's learning rate, as a multiple of the other layers'; at the same rate, the adder would lag behind"
    ),
}
SMALL = "Small digits"
"""The hidden sheet of the pictures as the network sees them."""
SMALL_SIDE = 14
"""The rows and columns of such a picture."""
SMALL_DIGITS = Stack(
    Grid(SMALL, 5, 3, (SMALL_SIDE, SMALL_SIDE), (1, 0), (0, 1)), apart=SMALL_SIDE, count=len(bundled_digits())
)

# Ten pairs whose sums are well mixed, five times over. In tens, the classic rates run from slow to too fast.
PAIRS = ((3, 7), (8, 6), (1, 2), (6, 9), (0, 4), (9, 3), (4, 8), (7, 1), (2, 0), (5, 5))
RATES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)


class PooledAdderLoss(AdderLoss):
    """The slice with its loss for normalised images that are made smaller, (N, 1, 14, 14): PooledAdderLoss(network).

    Each step of a training begins here: nothing before it depends on a parameter.
    """

    def __init__(self, network: AdderNetwork) -> None:
        super().__init__(network)
        self.size = replace(self.size, shrink=1)
        self.tensor_names = names_from_image(self.head)

    def forward(self, image: Tensor, number: Tensor, digit: Tensor) -> Tensor:  # type: ignore[override]
        """Return the mean `adder_loss`, a scalar: of digit and sum together.

        `image` are normalised images after the average pooling, (N, 1, 14, 14), `number` the numbers to add, whole
        floats (N,), and `digit` the true digits, int (N,).
        """
        digit_logits, sum_output = AdderNetwork.forward(self, image, encode_number(number, self.head))
        return adder_loss(self.head, digit_logits, sum_output, digit, number)


class AdderAlone(nn.Module):
    """The regression head's three linear layers alone: given a true digit, 3, and a number, 5, they learn to give 8."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.input2 = nn.Linear(2, 5)
            self.layer1 = nn.Linear(5, 5)
            self.out2 = nn.Linear(5, 1)
        self.tensor_names = {
            "stack": "digit and number",
            "truediv": "both in tens",
            "flatten": "sum it gives, in tens",
            "add": "true sum",
            "truediv_1": "true sum in tens",
        }

    def forward(self, digit: Tensor, number: Tensor) -> Tensor:
        """Return ((answer − digit − number) / 10)², a scalar: 0.01 for an answer of 7 to [3.0] and [5.0]."""
        x = torch.stack((digit, number), dim=1) / 10
        return F.mse_loss(self.out2(self.layer1(self.input2(x))).flatten(), (digit + number) / 10)


def untrained(head: str) -> PooledAdderLoss:
    """Return the slice of a head, 'regression' or 'onehot', with the random weights of the training's start."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return PooledAdderLoss(AdderNetwork(SIZE, head))


def thirty_steps(head: str, all_rules: bool = False) -> Training:
    """Return the training sheet's training of a head, 'regression' or 'onehot': Training(…, steps=30, …).

    The steps go by SGD, or with `all_rules` by the rule that the learner chooses on the sheet, such as Adam.
    """
    recent = len(PICTURES)
    if head == "regression":
        loss_of_sum, of_the_sum, most = "mse_loss", "squared error", 100
    else:
        loss_of_sum, of_the_sum, most = "cross_entropy_1", "cross-entropy", 6
    reads = Column("reads", "it reads", lambda step: _digit_read(step, head), "whole", fades=True, width=8.5)
    sum_loss = Column("sum_loss", "loss of the sum", lambda step: step.value(loss_of_sum), "loss", fades=True)
    right = Column("right", "right?", _is_right, "tick", fades=True, width=8.5)
    digit_loss = Column("digit_loss", "loss of the digit", lambda step: step.value("cross_entropy"), "loss", fades=True)
    return Training(
        examples=_pictures(),
        steps=PASSES * recent,
        learning_rate=LEARNING_RATE,
        rules=RULES if all_rules else None,
        start=untrained(head),
        title="Thirty training steps",
        text="A network like the one on the Network sheet, but with fewer channels and random weights, is trained on "
        "one digit at a time. Each step moves every weight a little against its gradient: new weight = weight − "
        "learning rate · gradient. Change a yellow cell, such as the learning rate, and all thirty steps are "
        "recomputed.",
        settings=(Setting("Adder, times", SPEED, ADDER_SPEED[head], _WHY_A_SPEED[head]),),
        groups=(Group("adder's rate", TRAINING_RATE * SPEED, ADDER_LAYERS),),
        columns=(
            reads,
            right,
            right.mean("accuracy", f"right, last {recent}", "percent"),
            digit_loss,
            digit_loss.mean("digit_loss_mean", f"its mean, last {recent}"),
            sum_loss,
            sum_loss.mean("sum_loss_mean", f"its mean, last {recent}"),
            Column("loss", "loss", lambda step: step.value("loss"), "loss", fades=True),
        ),
        curves=(
            Curves(
                "Reading the digit: loss",
                "cross-entropy",
                "The loss of the digit at each of thirty steps, and its mean over the last six: it falls.",
                (Curve("digit_loss", FORWARD_LIGHT, thin=True), Curve("digit_loss_mean", FORWARD)),
                highest=5,
            ),
            Curves(
                "Reading the digit: accuracy",
                "right",
                "How many of the last six digits were read right: from none to all.",
                (Curve("accuracy", FORWARD),),
                highest=1,
                leaves=False,
                number_format="0%",
            ),
            Curves(
                "Adding: loss",
                of_the_sum,
                "The loss of the sum at each of thirty steps, and its mean over the last six: it falls.",
                (Curve("sum_loss", BACKWARD_LIGHT, thin=True), Curve("sum_loss_mean", BACKWARD)),
                highest=most,
                number_format="0",
            ),
        ),
    )


def six_rates() -> LearningRates:
    """Return the comparison of learning rates: the adder alone, from the same weights, at six rates, 0.02 to 0.5."""
    pairs = [{"digit": torch.tensor([float(d)]), "number": torch.tensor([float(n)])} for d, n in PAIRS]
    return LearningRates(
        rates=RATES,
        examples=pairs,
        steps=PASSES * len(PAIRS),
        start=AdderAlone(),
        text="On its own, the adder learns to add a digit and a number at six learning rates, each time from the same "
        "random weights and with the same pairs. If the rate is too small, learning is slow; if it is too large, the "
        "steps overshoot more and more and training diverges. Try other rates in the yellow cells. The digit, the "
        "number and the sum are divided by ten before they reach the network: 3 + 7 = 10 becomes 0.3 + 0.7 = 1, and a "
        "loss of 0.01 means an error of 1 in the sum.",
        chart_title="The same steps at six learning rates",
        y_title="squared error in tens, mean of ten steps",
        alt="The loss over fifty steps at six learning rates, on a logarithmic axis: at 0.02 it falls slowly, at 0.2 "
        "fastest, at 0.3 unsteadily, and at 0.5 it leaves the chart at the top.",
        bounds=(0.00001, 10),
    )


def most_likely(logits: Operand) -> Expression:
    """Return a formula for the index of the largest logit, from 0 on: MATCH(MAX(B3:B12),B3:B12,0)-1."""
    return MATCH(MAX(logits), logits, 0) - 1


def _draw_small_digits(book: Book) -> Drawn[None]:
    canvas = Canvas(SMALL, FORWARD, freeze="A5", zoom=80, row_height=15)
    canvas.widths = {1: 2, 2: 16} | dict.fromkeys(range(3, 3 + SMALL_SIDE), 3.3)
    canvas.say(1, 2, "The digits as the network sees them", "title")
    canvas.say(
        2,
        2,
        "Each number is the mean of 2×2 pixels of the Digits sheet, minus the mean of all of MNIST and "
        "divided by its deviation. The training reads them here.",
        "text",
    )
    canvas.merge(canvas.at(2, 2, width=15))
    canvas.heights[2] = 64
    for k, name in enumerate(picture_names()):
        pixels, grid = digits_sheet.PIXELS.place(k + 1), SMALL_DIGITS.place(k)
        means = reduce("AVERAGE", grid.shape, lambda i, j, of=pixels: of[2 * i : 2 * i + 2, 2 * j : 2 * j + 2])
        canvas.say(grid.row, 2, name, "title_forward")
        canvas.fill(grid, (means - 255 * MEAN) / (255 * STD), "small_picture")
        canvas.format(grid.box, image_scale())
    return Drawn(canvas)


SMALL_DIGITS_SHEET = SheetSpec(
    SMALL, "the digits used in training: normalised, 14×14 pixels", _draw_small_digits, hidden=True
)


def _pictures() -> Feed:
    names = picture_names()
    listed, labels = (
        digits_sheet.column(col, 1, len(names)) for col in (digits_sheet.LIST_COL, digits_sheet.LABEL_COL)
    )

    def inputs(step: Cells) -> dict[str, OperandLike]:
        image = SMALL_DIGITS.pick(step.column("place"))
        return {"image": image, "number": step.column("number"), "digit": step.column("label")}

    example = {
        "image": torch.zeros(1, 1, SMALL_SIDE, SMALL_SIDE),
        "number": torch.zeros(1),
        "digit": torch.zeros(1, dtype=torch.long),
    }
    return Feed(
        (example,),
        (
            Choice("picture", "picture", [names[k] for k in PICTURES], listed, 12),
            Choice("number", "number", NUMBERS, range(10)),
        ),
        inputs,
        (
            Column("place", "place in list", lambda step: MATCH(step.column("picture"), listed, 0), "whole", width=6),
            Column("label", "true digit", lambda step: INDEX(labels, step.column("place")), "whole", width=7),
        ),
    )


def _digit_read(step: Cells, head: str) -> OperandLike:
    return step.value("argmax") if head == "regression" else most_likely(step.value("flatten"))


def _is_right(step: Cells) -> OperandLike:
    return IF(equal(step.column("reads"), step.column("label")), 1, 0)
