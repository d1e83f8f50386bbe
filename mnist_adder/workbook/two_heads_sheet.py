"""The Two heads sheet: how much of the sum's gradient reaches the classifier, with either head."""

import numpy as np
import torch
from excel_export.sheets.draft import Draft
from torch import Tensor

from excel_export.compiler.place import Placement
from excel_export.compiler.trace import trace
from excel_export.formulas.grid import Grid
from excel_export.sheets.network import network_sheet
from excel_export.xlsx.canvas import Canvas, cell, link
from excel_export.xlsx.styles import BACKWARD, grad_scale
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.network.loss import sum_loss
from mnist_adder.network.model import HEADS, AdderNetwork, encode_number

NAME = "Two heads"
WHAT = "why the sum teaches the classifier nothing with one head, and something with the other"
SHEETS = {"regression": "Sum by arg-max", "onehot": "Sum by probabilities"}
FIRST_ROW = 10
HEADINGS = (
    "digit",
    "probability",
    "from the digit's loss",
    "from the sum, by arg-max",
    "from the sum, by probabilities",
)
WORDS = (
    "Two adders read the same ten logits of the digit; the numbers below say what each logit's gradient gains.",
    "With arg-max, the digit is a step function of the logits. Nudge a logit: the largest is still the largest, and "
    "the sum stays as it is. The slope is 0: the sum's error is real, but cannot tell the classifier where to go.",
    "With probabilities, the sum changes a little when a logit changes a little. The slope is not 0, and the error of "
    "the sum flows back, through the probabilities, into every filter of the classifier.",
)


class SumLoss(AdderNetwork):
    """The adder of a network, from the digit's logits to the loss of the sum alone."""

    def __init__(self, network: AdderNetwork) -> None:
        super().__init__(network.preset, network.head)
        self.load_state_dict(network.state_dict())

    def forward(self, logits: Tensor, number: Tensor, digit: Tensor) -> Tensor:  # type: ignore[override]
        """Give the loss of the sum as a scalar, for digit logits (N, 10), numbers (N,) and true digits (N,)."""
        return sum_loss(self.head, self.add(logits, encode_number(number, self.head)), digit, number)


class TwoHeads:
    """Draws both adders on the logits of the network's own classifier, and the comparison before them."""

    def __init__(self, network: AdderNetwork) -> None:
        self.network = network

    def draw(self, draft: Draft) -> None:
        """Draw the sheets; a part of a network without the logits gets none."""
        values = {value.name: value for value in draft.graph.values}
        if not {"flatten", "number", "digit"} <= set(values):
            return
        given = {"logits": values["flatten"], "number": values["number"], "digit": values["digit"]}
        reach = {}
        drawn = []
        for head in HEADS:
            own = head == self.network.head
            network = self.network if own else load_checkpoint(bundled_checkpoint("slice", head))[0]
            inputs = {name: torch.tensor(value.data) for name, value in given.items()}
            graph = trace(SumLoss(network), inputs)
            placement, contents = draft.place_again(graph, SHEETS[head], {})
            for value in graph.of_kind("input"):
                source = draft.placement.tensors[given[value.name]].value.seen_from_elsewhere()
                links = ["=" + ref for ref in source.refs.ravel()]
                contents[placement.tensors[value].value] = np.array(links, dtype=object).reshape(value.shape)
            title = f"The adder of the {head} head" + ("" if own else ", from the other workbook")
            drawn += [network_sheet(sheet, contents, title, BACKWARD) for sheet in placement.sheets]
            reach[head] = _gradient(placement)
        digit_loss = draft.placement.tensors[values["cross_entropy"]].work["probability"].seen_from_elsewhere()
        draft.add(_comparison(digit_loss, reach), WHAT)
        for canvas in drawn:
            draft.add(canvas, "the adder by itself, forward and backward")


def _gradient(placement: Placement) -> Grid:
    logits = next(placed for placed in placement.tensors.values() if placed.name == "logits")
    assert logits.grad is not None
    return logits.grad.seen_from_elsewhere()


def _comparison(probability: Grid, reach: dict[str, Grid]) -> Canvas:
    canvas = Canvas(NAME, BACKWARD, freeze=f"A{FIRST_ROW}")
    canvas.widths = {1: 2, 2: 10, 3: 16, 4: 26, 5: 26, 6: 26}
    canvas.say(1, 2, "Does the sum teach the classifier?", "title")
    for row, words in enumerate(WORDS, start=3):
        canvas.say(row, 2, words, "text")
        canvas.merged.append(f"B{row}:F{row}")
        canvas.heights[row] = 32
    canvas.heights[1] = 28
    for col, head in enumerate(HEADINGS, start=2):
        canvas.say(FIRST_ROW - 2, col, head, "head")
    canvas.say(FIRST_ROW - 1, 4, "p − [digit is the true one]", "cell_small")
    for col, head in ((5, "regression"), (6, "onehot")):
        canvas.put(FIRST_ROW - 1, col, link(SHEETS[head], "A1", "see the whole adder"), "small_link")
    for k in range(10):
        row = FIRST_ROW + k
        canvas.put(row, 2, k, "table_label")
        canvas.put(row, 3, f"={probability.refs[0, k]}", "table_value")
        canvas.put(row, 4, f"={cell(row, 3)}-IF(digit={k},1,0)", "table_grad")
        canvas.put(row, 5, f"={reach['regression'].refs[0, k]}", "table_grad")
        canvas.put(row, 6, f"={reach['onehot'].refs[0, k]}", "table_grad")
    last = FIRST_ROW + 9
    canvas.say(last + 2, 2, "largest", "label")
    for col in (4, 5, 6):
        area = f"{cell(FIRST_ROW, col)}:{cell(last, col)}"
        canvas.rules.append((area, grad_scale(area)))
        canvas.put(last + 2, col, f"=MAX(MAX({area}),-MIN({area}))", "table_grad")
    return canvas
