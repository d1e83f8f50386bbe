"""From a batch to what is made small, with all that training wants to know of it, in one call."""

import torch
from torch import Tensor, nn

from mnist_adder.compute.device import PRECISIONS
from mnist_adder.network.loss import adder_loss, digit_is_right, sum_is_right
from mnist_adder.network.model import AdderNetwork, encode_number


class Objective(nn.Module):
    """The network with its loss, to be trained; it can be compiled, or spread over several processes."""

    def __init__(self, network: AdderNetwork, precision: str) -> None:
        super().__init__()
        self.network = network
        self.dtype = PRECISIONS[precision]

    def forward(self, image: Tensor, number: Tensor, digit: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Give the sum of the losses (a scalar), and which digits and sums are right, bool (N,).

        `image` is normalised, (N, 1, 28, 28); `number` whole floats (N,), `digit` int64 (N,). N may be 0.
        """
        network = self.network
        with torch.autocast(image.device.type, self.dtype, enabled=self.dtype != torch.float32):
            digit_logits = network.classify(image)
        # The adder is exact to a fraction of one in eighteen, which bf16 is not.
        digit_logits = digit_logits.float()
        sum_output = network.add(digit_logits, encode_number(number, network.head))
        loss = adder_loss(network.head, digit_logits, sum_output, digit, number, reduction="sum")
        return loss, digit_is_right(digit_logits, digit), sum_is_right(network.head, sum_output, digit, number)
