"""The networks that the sheets of `sheet_layouts.py` compute, as PyTorch modules with the sheets' own numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.support.sheet_layouts import LAYOUTS
from tests.support.sheets_by_hand import GIVEN, WEIGHTS, Content

Made = tuple[nn.Module, tuple[Any, ...]]


def linear(weight: list[list[float]], bias: list[float] | None = None) -> nn.Linear:
    """A layer with these numbers."""
    layer = nn.Linear(len(weight[0]), len(weight), bias=bias is not None)
    layer.weight = nn.Parameter(torch.tensor(weight))
    if bias is not None:
        layer.bias = nn.Parameter(torch.tensor(bias))
    return layer


class TwoLayers(nn.Module):
    """Two layers, an activation after each, and a loss."""

    def __init__(
        self, first: nn.Linear, between: nn.Module, last: nn.Linear, end: nn.Module,
        loss: Callable[[Tensor, Tensor], Tensor],
    ) -> None:  # fmt: skip
        super().__init__()
        self.first, self.between, self.last, self.end, self.loss = first, between, last, end, loss

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return self.loss(self.end(self.last(self.between(self.first(x)))), target)


def half_of_squares(y: Tensor, target: Tensor) -> Tensor:
    """½ Σ (y − t)²."""
    return 0.5 * ((y - target) ** 2).sum()


def squares(y: Tensor, target: Tensor) -> Tensor:
    """Σ (y − t)²."""
    return ((y - target) ** 2).sum()


def assignment() -> Made:
    """2-2-2 with sigmoids, no bias."""
    w = WEIGHTS
    net = TwoLayers(linear([[w[0], w[1]], [w[2], w[3]]]), nn.Sigmoid(), linear([[w[4], w[5]], [w[6], w[7]]]),
                    nn.Sigmoid(), half_of_squares)  # fmt: skip
    return net, (torch.tensor([GIVEN["i1"], GIVEN["i2"]]), torch.tensor([GIVEN["t1"], GIVEN["t2"]]))


def numbers(layout: str, area: str) -> list[list[float]]:
    """What stands in a rectangle of the layout's first sheet."""
    from openpyxl.utils import get_column_letter, range_boundaries

    cells = next(iter(LAYOUTS[layout]().values()))

    def number(content: Content) -> float:
        assert isinstance(content, (int, float))
        return float(content)

    left, top, right, bottom = range_boundaries(area)
    return [
        [number(cells[f"{get_column_letter(col)}{row}"]) for col in range(left, right + 1)]
        for row in range(top, bottom + 1)
    ]


def matrix(layout: str, area: str) -> Tensor:
    """The same as a tensor, (rows, columns)."""
    return torch.tensor(numbers(layout, area))


def of_columns(layout: str, area: str) -> list[list[float]]:
    """The same, transposed."""
    return [[*column] for column in zip(*numbers(layout, area), strict=True)]


def matrices() -> Made:
    """A batch of four through 3-4-2 with ReLU and cross-entropy, no bias."""
    first, last = linear(of_columns("matrices", "A11:D13")), linear(of_columns("matrices", "F11:G14"))
    net = TwoLayers(first, nn.ReLU(), last, nn.Identity(), F.cross_entropy)
    return net, (matrix("matrices", "A4:C7"), matrix("matrices", "E4:F7"))


def column() -> Made:
    """2-2-1 with ReLU and biases."""
    first, last = linear([[0.5, -0.3], [-0.8, 0.9]], [0.1, 0.05]), linear([[0.7, -1.1]], [0.2])
    net = TwoLayers(first, nn.ReLU(), last, nn.Identity(), squares)
    return net, (torch.tensor([0.6, -0.4]), torch.tensor([1.5]))


def cell_by_cell() -> Made:
    """2-2-1 with sigmoids."""
    first, last = linear([[0.1, 0.8], [0.4, 0.6]]), linear([[0.3, 0.9]])
    net = TwoLayers(first, nn.Sigmoid(), last, nn.Sigmoid(), half_of_squares)
    return net, (torch.tensor([0.35, 0.9]), torch.tensor([0.5]))


