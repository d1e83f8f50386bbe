"""The network's answer for one image and one number, and the judge's: is it a digit at all?"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from mnist_adder.data.find_digit import NOTHING
from mnist_adder.data.pixels import normalise
from mnist_adder.network.judge import NO_DIGIT, judged
from mnist_adder.network.loss import answered_sum
from mnist_adder.network.model import AdderNetwork, encode_number

LEAST = 0.7  # a smaller probability is no certainty; one test image of MNIST in 300 has less
REFUSED, DOUBTED = 0.985, 0.4  # from such a probability of no digit on there is none, or a doubt


@dataclass(frozen=True)
class Prediction:
    """The answer for one picture.

    Attributes:
        digit: the digit; None where there is none.
        probability: of the digit; where there is none, that it is none; 0 to 1.
        sum: the digit and the number together; None where there is no digit.
        sure: whether nothing speaks against its being this one digit.
        reason: what speaks against it.
    """

    digit: int | None
    probability: float
    sum: int | None
    sure: bool
    reason: str = ""


@torch.no_grad()
def predict(model: AdderNetwork, pixels: np.ndarray, number: int, doubt: str = "") -> Prediction:
    """Read a digit, grey values, uint8 (28, 28), and add a number to it, if the judge takes it for a digit.

    `doubt` says what speaks against one digit in the picture; it is empty if nothing does.
    """
    if not pixels.any():
        return Prediction(None, 1.0, None, False, NOTHING)
    grey = torch.tensor(pixels).float()
    judgement = judged(grey[None])[0]
    none = float(judgement[NO_DIGIT])
    if none >= REFUSED:
        return Prediction(None, none, None, False, doubt or "it doesn't look like a digit")
    image = normalise(grey.reshape(1, 1, 28, 28))
    digit_logits, sum_output = model(image, encode_number(torch.tensor([float(number)]), model.head))
    probabilities = F.softmax(digit_logits[0], dim=0)
    digit, other = int(probabilities.argmax()), int(judgement[:NO_DIGIT].argmax())
    probability = float(probabilities[digit])
    reasons = {
        doubt: bool(doubt),
        "the probability is low": probability < LEAST,
        f"it may be a {other}": other != digit,
        "it looks little like a digit": none >= DOUBTED,
    }
    reason = next((words for words, holds in reasons.items() if holds), "")
    return Prediction(digit, probability, int(answered_sum(model.head, sum_output)), not reason, reason)
