"""One head of attention over three words, which guesses the fourth.

python examples/attention.py [attention.xlsx]
"""

import math
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

import excel_export

WORDS = ("the", "cat", "dog", "sees", "sleeps")


class Attention(nn.Module):
    """Embedding, one head of attention, one linear layer, and the cross-entropy of the next word."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(len(WORDS), width)
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width, bias=False)
        self.words = nn.Linear(width, len(WORDS))
        # What people call the tensors in the workbook, by their recorded names.
        self.tensor_names = {
            "truediv": "scores",
            "softmax": "attention",
            "matmul_1": "mixed values",
            "words": "logits",
            "getitem": "logits of the last word",
        }

    def forward(self, tokens: Tensor, next_word: Tensor) -> Tensor:
        x = self.embedding(tokens)
        query, key, value = self.query(x), self.key(x), self.value(x)
        scores = query @ key.transpose(0, 1) / math.sqrt(key.shape[1])
        weights = torch.softmax(scores, dim=1)
        logits = self.words(weights @ value)
        return nn.functional.cross_entropy(logits[-1:], next_word)


def attention() -> tuple[nn.Module, dict[str, Tensor]]:
    tokens = torch.tensor([WORDS.index(word) for word in ("the", "cat", "sees")])
    return Attention(), {"tokens": tokens, "next_word": torch.tensor([WORDS.index("the")])}


if __name__ == "__main__":
    print(excel_export.export(*attention(), sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_suffix(".xlsx")))
