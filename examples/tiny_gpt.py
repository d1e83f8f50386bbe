"""A tiny GPT, two layers of eight dimensions, that learns to write a word in thirty steps.

python examples/tiny_gpt.py [tiny_gpt.xlsx]
"""

import sys
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import excel_export
from excel_export.authoring import MATCH, MAX, MID, Cells, Column, Expression, joined

WORD, BEGIN = "banana", "·"
LETTERS = BEGIN + "".join(sorted(set(WORD)))
WIDTH, HEADS, LAYERS = 8, 2, 2


class CausalSelfAttention(nn.Module):
    """Each letter looks at itself and at those before it, with two heads."""

    def __init__(self) -> None:
        super().__init__()
        self.c_attn = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.c_proj = nn.Linear(WIDTH, WIDTH, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.c_attn(x).view(len(x), 3, HEADS, WIDTH // HEADS).permute(1, 2, 0, 3)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        out: Tensor = self.c_proj(y.transpose(0, 1).reshape(len(x), WIDTH))
        return out


class MLP(nn.Module):
    """Two layers of each letter by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.c_fc = nn.Linear(WIDTH, 2 * WIDTH, bias=False)
        self.c_proj = nn.Linear(2 * WIDTH, WIDTH, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.c_proj(F.gelu(self.c_fc(x)))
        return out


class Block(nn.Module):
    """Attention and MLP, each with a way around it."""

    def __init__(self) -> None:
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(WIDTH, bias=False), CausalSelfAttention()
        self.ln_2, self.mlp = nn.LayerNorm(WIDTH, bias=False), MLP()

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x))
        out: Tensor = x + self.mlp(self.ln_2(x))
        return out


class TinyGPT(nn.Module):
    """From the letters so far to the next one, at each place; and the mean cross-entropy of all places."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.wte, self.wpe = nn.Embedding(len(LETTERS), WIDTH), nn.Embedding(len(WORD), WIDTH)
        self.h = nn.ModuleList(Block() for _ in range(LAYERS))
        self.ln_f, self.lm_head = nn.LayerNorm(WIDTH, bias=False), nn.Linear(WIDTH, len(LETTERS), bias=False)

    def forward(self, letters: Tensor, next_letters: Tensor) -> Tensor:
        x = self.wte(letters) + self.wpe(torch.arange(len(letters)))
        for block in self.h:
            x = block(x)
        return F.cross_entropy(self.lm_head(self.ln_f(x)), next_letters)


def tiny_gpt() -> tuple[nn.Module, dict[str, Tensor]]:
    places = torch.tensor([LETTERS.index(letter) for letter in BEGIN + WORD])
    return TinyGPT(), {"letters": places[:-1], "next_letters": places[1:]}


def thirty_steps() -> excel_export.Training:
    _, inputs = tiny_gpt()
    columns = (
        Column("writes", "it writes", written, "whole", width=14),
        Column("loss", "loss", lambda step: step.value("loss"), "loss", fades=True, width=12),
    )
    return excel_export.Training(examples=[inputs], steps=30, learning_rate=0.2, columns=columns)


def written(step: Cells) -> Expression:
    """The letters with the largest logits."""
    logits = step.value("lm_head")
    columns = (logits.at(0, k).to(logits.at(len(LETTERS) - 1, k)) for k in range(len(WORD)))
    return joined(*(MID(LETTERS, MATCH(MAX(column), column, 0), 1) for column in columns))


if __name__ == "__main__":
    path = sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_suffix(".xlsx")
    print(excel_export.export(*tiny_gpt(), path, training=thirty_steps()))
