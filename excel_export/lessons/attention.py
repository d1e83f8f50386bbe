"""Lesson 9: one head of attention over three tokens with a causal mask, then the residual and LayerNorm."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from excel_export.lessons.lesson import Network, read_lesson
from excel_export.lessons.two_layers import layer

QUERY, KEY = [[2.0, 0.0, 1.0], [0.0, 1.0, 1.0]], [[1.0, 0.0, 1.0], [0.0, 2.0, 0.0]]
VALUE = [[1.0, 0.0, 0.0], [0.0, 1.0, 2.0], [0.5, -1.0, 0.0]]
NEXT = [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]


class Attention(nn.Module):
    """One head of causal attention over 3 tokens, residual, LayerNorm: Attention()(x, target) is the loss."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.norm = layer(QUERY), layer(KEY), layer(VALUE), nn.LayerNorm(3)
        self.register_buffer("later", torch.ones(3, 3).triu(1).bool())
        self.tensor_names = {
            "matmul": "query · key", "truediv": "scores", "masked_fill": "masked scores", "softmax": "attention",
            "matmul_1": "mixed values", "add": "x + mixed values",
        }  # fmt: skip

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """Return the mean squared error, a scalar; `x` and `target` are (3, 3), a token in each row."""
        query, key, value = self.query(x), self.key(x), self.value(x)
        scores = query @ key.transpose(0, 1) / math.sqrt(2)
        masked = scores.masked_fill(self.later, -math.inf)
        attention = torch.softmax(masked, dim=1)
        mixed = attention @ value
        return F.mse_loss(self.norm(x + mixed), target)


def attention() -> Network:
    """Return (Attention(), {'x': tensor (3, 3), 'target': tensor (3, 3)}): one-hot tokens, the next ones as targets."""
    return Attention().double(), {
        "x": torch.eye(3, dtype=torch.float64),
        "target": torch.tensor(NEXT, dtype=torch.float64),
    }


LESSON = read_lesson(__file__, make=attention)
