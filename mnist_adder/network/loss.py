"""What the network is asked to make small, and when its sum counts as right."""

import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_adder.data.pixels import normalise
from mnist_adder.network.model import AdderNetwork, encode_number


def adder_loss(
    head: str, digit_logits: Tensor, sum_output: Tensor, digit: Tensor, number: Tensor, reduction: str = "mean"
) -> Tensor:
    """Add the loss of the digit to the loss of the sum: a scalar, the `mean` or the `sum` over the batch.

    `digit_logits` is (N, 10). `sum_output` is (N, 1) for the `regression` head, judged by its squared error,
    and (N, 19) logits for the `onehot` head, judged by cross-entropy. `digit` is the true digit, int64 (N,),
    and `number` the number to add, whole floats (N,).
    """
    digit_loss = F.cross_entropy(digit_logits, digit, reduction=reduction)
    return digit_loss + sum_loss(head, sum_output, digit, number, reduction)


def sum_loss(head: str, sum_output: Tensor, digit: Tensor, number: Tensor, reduction: str = "mean") -> Tensor:
    """Judge the sum alone: a scalar; the arguments are those of `adder_loss`."""
    if head == "regression":
        return F.mse_loss(sum_output.flatten(), number + digit, reduction=reduction)
    return F.cross_entropy(sum_output, number.long() + digit, reduction=reduction)


def digit_is_right(digit_logits: Tensor, digit: Tensor) -> Tensor:
    """Tell for each image whether the largest of its logits (N, 10) is that of its digit (N,): bool (N,)."""
    return digit_logits.argmax(dim=1) == digit


def answered_sum(head: str, sum_output: Tensor) -> Tensor:
    """Give the whole number that a sum (N, 1) rounds to, or whose logit of (N, 19) is the largest: (N,)."""
    return torch.round(sum_output.flatten()) if head == "regression" else sum_output.argmax(dim=1)


def sum_is_right(head: str, sum_output: Tensor, digit: Tensor, number: Tensor) -> Tensor:
    """Tell for each image whether `answered_sum` is its digit (N,) plus its number (N,): bool (N,)."""
    return answered_sum(head, sum_output) == number + digit


class AdderLoss(AdderNetwork):
    """The network with its loss at the end: from raw pixels to a scalar, to be traced and exported.

    It is a network of its own that starts with a copy of the given one's parameters, under the same names.
    """

    def __init__(self, network: AdderNetwork) -> None:
        super().__init__(network.preset, network.head)
        self.load_state_dict(network.state_dict())

    # A network's forward gives two results, this one's gives the loss.
    def forward(self, pixels: Tensor, number: Tensor, digit: Tensor) -> Tensor:  # type: ignore[override]
        """Give the loss as a scalar.

        `pixels` are grey values 0 to 255, (N, 1, 28, 28), `number` is the number to add, whole floats 0 to 9,
        (N,), and `digit` the true digit, int64 (N,).
        """
        digit_logits, sum_output = super().forward(normalise(pixels), encode_number(number, self.head))
        return adder_loss(self.head, digit_logits, sum_output, digit, number)
