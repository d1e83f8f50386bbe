"""A tiny GPT, two layers of eight dimensions, that learns to write a word in thirty steps.

python examples/tiny_gpt.py [tiny_gpt.xlsx]
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import excel_export
from excel_export.authoring import (
    FORWARD,
    MATCH,
    MAX,
    MID,
    TRAINING,
    Book,
    Canvas,
    Cells,
    Column,
    Curve,
    Curves,
    Drawn,
    Expression,
    Grid,
    Operand,
    OperandLike,
    PlacedTensor,
    Reference,
    SheetSpec,
    Training,
    forward_again,
    joined,
    table,
    value_scale,
)

WORD, BEGIN = "banana", "·"
LETTERS = BEGIN + "".join(sorted(set(WORD)))
WIDTH, HEADS, LAYERS = 8, 2, 2
LEARNING_RATE = 0.2
WHAT_IT_WRITES = (
    "It reads · and writes the likeliest letter, reads that too and writes the next one. Below: how much each letter "
    "that it reads (a row) looks at itself and at those before it (a column), for each head."
)


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
        self.tensor_names = names_for_people()

    def forward(self, letters: Tensor, next_letters: Tensor) -> Tensor:
        x = self.wte(letters) + self.wpe(torch.arange(len(letters)))
        for block in self.h:
            x = block(x)
        return F.cross_entropy(self.lm_head(self.ln_f(x)), next_letters)


def names_for_people() -> dict[str, str]:
    """What the steps of each layer are called in the workbook, by their recorded names: 'add_2' is the third sum."""
    names = {"add": "letter and place", "lm_head": "logits"}
    for layer in range(LAYERS):
        once = f"_{layer}" if layer else ""
        names |= {
            f"scaled_dot_product_attention{once}": f"attention {layer + 1}",
            f"reshape{once}": f"heads {layer + 1}",
        }
        for k, what in enumerate(("queries", "keys", "values"), start=3 * layer):
            names[f"getitem_{k}" if k else "getitem"] = f"{what} {layer + 1}"
        names |= {f"add_{2 * layer + 1}": f"x + attention {layer + 1}", f"add_{2 * layer + 2}": f"x + mlp {layer + 1}"}
    return names


def tiny_gpt() -> tuple[nn.Module, dict[str, Tensor]]:
    numbers = torch.tensor([LETTERS.index(letter) for letter in BEGIN + WORD])
    return TinyGPT(), {"letters": numbers[:-1], "next_letters": numbers[1:]}


def thirty_steps() -> Training:
    """Thirty steps on the word, each with what the network would say at each place; then the sheet *Writing*."""
    _, inputs = tiny_gpt()

    def guesses(step: Cells) -> Expression:
        logits = step.value("lm_head")
        places = (logits.at(0, k).to(logits.at(len(LETTERS) - 1, k)) for k in range(len(WORD)))
        return joined(*(letter(likeliest(each)) for each in places))

    loss = Column("loss", "loss", lambda step: step.value("loss"), "loss", fades=True, width=12)
    curve = Curves("The loss at each step", "cross-entropy", "The loss falls.", (Curve("loss", FORWARD),), highest=2)
    return Training(
        examples=[inputs],
        steps=30,
        learning_rate=LEARNING_RATE,
        title=f"Thirty steps towards {WORD}",
        columns=(Column("guesses", "its guess at each place", guesses, "whole", width=16), loss),
        curves=(curve,),
        then=[SheetSpec("Writing", "what the network writes, before and after the training", writing)],
    )


def writing(book: Book) -> Drawn[None]:
    """Draw what the network writes letter by letter, each after its own ones, and where it looks meanwhile."""
    trained = book.result(TRAINING)
    assert trained
    canvas = Canvas("Writing", FORWARD, zoom=75)
    drawn = Drawn[None](canvas)
    canvas.widths = {1: 2, 2: 24}
    canvas.say(1, 2, "What it writes", "title")
    canvas.say(2, 2, WHAT_IT_WRITES, "text")
    canvas.merge(canvas.at(2, 2, width=30))
    canvas.heights[2] = 34
    for row, when, parameters in ((4, "before the training", {}), (16, "after thirty steps", trained.parameters)):
        sheets, tensors = forward_again(book, parameters, own_letters, f"Writes {when}", f"It writes, {when}")
        for sheet in sheets:
            drawn.add_hidden(sheet, f"what it writes {when}")
        canvas.say(row, 2, when, "heading")
        for place in range(len(WORD)):
            canvas.put(row, 3 + place, letter(likeliest(logits_at(tensors, place))), "title_forward")
        for layer in range(LAYERS):
            attention = tensors["scaled_dot_product_attention" + (f"_{layer}" if layer else "")]
            for head in range(HEADS):
                col = 3 + (layer * HEADS + head) * (len(WORD) + 2)
                canvas.say(row + 2, col, f"layer {layer + 1}, head {head + 1}", "title_forward")
                for place in range(len(WORD)):
                    read = letter(tensors["letters"].at(place) + 1)
                    canvas.put(row + 3, col + place, read, "index")
                    canvas.put(row + 4 + place, col - 1, read, "index")
                weights = Grid("Writing", row + 4, col, (len(WORD), len(WORD)), (1, 0), (0, 1))
                canvas.fill(weights, attention.helpers["weights"].cells[head], "value")
                canvas.format(weights.box, value_scale(weights.box))
    canvas.widths |= dict.fromkeys(range(3, 3 + LAYERS * HEADS * (len(WORD) + 2)), 4.5)
    return drawn


def own_letters(tensors: Mapping[str, PlacedTensor]) -> dict[str, Operand]:
    """Each letter that is read is the one that was written before; the first one is the beginning."""

    def read(place: int) -> OperandLike:
        return likeliest(logits_at(tensors, place - 1)) - 1 if place else 0

    return {"letters": table((len(WORD),), read)}


def logits_at(tensors: Mapping[str, PlacedTensor], place: int) -> Reference:
    (logits,) = tensors["lm_head"][place, :].ranges
    return logits


def likeliest(logits: Reference) -> Expression:
    """The place of the largest logit, from 1 on."""
    return MATCH(MAX(logits), logits, 0)


def letter(place: Expression) -> Expression:
    return MID(LETTERS, place, 1)


if __name__ == "__main__":
    path = sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_suffix(".xlsx")
    print(excel_export.export(*tiny_gpt(), path, learning_rate=LEARNING_RATE, training=thirty_steps()))
