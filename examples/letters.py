"""An LSTM reads five letters and guesses the sixth; its errors go back through time.

python examples/letters.py [letters.xlsx]
"""

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

import excel_export

LETTERS = "ehlow"
TEXT = "hellowhellowhellow"
LENGTH = 5


class Letters(nn.Module):
    """An embedding, an LSTM, and a linear layer that reads its last hidden state."""

    def __init__(self, width: int = 2, memory: int = 3) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(LETTERS), width)
        self.lstm = nn.LSTM(width, memory)
        self.letter = nn.Linear(memory, len(LETTERS))
        # What people call the tensors in the workbook, by their recorded names.
        self.tensor_names = {"embedding": "letters as numbers", "letter": "logits", "getitem": "last of them"}

    def forward(self, letters: Tensor, next_letter: Tensor) -> Tensor:
        """Return the cross-entropy of the next letter; `letters` is (T, N), `next_letter` (N,)."""
        hidden_states, _ = self.lstm(self.embedding(letters))
        return nn.functional.cross_entropy(self.letter(hidden_states[-1]), next_letter)


def numbers(text: str) -> Tensor:
    return torch.tensor([LETTERS.index(letter) for letter in text])


def trained(steps: int = 30) -> Letters:
    """Return the network after a little training: it knows some of the word, and is not sure yet."""
    torch.manual_seed(1)
    network = Letters()
    windows = [TEXT[k : k + LENGTH] for k in range(6)]
    letters = torch.stack([numbers(window) for window in windows], dim=1)
    next_letter = numbers(TEXT[LENGTH : LENGTH + 6])
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    for _ in range(steps):
        optimizer.zero_grad()
        network(letters, next_letter).backward()
        optimizer.step()
    return network


def letters() -> tuple[nn.Module, dict[str, Tensor]]:
    return trained(), {"letters": numbers("hello")[:, None], "next_letter": numbers("w")}


if __name__ == "__main__":
    print(excel_export.export(*letters(), sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_suffix(".xlsx")))
