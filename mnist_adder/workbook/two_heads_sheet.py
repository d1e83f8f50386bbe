"""The Two heads sheet: how much of the sum's gradient reaches the classifier, with either head."""

import torch
from torch import Tensor

from excel_export.authoring import (
    BACKWARD,
    IF,
    MAX,
    MIN,
    Book,
    Canvas,
    Drawn,
    Grid,
    Name,
    Reference,
    SheetSpec,
    almost_zero_rule,
    draw_another,
    equal,
    grad_scale,
    gradient_rules,
)
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.network.loss import sum_loss
from mnist_adder.network.model import HEADS, SHARPNESS, AdderNetwork, encode_number
from mnist_adder.workbook.tensor_names import adder_names

NAME = "Two heads"
SHEETS = {"regression": "Sum by arg-max", "onehot": "Sum by probabilities"}
DIGIT = Name("digit")
# Engines differ in whether they take smaller ones for 0.
SMALLEST_SLOPE = 1e-12
FIRST_ROW = 4
DIGITS_LOSS, ARG_MAX, PROBABILITIES = 4, 5, 6
"""The columns of the slopes."""
HEADINGS = (
    "digit",
    "probability",
    "from the digit's loss",
    "from the sum, by arg-max",
    "from the sum, by probabilities",
)
WORDS = (
    "Two adders read the same ten logits of the digit. The numbers above are slopes: how fast each loss changes when a "
    "logit changes.",
    "With arg-max, the digit is a step function of the logits. Nudge a logit: the largest is still the largest, and "
    "the sum stays as it is. The slope is 0: the sum's error is real, but does not tell the classifier where to go.",
    "With probabilities, the sum changes a little when a logit changes a little. The gradient goes on, to every filter "
    f"of the classifier. Softmax takes {SHARPNESS:g} times the logits here, so that the sum is not a mixture of two. "
    "Where the network is sure of the digit, hardly any slope is left.",
    "The two adders were trained apart, and their losses are of two kinds. So do not compare how large the numbers of "
    "the columns are, only whether they are 0. Each column's colours have a scale of their own.",
)


class SumLoss(AdderNetwork):
    """The adder of a network, from the digit's logits to the loss of the sum alone."""

    def __init__(self, network: AdderNetwork) -> None:
        super().__init__(network.preset, network.head)
        self.load_state_dict(network.state_dict())
        self.tensor_names = adder_names(self.head)

    def forward(self, logits: Tensor, number: Tensor, digit: Tensor) -> Tensor:  # type: ignore[override]
        """Give the loss of the sum as a scalar, for digit logits (N, 10), numbers (N,) and true digits (N,)."""
        return sum_loss(self.head, self.add(logits, encode_number(number, self.head)), digit, number)


def two_heads(network: AdderNetwork) -> SheetSpec[None]:
    """Put both adders on the logits of the network's own classifier, and the comparison before them."""
    what = "why the sum's loss has no slope at the classifier with one head, and has one with the other"
    return SheetSpec(NAME, what, lambda book: _draw(book, network))


def _draw(book: Book, given_network: AdderNetwork) -> Drawn[None] | None:
    """Draw the sheets; a part of a network without the logits gets none."""
    logits, number, digit, loss = map(book.tensor, ("flatten", "number", "digit", "cross_entropy"))
    if not (logits and number and digit and loss):
        return None
    given = {"logits": logits, "number": number, "digit": digit}
    inputs = {name: torch.tensor(tensor.data) for name, tensor in given.items()}
    reach: dict[str, Grid] = {}
    adders: list[Canvas] = []
    for head in HEADS:
        own = head == given_network.head
        network = given_network if own else load_checkpoint(bundled_checkpoint("slice", head))[0]
        title = f"The adder of the {head} head" + ("" if own else ", from the other workbook")
        sheets, tensors = draw_another(book, SumLoss(network), inputs, given, SHEETS[head], title)
        adders += sheets
        reach[head] = tensors["logits"].grad
    drawn = Drawn[None](_comparison(loss.helpers["probability"], reach))
    for canvas in adders:
        drawn.add_hidden(canvas, "the two adders of Two heads")
    return drawn


def _comparison(probability: Grid, reach: dict[str, Grid]) -> Canvas:
    canvas = Canvas(NAME, BACKWARD, freeze=f"A{FIRST_ROW}")
    canvas.widths = {1: 2, 2: 10, 3: 16, 4: 31, 5: 31, 6: 33}
    canvas.say(1, 2, "Does the sum teach the classifier?", "title")
    canvas.link(1, PROBABILITIES, Reference("Start", 1, 1), "← Start", "link")
    canvas.heights |= {1: 28, FIRST_ROW - 2: 16, FIRST_ROW - 1: 14}
    for row, words in enumerate(WORDS, start=FIRST_ROW + 13):
        canvas.paragraph(row, 2, PROBABILITIES, words)
    for col, head in enumerate(HEADINGS, start=2):
        canvas.say(FIRST_ROW - 2, col, head, "head")
    canvas.say(FIRST_ROW - 1, DIGITS_LOSS, "cross-entropy: p, less 1 for the true digit", "cell_small")
    for col, loss in ((ARG_MAX, "squared error"), (PROBABILITIES, "cross-entropy of 19 sums")):
        canvas.say(FIRST_ROW - 1, col, loss, "cell_small")
    for k in range(10):
        row = FIRST_ROW + k
        canvas.put(row, 2, k, "table_label")
        canvas.put(row, 3, probability.at(0, k), "table_value")
        canvas.put(row, DIGITS_LOSS, canvas.at(row, 3) - IF(equal(DIGIT, k), 1, 0), "table_grad")
        canvas.put(row, ARG_MAX, reach["regression"].at(0, k), "table_grad")
        canvas.put(row, PROBABILITIES, reach["onehot"].at(0, k), "table_grad")
    canvas.say(FIRST_ROW + 11, 2, "Does it reach the classifier?", "label")
    for col in (DIGITS_LOSS, ARG_MAX, PROBABILITIES):
        numbers = canvas.at(FIRST_ROW, col, height=10)
        canvas.format(numbers, grad_scale(numbers), almost_zero_rule(numbers.at(0)), *gradient_rules())
        reaches = MAX(MAX(numbers), -MIN(numbers)) > SMALLEST_SLOPE
        otherwise = "no: every slope is 0" if col == ARG_MAX else "hardly: it is sure of the digit"
        canvas.put(FIRST_ROW + 11, col, IF(reaches, "yes", otherwise), "table_label")
    adders = f"The adders, number by number: hidden sheets {' and '.join(SHEETS.values())}."
    canvas.say(FIRST_ROW + 13 + len(WORDS), 2, adders, "hint")
    return canvas
