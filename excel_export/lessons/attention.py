"""Lesson 9: one head of attention over three tokens with a causal mask, then the residual and LayerNorm."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from excel_export.lessons.lesson import Lesson, Misconception, Network, Question

QUERY, KEY = [[2.0, 0.0, 1.0], [0.0, 1.0, 1.0]], [[1.0, 0.0, 1.0], [0.0, 2.0, 0.0]]
VALUE = [[1.0, 0.0, 0.0], [0.0, 1.0, 2.0], [0.5, -1.0, 0.0]]
NEXT = [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]


class Attention(nn.Module):
    """Three tokens look back at each other; what they see is added to them, and each is normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(3, 2, bias=False), nn.Linear(3, 2, bias=False)
        self.value, self.norm = nn.Linear(3, 3, bias=False), nn.LayerNorm(3)
        for layer, numbers in ((self.query, QUERY), (self.key, KEY), (self.value, VALUE)):
            layer.weight = nn.Parameter(torch.tensor(numbers, dtype=torch.float64))
        self.register_buffer("later", torch.ones(3, 3).triu(1).bool())
        self.tensor_names = {
            "matmul": "query · key", "truediv": "scores", "masked_fill": "masked scores", "softmax": "attention",
            "matmul_1": "mixed values", "add": "x + mixed values",
        }  # fmt: skip

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar; `x` and `target` have a token in each of three rows of three numbers."""
        query, key, value = self.query(x), self.key(x), self.value(x)
        scores = query @ key.transpose(0, 1) / math.sqrt(2)
        masked = scores.masked_fill(self.later, -math.inf)
        attention = torch.softmax(masked, dim=1)
        mixed = attention @ value
        return F.mse_loss(self.norm(x + mixed), target)


def attention() -> Network:
    """Tokens that are a 1 in a place of their own; each should give the next one."""
    return Attention().double(), {
        "x": torch.eye(3, dtype=torch.float64),
        "target": torch.tensor(NEXT, dtype=torch.float64),
    }


LESSON = Lesson(
    name="attention",
    number=9,
    title="Attention",
    make=attention,
    minutes=60,
    before=(
        "what the product of two matrices is",
        "softmax (lesson 3)",
        "that gradients add up where ways meet (lesson 8)",
    ),
    questions=[
        Question(
            "predict",
            "The query of the third token is ({query[2, 0]}, {query[2, 1]}). The keys are ({key[0, 0]}, {key[0, 1]}), "
            "({key[1, 0]}, {key[1, 1]}) and ({key[2, 0]}, {key[2, 1]}). A score is query times key, number by number, "
            "added up and divided by √2. Which token does the third one look at most? How much?",
            "The scores are {truediv[2, 0]}, {truediv[2, 1]} and {truediv[2, 2]}. Softmax makes of them "
            "{softmax[2, 0]}, {softmax[2, 1]} and {softmax[2, 2]}: it looks at the second token most.",
            where="softmax[2, 1]",
        ),
        Question(
            "predict",
            "The mask lets no token look at a later one. What is the attention of the first token, and does it depend "
            "on its scores?",
            "It is {softmax[0, 0]}, {softmax[0, 1]} and {softmax[0, 2]}, whatever the scores are: only one place is "
            "left, and the weights add up to 1.",
            where="softmax[0, 0]",
        ),
        Question(
            "change",
            "Now the third token is another one. Of which tokens is the result, norm, as before, and why? (Each "
            "token is a column on the sheet Network, and a row on the Lens.)",
            "Of the first two: of the first it is still {norm[0, 0]}, {norm[0, 1]}, {norm[0, 2]}. They look at no "
            "later token. Of the third it is now {norm[2, 0]}, {norm[2, 1]}, {norm[2, 2]}.",
            where="norm[2, 0]",
            change={"x[2, 0]": 5.0},
        ),
        Question(
            "change",
            "Now the first token is a hundred times as large, and so is what it sees. How large is its result, norm, "
            "after LayerNorm?",
            "As before: {norm[0, 0]}, {norm[0, 1]}, {norm[0, 2]}. LayerNorm takes off the mean of the token's numbers "
            "and divides by their spread, so the next layer always sees numbers of the same size.",
            where="norm[0, 0]",
            change={"x[0, 0]": 100.0},
        ),
        Question(
            "explain",
            "Why is the gradient of a masked score 0?",
            "There the attention is 0, and it stays 0 when the score changes a little. Backward, softmax multiplies by "
            "the attention itself, so what is 0 forward gets the gradient 0.",
            where="grad.masked_fill[0, 2]",
        ),
        Question(
            "explain",
            "The residual adds x to the mixed values. What does it do to the gradient on its way back to x?",
            "A sum passes its gradient on, to both parts, as it is. So x gets the gradient of the sum whole, and what "
            "comes through values, keys and queries is added. However deep a network is, this way stays open.",
            where="grad.add[0, 0]",
        ),
    ],
    misconceptions=[
        Misconception(
            "A score of 0 means that there is no attention.",
            "softmax[1, 0]",
            "The second token has the score {truediv[1, 0]} for the first, and still looks at it: e⁰ is 1. Only a "
            "score of −∞, as the mask has it, gives 0.",
        ),
        Misconception(
            "The first token looks only at itself, so the errors of the later tokens do not reach it.",
            "grad.value[0, 0]",
            "Later tokens look at it. So its value gets a gradient from the result of each token.",
        ),
        Misconception(
            "LayerNorm makes the mean of all numbers 0, over all tokens.",
            "norm/mean[1, 0]",
            "It takes each token by itself: this is the mean of the second token alone, before it is taken off.",
        ),
    ],
    glossary={
        "token": "A piece of the input, such as a word: three numbers here, a column on Network and a row on the Lens.",
        "query, key, value": "Three things made of each token: what it looks for, what it offers, what it gives.",
        "attention": "For each token, how much it looks at each: weights that add up to 1.",
        "causal mask": "It hides later tokens: their scores become −∞ (in a spreadsheet −1E+300), their weights 0.",
        "residual": "The way around a layer: its input is added to its result.",
        "LayerNorm": "Takes off the mean of a token's numbers and divides by their spread; then it multiplies "
        "by a weight and adds a bias.",
    },
)
