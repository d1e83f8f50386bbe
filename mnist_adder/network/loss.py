"""The loss, and the rule by which an answer counts as right."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnist_adder.compute.device import PRECISIONS
from mnist_adder.data.dataset import MEAN, STD
from mnist_adder.network.model import AdderNetwork, encode_number


def adder_loss(head: str, digit_logits: Tensor, sum_output: Tensor, digit: Tensor, number: Tensor) -> Tensor:
    """Return the mean loss, a scalar, tensor(0.25): the cross-entropy of the digit plus `sum_loss`.

    Args:
        head: the adder, 'regression' or 'onehot'.
        digit_logits: the logits of the digits, (N, 10).
        sum_output: the sum, (N, 1), for the `regression` head; the logits of the sums, (N, 19), for the `onehot` head.
        digit: the true digits, int64 (N,).
        number: the numbers to add, whole floats, (N,).
    """
    return F.cross_entropy(digit_logits, digit) + sum_loss(head, sum_output, digit, number)


def sum_loss(head: str, sum_output: Tensor, digit: Tensor, number: Tensor, reduction: str = "mean") -> Tensor:
    """Return the loss of the sum alone, a scalar: squared error for 'regression', cross-entropy for 'onehot'.

    `sum_output` is (N, 1), or logits (N, 19); digits and numbers are (N,). `reduction` is 'mean' or 'sum' over the
    batch.

    Example:
        >>> float(sum_loss("regression", torch.tensor([[8.5]]), torch.tensor([3]), torch.tensor([5.0])))
        0.25
    """
    if head == "regression":
        return F.mse_loss(sum_output.flatten(), number + digit, reduction=reduction)
    return F.cross_entropy(sum_output, number.long() + digit, reduction=reduction)


def answered_sum(head: str, sum_output: Tensor) -> Tensor:
    """Return the sums that a network answers, (N,): sums (N, 1) rounded, or the largest of logits (N, 19).

    Example:
        >>> answered_sum("regression", torch.tensor([[7.6], [-0.2], [2.5]])).tolist()
        [8.0, -0.0, 2.0]
    """
    return torch.round(sum_output.flatten()) if head == "regression" else sum_output.argmax(dim=1)


def sum_is_right(head: str, sum_output: Tensor, digit: Tensor, number: Tensor) -> Tensor:
    """Return which sums are right, bool (N,): 7.6 is right for the digit 3 and the number 5, as it is rounded to 8.

    `sum_output` is (N, 1) for the head 'regression', and logits (N, 19) for 'onehot'.
    """
    return answered_sum(head, sum_output) == number + digit


class Objective(nn.Module):
    """The network with its loss, to be compiled as one: objective(image, number, digit) → the tensors of `forward`."""

    def __init__(
        self, network: AdderNetwork, precision: str, label_smoothing: float = 0.0, sum_weight: float = 1.0
    ) -> None:
        """Take a network, and how it learns.

        Args:
            network: the network.
            precision: the number format of its classifier, 'bf16' or 'float32'.
            label_smoothing: the part of the certainty about a digit that is spread over all ten, 0 to 1.
            sum_weight: the factor of the sum's loss beside the digit's.
        """
        super().__init__()
        self.network = network
        self.dtype = PRECISIONS[precision]
        self.label_smoothing = label_smoothing
        self.sum_weight = sum_weight

    def forward(self, image: Tensor, number: Tensor, digit: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return (sum of the losses, a scalar; which digits are right, bool (N,); which sums are right, bool (N,)).

        An image's loss is the cross-entropy of its digit, smoothed, plus `sum_weight` times its `sum_loss`.
        `image` are normalised images, (N, 1, 28, 28), `number` the numbers to add, whole floats (N,), and `digit` the
        true digits, int (N,).
        """
        network = self.network
        with torch.autocast(image.device.type, self.dtype, enabled=self.dtype != torch.float32):
            digit_logits = network.classify(image)
        # Sums up to 18 must be exact to less than a half; bf16 would not be enough to learn that.
        digit_logits = digit_logits.float()
        sum_output = network.add(digit_logits, encode_number(number, network.head))
        digit_loss = F.cross_entropy(digit_logits, digit, reduction="sum", label_smoothing=self.label_smoothing)
        loss = digit_loss + self.sum_weight * sum_loss(network.head, sum_output, digit, number, reduction="sum")
        digit_right = digit_logits.argmax(dim=1) == digit
        return loss, digit_right, sum_is_right(network.head, sum_output, digit, number)


class AdderLoss(AdderNetwork):
    """The network with its loss, as a workbook shows it: AdderLoss(network)(pixels, number, digit) is a scalar.

    It has a copy of the given network's parameters, under the same names.
    """

    mean: Tensor
    """The mean of MNIST's grey values, 0 to 255."""
    std: Tensor
    """Their standard deviation."""

    def __init__(self, network: AdderNetwork) -> None:
        super().__init__(network.preset, network.head)
        self.load_state_dict(network.state_dict())
        # Tensors have cells with a label in a workbook, plain numbers have not.
        self.register_buffer("mean", torch.tensor(255 * MEAN, dtype=torch.float64), persistent=False)
        self.register_buffer("std", torch.tensor(255 * STD, dtype=torch.float64), persistent=False)

    # A network's forward gives two results, this one's gives the loss.
    def forward(self, pixels: Tensor, number: Tensor, digit: Tensor) -> Tensor:  # type: ignore[override]
        """Return the mean `adder_loss`, a scalar, of N images: of digit and sum together.

        `pixels` are grey values 0 to 255, floats (N, 1, 28, 28), `number` the numbers to add, whole floats (N,), and
        `digit` the true digits, int (N,).
        """
        image = (pixels - self.mean) / self.std
        digit_logits, sum_output = super().forward(image, encode_number(number, self.head))
        return adder_loss(self.head, digit_logits, sum_output, digit, number)
