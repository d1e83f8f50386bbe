"""The network's answer for one image and one number."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from mnist_adder.data.pixels import normalise
from mnist_adder.network.loss import answered_sum
from mnist_adder.network.model import AdderNetwork, encode_number

LEAST = 0.7  # a smaller probability is no certainty; one test image of MNIST in 300 has less


@dataclass(frozen=True)
class Prediction:
    """The digit, its probability (0 to 1), the sum, and whether it is sure that the picture shows one digit."""

    digit: int
    probability: float
    sum: int
    sure: bool


@torch.no_grad()
def predict(model: AdderNetwork, pixels: np.ndarray, number: int, doubt: str = "") -> Prediction:
    """Read a digit and add a number to it.

    Args:
        model: the network, on the CPU.
        pixels: grey values, light on black, uint8 (28, 28).
        number: the number to add, 0 to 9.
        doubt: what speaks against one digit in the picture; empty if nothing does.

    Returns:
        The answer.
    """
    image = normalise(torch.tensor(pixels).float().reshape(1, 1, 28, 28))
    digit_logits, sum_output = model(image, encode_number(torch.tensor([float(number)]), model.head))
    probabilities = F.softmax(digit_logits[0], dim=0)
    digit = int(probabilities.argmax())
    probability = float(probabilities[digit])
    return Prediction(digit, probability, int(answered_sum(model.head, sum_output)), not doubt and probability >= LEAST)
