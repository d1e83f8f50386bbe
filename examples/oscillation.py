"""y″ = −y: a network that shall swing, and is told the equation only; its loss is made of its own derivatives.

python examples/oscillation.py [oscillation.xlsx]
"""

import sys
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.autograd import grad

import excel_export


class Oscillation(nn.Module):
    """A hidden layer of three, and how far its y is from y″ = −y, y(0) = 0 and y′(0) = 1, so from sin(t)."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.hidden, self.out = nn.Linear(1, 3), nn.Linear(3, 1)

    def solution(self, t: Tensor) -> Tensor:
        y: Tensor = self.out(torch.tanh(self.hidden(t)))
        return y

    def forward(self, t: Tensor) -> Tensor:
        t = t.requires_grad_()
        y = self.solution(t)
        (velocity,) = grad(y.sum(), t, create_graph=True)
        (acceleration,) = grad(velocity.sum(), t, create_graph=True)
        start = y[0, 0] ** 2 + (velocity[0, 0] - 1) ** 2
        return (acceleration + y).square().mean() + start


def oscillation() -> tuple[nn.Module, dict[str, Tensor]]:
    return Oscillation(), {"t": torch.tensor([[0.0], [0.5], [1.0], [1.5]])}


if __name__ == "__main__":
    print(
        excel_export.export(*oscillation(), sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_suffix(".xlsx"))
    )
