"""The network with two inputs: a classifier that reads a digit, and an adder that adds a number to it."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

HEADS = ("regression", "onehot")
ADDER_LAYERS = ("input2.", "layer1.", "out2.")
# A 3 of 0.55 beside an 8 of 0.45 is a 3 to the adder: 0.96 beside 0.04. Otherwise it would add 5.
SHARPNESS = 16.0


@dataclass(frozen=True)
class ConvolutionLayer:
    """A convolution with a square kernel and no padding: ConvolutionLayer('conv1', 1, 16, 5)."""

    name: str
    """The name of the layer."""
    in_channels: int
    """The number of channels that it reads."""
    out_channels: int
    """The number of its filters."""
    kernel_size: int
    """The side of the kernel, in pixels."""


@dataclass(frozen=True)
class Preset:
    """The size of a network, of which PRESETS has two: 'slice' and 'full'.

    A ReLU follows every convolution but the last one, which gives the ten digit logits.

    Attributes:
        shrink: the size of the average pooling of the image: 2 halves its sides; 1 leaves the image as it is.
        before_pool: the convolutions before the max pool.
        after_pool: the convolutions behind it.
        sum_features: the number of hidden features in the adder of the `onehot` head.
    """

    shrink: int
    before_pool: tuple[ConvolutionLayer, ...]
    after_pool: tuple[ConvolutionLayer, ...]
    sum_features: int


PRESETS = {
    "full": Preset(
        shrink=1,
        before_pool=(
            ConvolutionLayer("input1", 1, 16, 3),
            ConvolutionLayer("conv1", 16, 32, 3),
            ConvolutionLayer("conv2", 32, 64, 3),
        ),
        after_pool=(
            ConvolutionLayer("oneconv1", 64, 16, 1),
            ConvolutionLayer("conv3", 16, 32, 3),
            ConvolutionLayer("conv4", 32, 64, 3),
            ConvolutionLayer("conv5", 64, 64, 3),
            ConvolutionLayer("conv6", 64, 10, 5),
        ),
        sum_features=32,
    ),
    # One layer of every kind, small enough that each number has its own visible cell.
    "slice": Preset(
        shrink=2,
        before_pool=(
            ConvolutionLayer("input1", 1, 5, 3),
            ConvolutionLayer("conv1", 5, 5, 3),
        ),
        after_pool=(
            ConvolutionLayer("oneconv1", 5, 8, 1),
            ConvolutionLayer("conv3", 8, 6, 3),
            ConvolutionLayer("conv6", 6, 10, 3),
        ),
        sum_features=4,
    ),
}


class AdderNetwork(nn.Module):
    """Reads a digit from an image and adds a number: AdderNetwork('slice', 'onehot')(images, numbers).

    A call returns the digit logits, (N, 10), and the sums, (N, 1) or logits (N, 19): see `forward`.

    The `regression` head takes the number as a scalar and gives the sum as a scalar. It takes the digit by arg-max,
    which has no gradient: the error of the sum never reaches the classifier.
    The `onehot` head takes the number one-hot and gives logits for the sums 0 to 18. It takes the probabilities of
    the digits, sharpened: softmax of 16 times the logits. So the error of the sum reaches every layer.

    Which layers run never depends on the data, so `torch.fx` can trace the network.
    """

    def __init__(self, preset: str | Preset = "full", head: str = "regression") -> None:
        """Make a network with random parameters.

        Args:
            preset: the size: 'full', 'slice', or a size of your own.
            head: the adder, 'regression' or 'onehot'.

        Raises:
            ValueError: there is no such preset or head.
        """
        super().__init__()
        if isinstance(preset, str) and preset not in PRESETS:
            raise ValueError(f"preset must be one of {', '.join(PRESETS)}, not {preset!r}")
        if head not in HEADS:
            raise ValueError(f"head must be one of {', '.join(HEADS)}, not {head!r}")
        self.preset = preset
        self.head = head
        self.size = PRESETS[preset] if isinstance(preset, str) else preset

        self._add_convolutions(self.size.before_pool)
        self.pool = nn.MaxPool2d(2)
        self._add_convolutions(self.size.after_pool)

        if head == "regression":
            self.input2 = nn.Linear(2, 5)
            self.layer1 = nn.Linear(5, 5)
            self.out2 = nn.Linear(5, 1)
        else:
            self.input2 = nn.Linear(10 + 10, self.size.sum_features)
            self.out2 = nn.Linear(self.size.sum_features, 19)
            self._treat_summands_alike()

    def _add_convolutions(self, convolutions: tuple[ConvolutionLayer, ...]) -> None:
        for layer in convolutions:
            self.add_module(layer.name, nn.Conv2d(layer.in_channels, layer.out_channels, layer.kernel_size))

    @torch.no_grad()
    def _treat_summands_alike(self) -> None:
        """Copy a number's weights to the same digit, since a sum has no order, and let no feature be 0 at first.

        Few features learn every sum from here. From PyTorch's own start, one network in 20 never does.
        """
        self.input2.weight[:, 10:] = self.input2.weight[:, :10]
        self.input2.bias.add_(1.0)

    def forward(self, image: Tensor, number: Tensor) -> tuple[Tensor, Tensor]:
        """Return the digit logits of images, and the sums with numbers.

        Args:
            image: normalised images, (N, 1, 28, 28).
            number: the numbers as `encode_number` returns them: (N,) for the `regression` head, one-hot (N, 10) for the
                `onehot` head.

        Returns:
            The digit logits (N, 10), and the sums (N, 1) or the sum logits (N, 19).
        """
        digit_logits = self.classify(image)
        return digit_logits, self.add(digit_logits, number)

    def classify(self, image: Tensor) -> Tensor:
        """Return digit logits (N, 10) of normalised images (N, 1, 28, 28)."""
        x = image
        if self.size.shrink > 1:
            x = F.avg_pool2d(x, self.size.shrink)
        for layer in self.size.before_pool:
            x = F.relu(self.get_submodule(layer.name)(x))
        x = self.pool(x)
        *hidden, last = self.size.after_pool
        for layer in hidden:
            x = F.relu(self.get_submodule(layer.name)(x))
        x = self.get_submodule(last.name)(x)
        return torch.flatten(x, start_dim=1)

    def add(self, digit_logits: Tensor, number: Tensor) -> Tensor:
        """Return the sums (N, 1) for the `regression` head, or logits (N, 19) of sums 0 to 18 for the `onehot` head.

        Args:
            digit_logits: as `classify` returns them, (N, 10). The regression head takes the likeliest digit; no
                gradient flows through that choice.
            number: the numbers as `encode_number` returns them, (N,) or (N, 10).
        """
        if self.head == "regression":
            digit = torch.argmax(digit_logits, dim=1).float()
            x = torch.stack((digit, number), dim=1)
            # Adding is linear, so no activation stands between these layers.
            return self.out2(self.layer1(self.input2(x)))
        x = torch.cat((F.softmax(SHARPNESS * digit_logits, dim=1), number), dim=1)
        return self.out2(F.relu(self.input2(x)))

    def classifier_parameters(self) -> list[nn.Parameter]:
        """Return the weights and biases of the convolutions, which read the digit: 'input1.weight' to 'conv6.bias'."""
        return [value for name, value in self.named_parameters() if not name.startswith(ADDER_LAYERS)]

    def adder_parameters(self) -> list[nn.Parameter]:
        """Return the parameters of the linear layers, which add: 'input2', 'layer1' (regression only) and 'out2'."""
        return [value for name, value in self.named_parameters() if name.startswith(ADDER_LAYERS)]


def encode_number(number: Tensor, head: str) -> Tensor:
    """Return numbers, whole floats (N,), in the form that a head takes: `regression` as they are, `onehot` (N, 10).

    Example:
        >>> encode_number(torch.tensor([2.0]), "onehot").tolist()
        [[0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
    """
    if head == "regression":
        return number
    return F.one_hot(number.long(), 10).float()
