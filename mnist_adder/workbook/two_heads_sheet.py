"""The Two heads sheet: how much of the sum's gradient reaches the classifier, with either head."""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from excel_export.authoring import (
    BACKWARD,
    EXP,
    IF,
    MAX,
    MIN,
    SUM,
    Book,
    Canvas,
    Drawn,
    Grid,
    Reference,
    SheetSpec,
    almost_zero_rule,
    draw_another,
    equal,
    grad_scale,
    gradient_rules,
)
from mnist_adder.data.bundled import bundled_digits
from mnist_adder.data.dataset import normalise
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.network.loss import sum_loss
from mnist_adder.network.model import HEADS, SHARPNESS, AdderNetwork, encode_number
from mnist_adder.workbook.digits_sheet import picture_names
from mnist_adder.workbook.tensor_names import adder_names

NAME = "Two heads"
SHEETS = {"regression": "Sum by arg-max", "onehot": "Sum by probabilities"}
# Engines differ in whether they take smaller ones for 0.
SMALLEST_SLOPE = 1e-12
FIRST_ROW = 4
"""The row of the digit 0."""
DIGITS_LOSS, ARG_MAX, PROBABILITIES = 4, 5, 6
"""The columns of the slopes."""
SCORE, POWER, PASTED = 8, 9, 10
"""The columns of the logits in use, of e to the power of each, and of the example's logits."""
CHOICE_ROW = FIRST_ROW + 11
"""The row of the cell in which a reader chooses the logits."""
DIGIT_ROW = FIRST_ROW + 13
"""The row of the true digit."""
ON_START = "the picture on Start"
HEADINGS = (
    "digit",
    "probability",
    "from the digit's loss",
    "from the sum, by arg-max",
    "from the sum, by probabilities",
)
WORDS = (
    "Two adders take the same ten scores for the digit. The numbers above are slopes: how fast each loss changes when "
    "a score changes.",
    "With arg-max, the digit is a step function of the scores. Nudge a score: the largest is still the largest, and "
    "the sum does not change. The slope is 0, so the sum's error does not tell the classifier which way to go.",
    "With probabilities, a small change in a score changes the sum slightly, so the gradient reaches every filter "
    f"of the classifier. The scores are multiplied by {SHARPNESS:g} before softmax, so that the sum does not blend two "
    "digits. Where the network is sure of the digit, the slope is almost zero.",
    "The two adders were trained separately, with different losses, so check only whether the numbers "
    "in the columns are 0, not how large they are. Each column has its own colour scale.",
)


@dataclass(frozen=True)
class UnsureExample:
    """A picture whose digit the network is not sure of: UnsureExample('a messy 3', 3, logits (10,))."""

    name: str
    """The name of the picture: 'a messy 3'."""
    digit: int
    """Its true digit."""
    logits: np.ndarray
    """The network's digit logits, (10,)."""


class SumLoss(AdderNetwork):
    """A network's adder with only the loss of the sum: SumLoss(network)(digit_logits, number, digit) is a scalar."""

    def __init__(self, network: AdderNetwork) -> None:
        super().__init__(network.preset, network.head)
        self.load_state_dict(network.state_dict())
        self.tensor_names = adder_names(self.head)

    def forward(self, logits: Tensor, number: Tensor, digit: Tensor) -> Tensor:  # type: ignore[override]
        """Return the mean `sum_loss`, a scalar, for digit logits (N, 10), whole floats (N,) and true digits (N,).

        It is the squared error of the sum for the head 'regression', the cross-entropy of 19 sums for 'onehot'.
        """
        return sum_loss(self.head, self.add(logits, encode_number(number, self.head)), digit, number)


def two_heads(network: AdderNetwork) -> SheetSpec[None]:
    """Return the sheet 'Two heads', which compares both adders on the logits of the network's own classifier.

    One adder is that of `network`, a slice with either head; the other head's is that of the slice that ships.
    """
    what = "why the sum's loss sends the classifier a gradient with one head but not with the other"
    return SheetSpec(NAME, what, lambda book: _draw(book, network))


def _draw(book: Book, given_network: AdderNetwork) -> Drawn[None] | None:
    logits, number, digit = map(book.tensor, ("flatten", "number", "digit"))
    if not (logits and number and digit):
        return None
    networks = {
        head: given_network if head == given_network.head else load_checkpoint(bundled_checkpoint("slice", head))[0]
        for head in HEADS
    }
    example = _example(given_network, networks["onehot"], torch.tensor(number.data))
    canvas = Canvas(NAME, BACKWARD, freeze=f"A{FIRST_ROW}")
    scores, label = _scores(canvas, logits.value, digit.value.first, example)
    given = {"logits": scores, "number": number, "digit": label}
    inputs = {"logits": torch.tensor(example.logits)[None], "number": torch.tensor(number.data),
              "digit": torch.tensor([example.digit])}  # fmt: skip
    reach: dict[str, Grid] = {}
    adders: list[Canvas] = []
    for head, network in networks.items():
        title = f"The adder of the {head} head" + ("" if head == given_network.head else ", from the other workbook")
        sheets, tensors = draw_another(book, SumLoss(network), inputs, given, SHEETS[head], title)
        adders += sheets
        reach[head] = tensors["logits"].grad
    _compare(canvas, label, reach)
    drawn = Drawn[None](canvas)
    for each in adders:
        drawn.add_hidden(each, "the two adders of Two heads")
    return drawn


