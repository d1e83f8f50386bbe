"""The network's answers for pictures and a number, and the judge's answer whether they show a digit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_adder.data.dataset import normalise
from mnist_adder.data.find_digit import NOTHING, FoundDigit
from mnist_adder.network.judge import NO_DIGIT, judge_pictures
from mnist_adder.network.loss import answered_sum
from mnist_adder.network.model import AdderNetwork, encode_number

# Chosen on photographs of other digits than those of docs/benchmarks.md.
LEAST = 0.95
"""The least probability of a digit that is sure."""
AGREED = 0.98
"""The least share of the judge's probability of all digits that a sure digit has."""
REFUSED = 0.97
"""The probability of no digit from which on there is none."""
DOUBTED = 0.15
"""The probability of no digit from which on the answer is not sure."""


@dataclass(frozen=True)
class Prediction:
    """The answer for one picture: Prediction(7, 0.998, 12, True) for a 7 and the number 5.

    Attributes:
        digit: the digit; None where there is none.
        probability: the probability of the digit, or if there is none, of no digit; 0 to 1.
        sum: the digit and the number together; None where there is no digit.
        sure: True if there is no reason to doubt that it is this one digit.
        reason: the reason for a doubt, 'it may be a 5'; '' if there is none.
    """

    digit: int | None
    probability: float
    sum: int | None
    sure: bool
    reason: str = ""


@torch.no_grad()
def predict(model: AdderNetwork, found: Sequence[FoundDigit], number: int) -> list[Prediction]:
    """Return a `Prediction` for each picture: [Prediction(7, 0.998, 12, True)] for a 7 and the number 5.

    `model` is on the CPU and in evaluation mode; `found` are as `read_picture` returns them; `number` is 0 to 9.
    """
    pixels = torch.from_numpy(np.stack([one.pixels for one in found]))
    numbers = encode_number(torch.full((len(found),), float(number)), model.head)
    digit_logits, sum_output = model(normalise(pixels[:, None].float()), numbers)
    columns = judge_pictures(pixels), F.softmax(digit_logits, dim=1), answered_sum(model.head, sum_output)
    return [_prediction(*row) for row in zip(found, *columns, strict=True)]


def _prediction(found: FoundDigit, judgement: Tensor, probabilities: Tensor, total: Tensor) -> Prediction:
    none = float(judgement[NO_DIGIT])
    if not found.pixels.any():
        return Prediction(None, 1.0, None, False, NOTHING)
    if none >= REFUSED:
        return Prediction(None, none, None, False, found.doubt or "it doesn't look like a digit")
    digit = int(probabilities.argmax())
    probability, agreed = float(probabilities[digit]), float(judgement[digit]) / (1 - none)
    other = next(one for one in judgement[:NO_DIGIT].argsort(descending=True).tolist() if one != digit)
    reasons = {
        found.doubt: bool(found.doubt),
        "the probability is low": probability < LEAST,
        f"it may be a {other}": agreed < AGREED,
        "it looks little like a digit": none >= DOUBTED,
    }
    reason = next((words for words, holds in reasons.items() if holds), "")
    return Prediction(digit, probability, int(total), not reason, reason)
