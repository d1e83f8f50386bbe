"""A transformer encoder layer with two heads, which finds the word that is left out of a sentence.

python examples/transformer_encoder.py [transformer_encoder.xlsx]
"""

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

import excel_export

WORDS = ("the", "cat", "dog", "sees", "…")
SENTENCE, LEFT_OUT = ("the", "cat", "…", "the", "dog"), "sees"
GAP = SENTENCE.index("…")


class TransformerEncoder(nn.Module):
    """Embedding of words and of places, one encoder layer, and the cross-entropy of the word that is left out."""

    def __init__(self, width: int = 4, heads: int = 2) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.words = nn.Embedding(len(WORDS), width)
        self.places = nn.Embedding(len(SENTENCE), width)
        self.encoder = nn.TransformerEncoderLayer(width, heads, dim_feedforward=2 * width, dropout=0.0)
        self.logits = nn.Linear(width, len(WORDS))
        # What people call the tensors in the workbook, by their recorded names.
        self.tensor_names = {
            "multi_head_attention_forward.0.0": "in_proj",
            "getitem": "out_proj",
            "add_1": "x + attention",
            "encoder_norm1": "norm1",
            "encoder_linear1": "linear1",
            "encoder_linear2": "linear2",
            "add_2": "x + feed-forward",
            "encoder_norm2": "norm2",
            "getitem_1": "at the gap",
        }

    def forward(self, tokens: Tensor, word: Tensor) -> Tensor:
        x = self.words(tokens) + self.places(torch.arange(len(tokens)))
        x = self.encoder(x)
        return nn.functional.cross_entropy(self.logits(x[GAP : GAP + 1]), word)


def transformer_encoder() -> tuple[nn.Module, dict[str, Tensor]]:
    tokens = torch.tensor([WORDS.index(word) for word in SENTENCE])
    return TransformerEncoder(), {"tokens": tokens, "word": torch.tensor([WORDS.index(LEFT_OUT)])}


if __name__ == "__main__":
    path = sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_suffix(".xlsx")
    print(excel_export.export(*transformer_encoder(), path))