def _example(network: AdderNetwork, adder: AdderNetwork, number: Tensor) -> UnsureExample:
    digits = bundled_digits()
    images = torch.tensor(np.stack([digit.pixels for digit in digits])).double().reshape(-1, 1, 28, 28)
    with torch.no_grad():
        logits = copy.deepcopy(network).double().classify(normalise(images))
    loss = SumLoss(adder).double()

    def largest(k: int) -> float:
        read = logits[k : k + 1].clone().requires_grad_()
        (gradient,) = torch.autograd.grad(loss(read, number, torch.tensor([digits[k].label])), read)
        return float(gradient.abs().max())

    found = max(range(len(digits)), key=largest)
    return UnsureExample(picture_names()[found], digits[found].label, logits[found].numpy())


def _scores(canvas: Canvas, own: Grid, digit: Reference, example: UnsureExample) -> tuple[Grid, Reference]:
    canvas.widths = {1: 2, 2: 10, 3: 16, 4: 31, 5: 31, 6: 33, 7: 2, SCORE: 14, POWER: 20, PASTED: 16}
    choice, label = canvas.at(CHOICE_ROW, SCORE).fixed, canvas.at(DIGIT_ROW, SCORE).fixed
    canvas.say(CHOICE_ROW, SCORE, example.name, "choice", width=PASTED - SCORE + 1)
    canvas.say(CHOICE_ROW - 1, SCORE, "The scores are those of", "label")
    canvas.allow_list(choice, (example.name, ON_START), "Choose one of the list, please.")
    is_own = equal(choice, ON_START)
    for col, head in ((SCORE, "score"), (POWER, "e^(score − largest)"), (PASTED, f"of {example.name}")):
        canvas.say(FIRST_ROW - 2, col, head, "head")
    logits = canvas.column(FIRST_ROW, SCORE, 10)
    lines = canvas.at(FIRST_ROW, SCORE, 10)
    for k in range(10):
        row = FIRST_ROW + k
        canvas.put(row, PASTED, float(example.logits[k]), "reference")
        canvas.put(row, SCORE, IF(is_own, own.at(0, k), canvas.at(row, PASTED)), "table_value")
        canvas.put(row, POWER, EXP(canvas.at(row, SCORE) - MAX(lines)), "table_value")
    canvas.say(DIGIT_ROW - 1, SCORE, "and the true digit is", "label")
    canvas.put(DIGIT_ROW, SCORE, IF(is_own, digit, example.digit), "table_label")
    return logits, label


def _compare(canvas: Canvas, label: Reference, reach: dict[str, Grid]) -> None:
    powers = canvas.at(FIRST_ROW, POWER, 10)
    canvas.say(1, 2, "Does the loss on the sum train the classifier?", "title")
    canvas.link(1, PROBABILITIES, Reference("Start", 1, 1), "← Start", "link")
    canvas.heights |= {1: 28, FIRST_ROW - 2: 16, FIRST_ROW - 1: 14}
    for row, words in enumerate(WORDS, start=FIRST_ROW + 13):
        canvas.paragraph(row, 2, PROBABILITIES, words)
    for col, head in enumerate(HEADINGS, start=2):
        canvas.say(FIRST_ROW - 2, col, head, "head")
    canvas.say(FIRST_ROW - 1, DIGITS_LOSS, "cross-entropy: p, minus 1 for the true digit", "cell_small")
    for col, loss in ((ARG_MAX, "squared error"), (PROBABILITIES, "cross-entropy of 19 sums")):
        canvas.say(FIRST_ROW - 1, col, loss, "cell_small")
    for k in range(10):
        row = FIRST_ROW + k
        canvas.put(row, 2, k, "table_label")
        canvas.put(row, 3, canvas.at(row, POWER) / SUM(powers), "table_value")
        canvas.put(row, DIGITS_LOSS, canvas.at(row, 3) - IF(equal(label, k), 1, 0), "table_grad")
        canvas.put(row, ARG_MAX, reach["regression"].at(0, k), "table_grad")
        canvas.put(row, PROBABILITIES, reach["onehot"].at(0, k), "table_grad")
    canvas.say(FIRST_ROW + 11, 2, "Does it reach the classifier?", "label")
    for col in (DIGITS_LOSS, ARG_MAX, PROBABILITIES):
        numbers = canvas.at(FIRST_ROW, col, height=10)
        canvas.format(numbers, grad_scale(numbers), almost_zero_rule(numbers.at(0)), *gradient_rules())
        reaches = MAX(MAX(numbers), -MIN(numbers)) > SMALLEST_SLOPE
        otherwise = "no: every slope is 0" if col == ARG_MAX else "hardly: it is sure of the digit"
        canvas.put(FIRST_ROW + 11, col, IF(reaches, "yes", otherwise), "table_label")
    adders = f"Two hidden sheets show one adder each in full: “{'” and “'.join(SHEETS.values())}”."
    canvas.say(FIRST_ROW + 13 + len(WORDS), 2, adders, "hint")