def german() -> Made:
    """1-1-1 with tanh and biases."""
    net = TwoLayers(linear([[0.5]], [-0.1]), nn.Tanh(), linear([[1.2]], [0.3]), nn.Identity(), squares)
    return net, (torch.tensor([0.7]), torch.tensor([0.4]))


def softmax() -> Made:
    """3-4-2 with ReLU and softmax, for one example."""
    first = linear(numbers("softmax", "C4:E7"), [each for (each,) in numbers("softmax", "G4:G7")])
    last = linear(numbers("softmax", "L4:O5"), [each for (each,) in numbers("softmax", "Q4:Q5")])
    net = TwoLayers(first, nn.ReLU(), last, nn.Identity(), F.cross_entropy)
    return net, (matrix("softmax", "A4:A6").flatten(), matrix("softmax", "V4:V5").flatten())


class Convolution(nn.Module):
    """A kernel of 3 × 3, ReLU, and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.out = nn.Conv2d(1, 1, 3), nn.Linear(9, 1, bias=False)
        self.conv.weight = nn.Parameter(matrix("convolution", "G2:I4").reshape(1, 1, 3, 3))
        self.conv.bias = nn.Parameter(torch.tensor([0.1]))
        self.out.weight = nn.Parameter(matrix("convolution", "S2:U4").reshape(1, 9))

    def forward(self, image: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return F.mse_loss(self.out(torch.relu(self.conv(image)).flatten()), target)


def convolution() -> Made:
    """The network, and a picture."""
    return Convolution(), (matrix("convolution", "A2:E6")[None], torch.tensor([0.8]))


class Logistic(nn.Module):
    """One neuron."""

    def __init__(self) -> None:
        super().__init__()
        self.neuron = linear([[0.3, -0.2]], [0.1])

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """The loss."""
        return F.binary_cross_entropy(torch.sigmoid(self.neuron(x)), y)


def logistic() -> Made:
    """A hundred examples."""
    return Logistic(), (matrix("logistic", "A6:B105"), matrix("logistic", "C6:C105"))


class Attention(nn.Module):
    """One head."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v = (linear(of_columns("attention", area)) for area in ("D2:E3", "G2:H3", "J2:K3"))

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        shares = torch.softmax(self.q(x) @ self.k(x).T / 2**0.5, -1)
        return F.mse_loss(shares @ self.v(x), target)


def attention() -> Made:
    """Three tokens."""
    return Attention(), (matrix("attention", "A2:B4"), matrix("attention", "M2:N4"))


class Neurons(nn.Module):
    """Three neurons with one input each."""

    def __init__(self) -> None:
        super().__init__()
        for name, area in (("w", "B2:B4"), ("b", "C2:C4"), ("v", "F2:F4")):
            setattr(self, name, nn.Parameter(matrix("two sheets", area).flatten()))

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return (torch.tanh(self.w * x + self.b) @ self.v - target) ** 2


def two_sheets() -> Made:
    """The network, and one example."""
    return Neurons(), (matrix("two sheets", "A2:A4").flatten(), torch.tensor(0.25))


class Line(nn.Module):
    """A line."""

    def __init__(self) -> None:
        super().__init__()
        self.line = linear([[0.7]], [-0.2])

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return half_of_squares(self.line(x), target)


def line() -> Made:
    """The network, and the first point."""
    return Line(), (torch.tensor([0.5]), torch.tensor([1.0]))


NETWORKS: dict[str, Callable[[], Made]] = {
    "row": assignment, "hand-in": assignment, "a sheet a rate": assignment, "table": assignment,
    "matrices": matrices, "column": column, "cell by cell": cell_by_cell, "german": german, "softmax": softmax,
    "convolution": convolution, "logistic": logistic, "attention": attention, "two sheets": two_sheets,
    "momentum": line, "adam": line, "decay": line,
}  # fmt: skip
