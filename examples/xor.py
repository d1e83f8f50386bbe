"""Exclusive or, the smallest task that one layer cannot learn: two inputs, two hidden neurons, one output.

python examples/xor.py [xor.xlsx]
"""

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

import excel_export


class Xor(nn.Module):
    """A 2-2-1 network, and its cross-entropy over all four cases at once."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.hidden = nn.Linear(2, 2)
        self.output = nn.Linear(2, 1)

    def forward(self, x: Tensor, truth: Tensor) -> Tensor:
        hidden = torch.tanh(self.hidden(x))
        return nn.functional.binary_cross_entropy_with_logits(self.output(hidden), truth)


X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
TRUTH = torch.tensor([[0.0], [1.0], [1.0], [0.0]])


def xor() -> tuple[nn.Module, dict[str, Tensor]]:
    return Xor(), {"x": X, "truth": TRUTH}


def whole() -> list[dict[str, Tensor]]:
    """What every step of a training takes: all four cases, for `excel-export examples/xor.py:xor --examples whole`."""
    return [{"x": X, "truth": TRUTH}]


if __name__ == "__main__":
    print(excel_export.export(*xor(), sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_suffix(".xlsx")))
