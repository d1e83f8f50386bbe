"""Lesson 3: softmax and cross-entropy, three classes, and the derivation of p − y, also on a sheet of its own.

The sheet goes from the slope of −ln p to p − y, with the numbers of the network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from excel_export.authoring import BACKWARD, IF, SUM, Book, Canvas, Drawn, Operand, Page, SheetSpec, equal
from excel_export.lessons import text_layout
from excel_export.lessons.lesson import Network, read_lesson
from excel_export.lessons.two_layers import layer


class ThreeClasses(nn.Module):
    """A layer that gives each of three classes a score: ThreeClasses()(x, label) is the cross-entropy."""

    def __init__(self) -> None:
        super().__init__()
        self.scores = layer([[1.0, 1.0], [1.0, 0.0], [2.0, -1.0]], [0.0, 0.0, 0.0])
        self.tensor_names = {"scores": "z"}

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        """Return the cross-entropy, a scalar, for inputs (1, 2) and a label (1,) of 0, 1 or 2."""
        return nn.functional.cross_entropy(self.scores(x), label)


def three_classes() -> Network:
    """Return (ThreeClasses(), {'x': tensor([[1., 2.]]), 'label': tensor([1])}); class 1 has not the largest score."""
    return ThreeClasses(), {"x": torch.tensor([[1.0, 2.0]]), "label": torch.tensor([1])}


def probabilities(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the probabilities of the first input, and two numbers to compare them with.

    Returns:
        'p': softmax of the scores z, (3,); 'sum_of_p': their sum, 1; 'part': z / sum(z), (3,), which is no probability,
            as it may be below 0.
    """
    z = module.get_submodule("scores")(inputs["x"])[0]
    p = torch.softmax(z, 0)
    return {"p": p, "sum_of_p": p.sum(), "part": z / z.sum()}


CLASSES = 3
LABEL, FIRST, LAST = 2, 3, 3 + CLASSES
TEXTS = (
    "1 · The loss is −ln p of the true class. Its slope with respect to this p is −1/p; with respect to every other p "
    "it is 0.",
    "2 · Each score z affects all three p. The slopes are pⱼ·(1 − pⱼ) for a class's own score and −pⱼ·pₖ for any "
    "other.",
    "3 · The chain rule: each z affects the loss along three paths, through p₀, p₁ and p₂. Multiply the slopes along "
    "each path, then add up the products.",
    "4 · Only the path through the true class's p is left. There, p cancels: −1/p · p·(1 − p) = p − 1 and −1/p · "
    "(−p·pₖ) = pₖ. So the gradient is p − y.",
)


def derivation(book: Book) -> Drawn[None] | None:
    """Return the sheet 'Derivation', Drawn(canvas), which derives ∂loss/∂z = p − target for three classes.

    None for a network without tensors named 'cross_entropy', 'scores' and 'label'.
    """
    loss, scores, label = map(book.tensor, ("cross_entropy", "scores", "label"))
    if not (loss and scores and label):
        return None
    given = [loss.helpers["probability"].at(0, k) for k in range(CLASSES)]
    canvas = Canvas("Derivation", BACKWARD, page=Page(one_page=True))
    canvas.widths = {1: 2, LABEL: 34, **dict.fromkeys(range(FIRST, LAST + 1), 22)}
    text_layout.title(canvas, "Where does p − y come from?", LABEL)
    row = 2

    def line(head: str, cells: Sequence[Operand], style: str) -> int:
        nonlocal row
        canvas.say(row, LABEL, head, "label")
        for k, cell in enumerate(cells):
            canvas.put(row, FIRST + k, cell, style)
        canvas.heights[row] = 21
        row += 1
        return row - 1

    def text(words: str) -> None:
        nonlocal row
        canvas.paragraph(row, LABEL, LAST, words, "claim")
        row += 1

    for k in range(CLASSES):
        canvas.say(row, FIRST + k, f"class {k}", "softmax_head")
    row += 1
    line("score z", [scores.value.at(0, k) for k in range(CLASSES)], "table_value")
    p = line("probability p", given, "table_value")
    y = line("y: 1 for the true class", [IF(equal(label.element(0), k), 1, 0) for k in range(CLASSES)], "table_value")
    p_of = [canvas.at(p, FIRST + k) for k in range(CLASSES)]
    y_of = [canvas.at(y, FIRST + k) for k in range(CLASSES)]
    text(TEXTS[0])
    slope = line("∂loss/∂p", [IF(equal(y_of[k], 1), -1 / p_of[k], 0) for k in range(CLASSES)], "table_grad")
    text(TEXTS[1])
    first = row
    for j in range(CLASSES):
        own = [p_of[j] * (1 - p_of[j]) if k == j else -p_of[j] * p_of[k] for k in range(CLASSES)]
        line(f"∂p{'₀₁₂'[j]}/∂z, for each z", own, "table_grad")
    text(TEXTS[2])
    ways = row
    for j in range(CLASSES):
        through = [canvas.at(slope, FIRST + j) * canvas.at(first + j, FIRST + k) for k in range(CLASSES)]
        line(f"through p{'₀₁₂'[j]}", through, "table_grad")
    line("their sum: ∂loss/∂z", [SUM(canvas.at(ways, FIRST + k, CLASSES)) for k in range(CLASSES)], "table_grad")
    text(TEXTS[3])
    line("p − y", [p_of[k] - y_of[k] for k in range(CLASSES)], "table_grad")
    line("the gradient on the Network sheet", [scores.grad.at(0, k) for k in range(CLASSES)], "table_grad")
    return Drawn(canvas)


LESSON = read_lesson(
    __file__,
    make=three_classes,
    also=probabilities,
    sheets=[SheetSpec("Derivation", "why the gradient of a score is p − y, step by step", derivation)],
)
