"""One neuron with two inputs: small enough to compute every number by hand.

python examples/one_neuron.py [one_neuron.xlsx]
"""

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

import excel_export


class OneNeuron(nn.Module):
    """ŷ = sigmoid(w·x + b), and the squared distance from the truth as its loss."""

    def __init__(self) -> None:
        super().__init__()
        self.neuron = nn.Linear(2, 1)
        self.neuron.weight.data = torch.tensor([[0.5, -1.0]])
        self.neuron.bias.data = torch.tensor([0.25])

    def forward(self, x: Tensor, truth: Tensor) -> Tensor:
        return nn.functional.mse_loss(torch.sigmoid(self.neuron(x)), truth)


def one_neuron() -> tuple[nn.Module, dict[str, Tensor]]:
    return OneNeuron(), {"x": torch.tensor([[1.0, 2.0]]), "truth": torch.tensor([[1.0]])}


if __name__ == "__main__":
    print(excel_export.export(*one_neuron(), sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_suffix(".xlsx")))
