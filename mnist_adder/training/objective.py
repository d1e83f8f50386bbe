"""The objective: from a batch to the loss that training minimises, and which answers are right."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnist_adder.compute.precision import PRECISIONS
from mnist_adder.network.loss import digit_is_right, sum_is_right, sum_loss
from mnist_adder.network.model import AdderNetwork, encode_number


class Objective(nn.Module):
    """The network with its loss, as one module that can be compiled or shared by several processes."""

    def __init__(
        self, network: AdderNetwork, precision: str, label_smoothing: float = 0.0, sum_weight: float = 1.0
    ) -> None:
        """Put the loss behind a network.

        Args:
            network: the network to train.
            precision: one of `PRECISIONS`, for the classifier.
            label_smoothing: how much of the certainty about a digit is spread over all ten, 0 to 1.
            sum_weight: how much the loss of the sum counts beside that of the digit.
        """
        super().__init__()
        self.network = network
        self.dtype = PRECISIONS[precision]
        self.label_smoothing = label_smoothing
        self.sum_weight = sum_weight

    def forward(self, image: Tensor, number: Tensor, digit: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Compute the loss of a batch, which may be empty.

        Args:
            image: normalised images, (N, 1, 28, 28).
            number: the numbers to add, whole floats, (N,).
            digit: the true digits, int64 (N,).

        Returns:
            The sum of the losses, a scalar; which digits are right, bool (N,); which sums are right, bool (N,).
        """
        network = self.network
        with torch.autocast(image.device.type, self.dtype, enabled=self.dtype != torch.float32):
            digit_logits = network.classify(image)
        # Sums up to 18 must be exact to less than a half; bf16 would not be enough to learn that.
        digit_logits = digit_logits.float()
        sum_output = network.add(digit_logits, encode_number(number, network.head))
        digit_loss = F.cross_entropy(digit_logits, digit, reduction="sum", label_smoothing=self.label_smoothing)
        loss = digit_loss + self.sum_weight * sum_loss(network.head, sum_output, digit, number, reduction="sum")
        return loss, digit_is_right(digit_logits, digit), sum_is_right(network.head, sum_output, digit, number)
