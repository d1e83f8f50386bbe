"""A convolutional network for pictures of 6×6 pixels: does it show a row, a column or a diagonal?

python examples/small_cnn.py [small_cnn.xlsx]
"""

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

import excel_export

PICTURE = """
. . . . . #
. . . . # .
. . . # . .
. . # . . .
. # . . . .
# . . . . .
"""
CLASSES = ("row", "column", "diagonal")


class SmallCNN(nn.Module):
    """Convolution, ReLU, max pool, one linear layer, and the cross-entropy of its answer."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(1, 2, kernel_size=3)
        self.pool = nn.MaxPool2d(2)
        self.classes = nn.Linear(2 * 2 * 2, len(CLASSES))

    def forward(self, picture: Tensor, truth: Tensor) -> Tensor:
        features = self.pool(torch.relu(self.conv(picture)))
        logits = self.classes(torch.flatten(features, start_dim=1))
        return nn.functional.cross_entropy(logits, truth)


def small_cnn() -> tuple[nn.Module, dict[str, Tensor]]:
    pixels = [[float(mark == "#") for mark in line.split()] for line in PICTURE.split("\n") if line]
    return SmallCNN(), {"picture": torch.tensor([[pixels]]), "truth": torch.tensor([CLASSES.index("diagonal")])}


if __name__ == "__main__":
    print(excel_export.export(*small_cnn(), sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_suffix(".xlsx")))
