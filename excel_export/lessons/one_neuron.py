"""Lesson 1: one neuron with one input, y = w·x + b, and the chain rule: the links from a number to the loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from excel_export.authoring import BACKWARD, LOSS, Book, Canvas, Drawn, Page, SheetSpec
from excel_export.formulas import ROUND, Operand, OperandLike, as_expression, joined
from excel_export.lessons import text_layout
from excel_export.lessons.lesson import Network, descent, read_lesson
from excel_export.lessons.lesson_places import LOSS_AFTER_THE_STEP, find

RATE = 0.01


class OneNeuron(nn.Module):
    """y = w·x + b: OneNeuron()(x, target) is the squared difference from the target, 9 for x = 3, target = 10."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor(2.0, dtype=torch.float64))
        self.b = nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
        self.tensor_names = {"mul": "w·x", "add": "y", "sub": "error"}

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """Return (y − target)², a scalar, for an input and a target that are scalars."""
        y = self.w * x + self.b
        error = y - target
        return torch.square(error)


def one_neuron() -> Network:
    """Return a network of one neuron and its inputs, {'x': 3, 'target': 10}: w·x + b is 7, the loss 9."""
    return OneNeuron(), {"x": torch.tensor(3.0), "target": torch.tensor(10.0)}


def losses_after_a_step(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the loss after one step of SGD at the rates 0.05 and 0.1: {'loss_after_0.05': 0.0, 'loss_after_0.1': 9.0}.

    The losses are scalar tensors. The module is left as it is; `inputs` are its arguments by name.
    """
    return {f"loss_after_{rate}": [*descent(module, inputs, 1, rate)][-1][1] for rate in (0.05, 0.1)}


FIRST, LAST = 2, 10
INTRO = (
    "An arrow is a link: it leads from one number to the next. Its slope says how fast the next number changes "
    "as the one before it grows. The chain rule: the slope of a whole chain is the product of the slopes of its links.",
    "Below each number is its gradient. From right to left, each gradient is the one on its right times the slope of "
    "the link between them. This is what a backward pass does.",
)


@dataclass(frozen=True)
class Link:
    """A number of a chain, and the slope of the next one by it: Link('add', 'y', '∂error/∂y = 1', 1)."""

    place: str
    """The name of the number, as `lesson_places.find` takes it."""
    called: str
    """The number's name on the sheet."""
    label: str
    """The slope as a formula, such as '∂y/∂b = 1'."""
    slope: OperandLike
    """The slope as a formula or a number."""


def chain_rule(book: Book) -> Drawn[None]:
    """Return the sheet 'Chain rule', Drawn(canvas): the slopes from w to the loss and from b to it, and their products.

    `book` must be that of a `OneNeuron`.
    """
    x, error = (tensor.element() for tensor in map(book.tensor, ("x", "sub")) if tensor)
    shared = [
        Link("add", "y", "∂error/∂y = 1", 1),
        Link("sub", "error", "∂loss/∂error = 2·error", 2 * error),
    ]
    canvas = Canvas("Chain rule", BACKWARD, page=Page(one_page=True))
    canvas.widths = {1: 2} | {col: 11 if (col - FIRST) % 2 == 0 else 16.5 for col in range(FIRST, LAST + 1)}
    text_layout.title(canvas, "The chain rule, link by link", FIRST)
    for row, text in enumerate(INTRO, start=2):
        canvas.paragraph(row, FIRST, LAST, text)
    row = text_layout.heading(canvas, 4, "From w to the loss", FIRST)
    ways = [Link("w", "w", "∂(w·x)/∂w = x", x), Link("mul", "w·x", "∂y/∂(w·x) = 1", 1), *shared]
    row = _chain(canvas, row, book, ways, FIRST)
    row = text_layout.heading(canvas, row, "From b to the loss", FIRST)
    _chain(canvas, row, book, [Link("b", "b", "∂y/∂b = 1", 1), *shared], FIRST + 2)
    return Drawn(canvas)


def _chain(canvas: Canvas, row: int, book: Book, links: Sequence[Link], col: int) -> int:
    canvas.heights |= {row: 20, row + 1: 24, row + 2: 24, row + 3: 8, row + 4: 24}
    slopes: list[Operand] = []
    first = col
    for link in links:
        _number(canvas, row, col, book, link.place, link.called)
        canvas.say(row, col + 1, link.label, "link_label")
        canvas.say(row + 1, col + 1, "———→", "arrow")
        canvas.put(row + 2, col + 1, as_expression(link.slope), "softmax_grad")
        slopes.append(canvas.at(row + 2, col + 1))
        col += 2
    _number(canvas, row, col, book, "loss", "loss")
    product, text = slopes[0].cells, text_layout.factor(slopes[0])
    for slope in slopes[1:]:
        product, text = product * slope, joined(text, " · ", text_layout.factor(slope))
    gradient = find(book, f"grad.{links[0].place}")
    said = joined("The product of the slopes: ", text, " = ", ROUND(product, 4),
                  f". The gradient of {links[0].called}: ", ROUND(gradient, 4), ".")  # fmt: skip
    canvas.put(row + 4, first, said, "softmax_line")
    return row + 5


def _number(canvas: Canvas, row: int, col: int, book: Book, place: str, called: str) -> None:
    canvas.say(row, col, called, "softmax_head")
    tensor = book.tensor(place)
    canvas.put(row + 1, col, tensor.element() if tensor else LOSS, "softmax_value")
    canvas.put(row + 2, col, find(book, f"grad.{place}"), "softmax_grad")


LESSON = read_lesson(
    __file__,
    make=one_neuron,
    cells={"the loss after the step": LOSS_AFTER_THE_STEP},
    learning_rate=RATE,
    also=losses_after_a_step,
    sheets=[
        SheetSpec("Chain rule", "the links from w and from b to the loss, and the product of their slopes", chain_rule)
    ],
    shows=["Update"],
)
